using Tidepool.AzurePipelines.Runs;
using Tidepool.Comparison.Access;
using Tidepool.Pipelines;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;

namespace Tidepool.Comparison;

/// <summary>Finds out by running it what storage a user's pipeline needs.</summary>
/// <remarks>
/// Two tasks of agents run it with a bind mount: with all jobs on one task, once more on the same volume, and with jobs on another task than
/// those whose files they read; then with an EBS volume for each task and with an EFS file system, as far as that can come out otherwise.
/// </remarks>
public static class PipelineComparison
{
    /// <summary>Runs the pipeline on each storage, judges, and takes all down.</summary>
    /// <param name="options">What to run on; number of tasks and storage are chosen here.</param>
    /// <param name="pipeline">What to run.</param>
    /// <param name="cost">What each storage costs; null where that is not known: then bind is cheaper than EBS and EBS than EFS.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Who watches.</param>
    /// <param name="ct">Ends the runs and takes all down.</param>
    /// <returns>A report, also of a pipeline that does not run here: then it says why, and what the YAML says.</returns>
    public static Task<PipelineReport> RunAsync(
        RehearsalOptions options, RehearsedPipeline pipeline, CostReport? cost, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct) =>
        RunAsync(options, pipeline, cost, AccessMeans.Mounts, clock, progress, ct);

    /// <param name="best">How accesses are to be seen, or less well.</param>
    internal static async Task<PipelineReport> RunAsync(
        RehearsalOptions options,
        RehearsedPipeline pipeline,
        CostReport? cost,
        AccessMeans best,
        TimeProvider clock,
        IProgress<RehearsalEvent> progress,
        CancellationToken ct)
    {
        var reading = PipelineReading.None;
        try
        {
            reading = PipelineReading.Of(pipeline);
            PipelineRehearsal.Preflight(pipeline.Source(options.TasksFolder), pipeline.Inputs.Selection, progress);
            var (findings, bind, how) = await WithBindAsync(options, reading, pipeline, best, clock, progress, ct);
            var others = await Task.WhenAll(
                WithEbsAsync(options, findings, pipeline, best, clock, progress, ct), WithEfsAsync(options, findings, pipeline, best, clock, progress, ct));
            var efs = StorageVerdicts.OfShared(findings, others[1]);
            var worksOnEfs = efs.Works == StorageVerdict.AsItIs && efs.Run is not null;
            var report = PipelineAdvice.Of(
                PipelineFiles.InRepository(pipeline.Path),
                findings,
                how,
                [StorageVerdicts.OfOwn(findings, bind, worksOnEfs), StorageVerdicts.OfOwn(findings, others[0], worksOnEfs), efs],
                cost);
            return Masked(report, pipeline);
        }
        catch (Exception e) when (e is PipelineNotValidException or ProblemException)
        {
            return NotRun(PipelineFiles.InRepository(pipeline.Path), reading, e.Message.ReplaceLineEndings(" "));
        }
    }

    private static async Task<(PipelineFindings Findings, StorageTrial Bind, string How)> WithBindAsync(
        RehearsalOptions options, PipelineReading reading, RehearsedPipeline pipeline, AccessMeans best, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct)
    {
        await using var trial = await PipelineTrial.StartAsync(options with { Storage = VolumeKind.Bind }, pipeline, best, clock, progress, ct);
        progress.Report(new Said("pipeline: with a bind mount, all jobs on one task"));
        var home = await trial.RunAsync(apart: null, ct);
        var findings = new PipelineFindings { Reading = reading, SharedPath = trial.SharedPath, IsWatched = trial.Means is not AccessMeans.None, Home = home };
        if (home.Succeeded && findings.IsTouched)
        {
            progress.Report(new Said("pipeline: once more on the same volume"));
            findings = findings with { Again = await trial.RunAsync(apart: null, ct) };
        }

        TrialRun? apart = null;
        if (home.Succeeded && findings.Apart.Count > 0)
        {
            progress.Report(new Said("pipeline: with jobs on another task than those whose files they read"));
            apart = await trial.RunAsync(findings.Apart, ct);
        }

        return (findings, new(StorageVerdicts.Bind, apart, home, NotTried: null), How(trial));
    }

    private static Task<StorageTrial> WithEbsAsync(
        RehearsalOptions options, PipelineFindings findings, RehearsedPipeline pipeline, AccessMeans best, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct) =>
        TryAsync(
            StorageVerdicts.Ebs,
            findings.Home.Succeeded && findings.Apart.Count > 0,
            options with { Storage = VolumeKind.Ebs },
            async trial =>
            {
                var apart = await trial.RunAsync(findings.Apart, ct);
                return new(StorageVerdicts.Ebs, apart, apart.Succeeded ? null : await trial.RunAsync(apart: null, ct), NotTried: null);
            },
            pipeline,
            best,
            clock,
            progress,
            ct);

    private static Task<StorageTrial> WithEfsAsync(
        RehearsalOptions options, PipelineFindings findings, RehearsedPipeline pipeline, AccessMeans best, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct) =>
        TryAsync(
            StorageVerdicts.Efs,
            !findings.Home.Succeeded || findings.Apart.Count > 0 || findings.Kept.Count > 0,
            options with { Storage = VolumeKind.Efs },
            async trial =>
            {
                var first = await trial.RunAsync(findings.Apart, ct);

                // Whether a task has what an earlier run left on another one.
                var last = first.Succeeded && findings.Kept.Count > 0 ? await trial.RunAsync(findings.Apart, ct, elsewhere: true) : first;
                return new(StorageVerdicts.Efs, last, Together: null, NotTried: null);
            },
            pipeline,
            best,
            clock,
            progress,
            ct);

    private static async Task<StorageTrial> TryAsync(
        string storage,
        bool isWanted,
        RehearsalOptions options,
        Func<PipelineTrial, Task<StorageTrial>> run,
        RehearsedPipeline pipeline,
        AccessMeans best,
        TimeProvider clock,
        IProgress<RehearsalEvent> progress,
        CancellationToken ct)
    {
        if (!isWanted)
        {
            return new(storage, Apart: null, Together: null, NotTried: null);
        }

        progress.Report(new Said($"pipeline: with {storage} storage"));
        try
        {
            await using var trial = await PipelineTrial.StartAsync(options, pipeline, best, clock, progress, ct);
            return await run(trial);
        }
        catch (ProblemException e)
        {
            return new(storage, Apart: null, Together: null, e.Problem.What.ReplaceLineEndings(" ").TrimEnd('.'));
        }
    }

    private static string How(PipelineTrial trial) => trial.Means switch
    {
        AccessMeans.Mounts =>
            $"Accesses to files below {trial.SharedPath} were observed in the mount of each container, with fanotify. What a folder lists and whether a file is there are not seen.",
        AccessMeans.Folders =>
            $"Accesses to files below {trial.SharedPath} were observed in the folder that is behind it, with inotify, for to watch mounts takes root{Because(trial)}. "
            + "The job is the one that ran in a task with that folder at the time; where several ran, each of them is named.",
        _ => $"Accesses to files were not observed{Because(trial)}: jobs ran by turns on two tasks, and whether the run succeeds is all that is known.",
    };

    private static string Because(PipelineTrial trial) => trial.Obstacle is { } obstacle ? $" ({obstacle})" : "";

    // A name may be made of anything.
    private static PipelineReport Masked(PipelineReport report, RehearsedPipeline pipeline)
    {
        var mask = new SecretMask();
        foreach (var secret in pipeline.Inputs.Secrets.Values.Concat(pipeline.Groups.Values.SelectMany(group => group).Where(one => one.IsSecret).Select(one => one.Value)))
        {
            mask.Add(secret);
        }

        return report with
        {
            Paths = [.. report.Paths.Select(path => path with { Path = mask.Apply(path.Path) })],
            Traps = [.. report.Traps.Select(mask.Apply)],
            Pins = [.. report.Pins.Select(mask.Apply)],
            Verdicts = [.. report.Verdicts.Select(verdict => verdict with { Text = mask.Apply(verdict.Text) })],
            Advice = mask.Apply(report.Advice),
        };
    }

    private static PipelineReport NotRun(string file, PipelineReading reading, string why) => new()
    {
        File = file,
        Result = PipelineReport.NotRun,
        How = "Nothing was run; the YAML alone was read.",
        Pinned = reading.Pinned,
        Traps = reading.Traps,
        Verdicts = [.. new[] { StorageVerdicts.Bind, StorageVerdicts.Ebs, StorageVerdicts.Efs }.Select(storage => new StorageVerdict(
            storage,
            StorageVerdict.NotKnown,
            reading.Traps.Count > 0 && storage != StorageVerdicts.Efs ? "It was not run; the YAML has traps with storage of one task." : "It was not run.",
            Run: null))],
        Advice = $"The pipeline does not run here: {why}",
    };
}
