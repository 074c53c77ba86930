using Tidepool.Pipelines.Graph;

namespace Tidepool.Comparison.Access;

/// <summary>A job of a pipeline, by the names of its stage and of itself.</summary>
internal readonly record struct JobKey(string Stage, string Job)
{
    /// <summary>As in <c>Build.pack</c>; the job alone where the pipeline has no stages.</summary>
    public override string ToString() => Stage == PipelineStage.DefaultName ? Job : $"{Stage}.{Job}";

    /// <summary>Whether a job's <c>System.JobIdentifier</c> is this job's, or a leg's of it.</summary>
    public bool Is(string identifier) =>
        identifier.StartsWith($"{Stage}.{Job}", StringComparison.OrdinalIgnoreCase)
        && (identifier.Length == Stage.Length + Job.Length + 1 || identifier[Stage.Length + Job.Length + 1] == '.');
}

/// <summary>A job where it ran.</summary>
/// <param name="Job">The job.</param>
/// <param name="TaskId">Id of the task.</param>
/// <param name="Container">The container; null where only the task is known.</param>
internal sealed record JobPlace(JobKey Job, string TaskId, string? Container)
{
    /// <summary>As in <c>Build.pack (task 0a1b2c3d, agent-1)</c>.</summary>
    public override string ToString() => $"{Job} (task {TaskId[..Math.Min(8, TaskId.Length)]}{(Container is null ? "" : $", {Container}")})";
}

/// <summary>What one job did with one file: places in the order of all accesses that were seen.</summary>
internal sealed record FileUse
{
    public long? FirstRead { get; init; }
    public long? FirstWrite { get; init; }

    /// <summary>Adds one more access.</summary>
    public FileUse And(long order, bool isWrite) => isWrite ? this with { FirstWrite = FirstWrite ?? order } : this with { FirstRead = FirstRead ?? order };

    /// <summary>Both together.</summary>
    public FileUse And(FileUse other) => new()
    {
        FirstRead = FirstRead is { } read && other.FirstRead is { } alsoRead ? Math.Min(read, alsoRead) : FirstRead ?? other.FirstRead,
        FirstWrite = FirstWrite is { } write && other.FirstWrite is { } alsoWrite ? Math.Min(write, alsoWrite) : FirstWrite ?? other.FirstWrite,
    };

    /// <summary>Whether it reads what was there before it wrote itself.</summary>
    public bool ReadsBefore => FirstRead is { } read && (FirstWrite is not { } write || read < write);
}

/// <summary>A file of the shared volume in one run.</summary>
/// <param name="Path">Where containers have it; of one that was renamed the last name.</param>
/// <param name="IsGone">Whether it was removed again.</param>
/// <param name="Uses">What each job did with it.</param>
internal sealed record SeenFile(string Path, bool IsGone, IReadOnlyDictionary<JobPlace, FileUse> Uses)
{
    /// <summary>Jobs that read what another job of the run wrote, with that one.</summary>
    public IEnumerable<HandOver> HandOvers =>
        from reader in Uses
        where reader.Value.ReadsBefore
        from writer in Uses
        where writer.Key.Job != reader.Key.Job && writer.Value.FirstWrite < reader.Value.FirstRead
        select new HandOver(writer.Key.Job, reader.Key.Job, Path);

    /// <summary>Jobs that read what no job of the run has written.</summary>
    public IEnumerable<JobKey> ReadersOfOld =>
        from reader in Uses
        where reader.Value.ReadsBefore && !Uses.Any(use => use.Value.FirstWrite < reader.Value.FirstRead)
        select reader.Key.Job;
}

/// <summary>One job reads what another one wrote.</summary>
internal sealed record HandOver(JobKey Writer, JobKey Reader, string Path);

/// <summary>The accesses of one run.</summary>
/// <param name="Files">Files in the order in which they were first seen.</param>
/// <param name="Cut">Accesses that were not noted because there were too many files.</param>
internal sealed record SeenAccesses(IReadOnlyList<SeenFile> Files, long Cut)
{
    public static SeenAccesses None { get; } = new([], 0);

    /// <summary>Each pair of jobs that hand something over, with the paths.</summary>
    public IReadOnlyList<HandOver> HandOvers { get; } = [.. Files.SelectMany(file => file.HandOvers)];
}
