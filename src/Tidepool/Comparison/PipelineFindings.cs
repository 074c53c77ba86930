using Tidepool.Comparison.Access;

namespace Tidepool.Comparison;

/// <summary>What all runs of a pipeline have shown. Pure.</summary>
internal sealed record PipelineFindings
{
    /// <summary>What the YAML says.</summary>
    public required PipelineReading Reading { get; init; }

    /// <summary>Where containers have the volume.</summary>
    public required string SharedPath { get; init; }

    /// <summary>Whether accesses were seen at all.</summary>
    public required bool IsWatched { get; init; }

    /// <summary>The run with all jobs on one task, as far as their demands allow, and a bind mount.</summary>
    public required TrialRun Home { get; init; }

    /// <summary>The same once more on the same volume; null where there was none.</summary>
    public TrialRun? Again { get; init; }

    /// <summary>Whether a job touches the volume; true where that is not known.</summary>
    public bool IsTouched => !IsWatched || Home.Accesses.Files.Count > 0;

    /// <summary>What jobs hand over to others whose task nothing determines.</summary>
    public IReadOnlyList<HandOver> Crossing => [.. Home.Accesses.HandOvers.Where(pair => Home.Placement.Free.Contains(pair.Reader))];

    /// <summary>Paths that a run reads though an earlier run wrote them, with the jobs that do.</summary>
    public IReadOnlyList<(string Path, JobKey Reader)> Kept
    {
        get
        {
            var written = Home.Accesses.Files.Where(file => file.Uses.Values.Any(use => use.FirstWrite is not null)).Select(file => file.Path).ToHashSet();
            return [.. (Again?.Accesses.Files ?? []).Where(file => written.Contains(file.Path)).SelectMany(file => file.ReadersOfOld.Select(reader => (file.Path, reader))).Distinct()];
        }
    }

    /// <summary>For each job that reads, those whose tasks it is to keep away from to show what that does.</summary>
    public IReadOnlyDictionary<JobKey, IReadOnlySet<JobKey>> Apart => IsWatched
        ? Home.Accesses.HandOvers.GroupBy(pair => pair.Reader).ToDictionary(group => group.Key, group => (IReadOnlySet<JobKey>)group.Select(pair => pair.Writer).ToHashSet())
        : Home.Placement.Chosen.Keys.ToDictionary(job => job, job => (IReadOnlySet<JobKey>)Home.Placement.Chosen.Keys.Where(other => other != job).ToHashSet());

    /// <summary>What was seen that goes wrong on some or every storage, a sentence each.</summary>
    public IEnumerable<string> Observed
    {
        get
        {
            foreach (var group in Home.Accesses.Files
                .Select(file => (file.Path, Writers: file.Uses.Where(use => use.Value.FirstWrite is not null).Select(use => use.Key.Job).Distinct().ToList()))
                .GroupBy(file => file.Path)
                .Select(group => (Path: group.Key, Writers: group.SelectMany(file => file.Writers).Distinct().ToList()))
                .Where(file => file.Writers.Any(one => file.Writers.Any(other => one != other && !Reading.AreOrdered(one, other))))
                .Take(5))
            {
                yield return $"Seen: {string.Join(" and ", group.Writers)} write {group.Path}, and nothing says which is first: where they share the storage the last one wins. Put $(System.JobId) into the name.";
            }

            var handed = Home.Accesses.HandOvers.Select(pair => pair.Path).ToHashSet();
            foreach (var path in (Again?.Accesses.Files ?? [])
                .Where(file => handed.Contains(file.Path) && file.Uses.Values.Any(use => use.FirstWrite is not null))
                .Select(file => file.Path).Distinct().Take(5))
            {
                yield return $"Seen: each run writes {path} and hands it over by that name: two runs at once that share the storage take each other's. Put $(Build.BuildId) into the name.";
            }
        }
    }
}
