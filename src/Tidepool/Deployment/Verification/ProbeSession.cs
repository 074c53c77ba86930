using Tidepool.Deployment.Aws;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Deployment.Verification;

/// <summary>An endpoint of the ECS API made ready for probes: cluster, log group, a look at the image. Its end removes all that was made.</summary>
public sealed class ProbeSession
{
    // Tasks stop within seconds of SIGKILL; AWS takes some more.
    private static readonly TimeSpan LongestRemoval = TimeSpan.FromMinutes(5);

    private readonly VerificationPlace _place;
    private readonly IProgress<DeploymentEvent> _progress;
    private readonly TimeProvider _clock;
    private readonly EcsClient _ecs;
    private readonly LogsClient _logs;
    private readonly Belongings _belongings;
    private IProbeLines? _lines;

    private ProbeSession(VerificationPlace place, ProbeSetting setting, IProgress<DeploymentEvent> progress, TimeProvider clock)
    {
        (_place, Setting, _progress, _clock) = (place, setting, progress, clock);
        (_ecs, _logs) = (new(place.Connection), new(place.Connection, clock));
        _belongings = new(_ecs, _logs, place.Volumes, clock) { Cluster = place.Cluster ?? setting.Id };
    }

    /// <summary>Where probes run, with what is known of the image.</summary>
    public ProbeSetting Setting { get; private set; }

    /// <summary>The cluster that tasks run in.</summary>
    public string Cluster => _belongings.Cluster;

    /// <summary>Makes a session ready, hands it over, and removes all that was made, however <paramref name="use"/> ends.</summary>
    /// <param name="place">The endpoint.</param>
    /// <param name="setting">What of it is used.</param>
    /// <param name="progress">Hears of each probe and of what is left; may be called from any thread.</param>
    /// <param name="clock">Time.</param>
    /// <param name="use">Tries probes.</param>
    /// <param name="ct">Ends the making ready.</param>
    /// <returns>What <paramref name="use"/> answered, and what could not be removed.</returns>
    /// <exception cref="ProblemException">The endpoint or the image cannot be used: nothing was tried.</exception>
    public static async Task<(T Result, IReadOnlyList<string> Left)> UseAsync<T>(
        VerificationPlace place,
        ProbeSetting setting,
        IProgress<DeploymentEvent> progress,
        TimeProvider clock,
        Func<ProbeSession, Task<T>> use,
        CancellationToken ct)
    {
        var session = new ProbeSession(place, setting, progress, clock);
        IReadOnlyList<string> left = [];
        T result;
        try
        {
            session._lines = await session.PrepareAsync(ct);
            session.Setting = setting with { Facts = await session.SurveyAsync(ct) };
            result = await use(session);
        }
        finally
        {
            using var limit = new CancellationTokenSource(LongestRemoval, clock);
            left = await session._belongings.RemoveAsync(place.Poll, limit.Token);
            foreach (var thing in left)
            {
                progress.Report(new Said($"left: {thing}"));
            }
        }

        return (result, left);
    }

    /// <summary>Runs a task whose EBS volume holds one file, and takes a snapshot of it for all probes; without snapshots it does nothing.</summary>
    /// <exception cref="ProblemException">The task or the snapshot failed.</exception>
    public async Task TakeSnapshotAsync(CancellationToken ct)
    {
        if (SnapshotPreparation.Obstacle(Setting) is not null)
        {
            return;
        }

        try
        {
            var evidence = await RunOf().RunAsync(SnapshotPreparation.Steps(Setting), ct);
            Setting = Setting with { Snapshot = SnapshotPreparation.Read(evidence), NoSnapshots = SnapshotPreparation.Fault(evidence) };
        }
        catch (ProbeTimeoutException e)
        {
            Setting = Setting with { NoSnapshots = e.Message };
        }
    }

    /// <summary>Tries probes, those that do not depend on each other side by side.</summary>
    /// <param name="probes">What is tried.</param>
    /// <param name="ended">Told each verdict as it comes; may be called from any thread.</param>
    /// <param name="ct">Ends it; verdicts up to then were told.</param>
    /// <param name="parallel">How many at one time; null for as many as the place says.</param>
    public async Task<IReadOnlyList<ProbeVerdict>> TryAsync(
        IReadOnlyList<Probe> probes, Action<ProbeVerdict> ended, CancellationToken ct, int? parallel = null)
    {
        using var turns = new SemaphoreSlim(parallel ?? _place.Parallel);
        return await Task.WhenAll(probes.Select(async probe =>
        {
            var verdict = await TryAsync(probe, turns, ct);
            ended(verdict);
            return verdict;
        }));
    }

    private async Task<IProbeLines> PrepareAsync(CancellationToken ct)
    {
        var tags = new Dictionary<string, string> { ["tidepool:verify-storage"] = Setting.Id };

        // Known as made before the call, for a call that is cut short may have been heard.
        _belongings.LogGroup = Setting.LogGroup;
        if (!await _logs.TryCreateGroupAsync(Setting.LogGroup, tags, ct))
        {
            _belongings.LogGroup = null;
            if (_place.Lines is null)
            {
                throw new ProblemException(
                    "VERIFY002",
                    $"What containers write at {_place.Name} cannot be read: it has no CloudWatch Logs, and is no environment of this machine and user.",
                    "Start tidepool serve with --upstream, or run the command where it is served.");
            }
        }

        if (_place.Cluster is null)
        {
            _belongings.HasCluster = true;
            await _ecs.CreateClusterAsync(_belongings.Cluster, [.. tags.Select(tag => new EcsTag(tag.Key, tag.Value))], ct);
        }

        return _place.Lines ?? new CloudWatchLines(_logs, Setting.LogGroup, StorageProbes.LogPrefix);
    }

    private async Task<ImageFacts> SurveyAsync(CancellationToken ct)
    {
        ProbeEvidence evidence;
        try
        {
            evidence = await RunOf().RunAsync([new RunToEnd(ImageSurvey.Task(Setting))], ct);
        }
        catch (ProbeTimeoutException e)
        {
            throw Unusable(e.Message, []);
        }

        var task = evidence.Tasks["survey"];
        return ImageSurvey.Read(evidence) ?? throw Unusable(
            task.StopCode is "TaskFailedToStart"
                ? $"a task did not start: {task.StoppedReason}"
                : "its shell did not come to the end of a script, or its lines did not come through",
            evidence.ToProof());

        ProblemException Unusable(string reason, IReadOnlyList<string> proof) => new(
            "VERIFY001",
            $"The image {Setting.Image} cannot be used for probes at {_place.Name}: {reason}.{string.Concat(proof.Select(line => $" {line.Trim()}."))}",
            "The image must be there, and have sh with coreutils or busybox; the execution role must be able to pull it and to write to the log group.");
    }

    private async Task<ProbeVerdict> TryAsync(Probe probe, SemaphoreSlim turns, CancellationToken ct)
    {
        if (probe.Obstacle(Setting) is { } obstacle)
        {
            return probe.NotTried(obstacle);
        }

        await turns.WaitAsync(ct);
        var isDone = false;
        try
        {
            var evidence = await RunOf().RunAsync(probe.Steps(Setting), ct);
            isDone = evidence.Tasks.Values.All(task => task.StopCode is not "TaskFailedToStart");
            return probe.Verdict(Setting, evidence);
        }
        catch (ProbeTimeoutException e)
        {
            return new(probe, ProbeOutcome.Different, e.Message, []);
        }
        catch (ProblemException e)
        {
            return probe.NotTried(e.Message);
        }
        finally
        {
            if (!isDone && probe.Kind is VolumeKind.Efs && !Setting.IsFileSystemOwn)
            {
                _belongings.AddFiles($"files {Setting.Id}* of the EFS file system {Setting.FileSystem!.FileSystemId}");
            }

            turns.Release();
        }
    }

    private ProbeRun RunOf() => new(_place, Setting, _ecs, _lines!, _belongings, _clock);
}
