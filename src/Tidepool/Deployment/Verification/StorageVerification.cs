using System.Security.Cryptography;
using Tidepool.Deployment.Aws;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Deployment.Verification;

/// <summary>Tries the rules of Fargate's storage at an endpoint of the ECS API, and removes all that it made.</summary>
public sealed class StorageVerification
{
    /// <summary>The least time, in seconds, that a container must have run on AWS to be restarted in place.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html</remarks>
    public const int ShortestAttemptSeconds = 60;

    // Tasks stop within seconds of SIGKILL; AWS takes some more.
    private static readonly TimeSpan LongestRemoval = TimeSpan.FromMinutes(5);

    private readonly VerificationPlace _place;
    private readonly ProbeSetting _setting;
    private readonly IProgress<DeploymentEvent> _progress;
    private readonly TimeProvider _clock;
    private readonly EcsClient _ecs;
    private readonly LogsClient _logs;
    private readonly Belongings _belongings;

    public StorageVerification(VerificationPlace place, ProbeSetting setting, IProgress<DeploymentEvent> progress, TimeProvider clock)
    {
        (_place, _setting, _progress, _clock) = (place, setting, progress, clock);
        (_ecs, _logs) = (new(place.Connection), new(place.Connection, clock));
        _belongings = new(_ecs, _logs, place.Volumes, clock) { Cluster = place.Cluster ?? setting.Id };
    }

    /// <summary>A name that no verification had before.</summary>
    public static string NewId() => $"tidepool-verify-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    /// <summary>Runs probes, those that do not depend on each other side by side.</summary>
    /// <exception cref="ProblemException">The endpoint or the image cannot be used: nothing was tried.</exception>
    public async Task<VerificationReport> RunAsync(IReadOnlyList<Probe> probes, CancellationToken ct)
    {
        var (startedAt, since) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        IReadOnlyList<string> left = [];
        ProbeVerdict[] verdicts;
        try
        {
            var lines = await PrepareAsync(ct);
            var setting = _setting with { Facts = await SurveyAsync(lines, ct) };
            using var turns = new SemaphoreSlim(_place.Parallel);
            verdicts = await Task.WhenAll(probes.Select(probe => TryAsync(probe, setting, lines, turns, ct)));
        }
        finally
        {
            using var limit = new CancellationTokenSource(LongestRemoval, _clock);
            left = await _belongings.RemoveAsync(_place.Poll, limit.Token);
            foreach (var thing in left)
            {
                _progress.Report(new Said($"left: {thing}"));
            }
        }

        return new()
        {
            Endpoint = _place.Name,
            Runtime = _place.Runtime,
            Region = _place.Connection.Region,
            Cluster = _belongings.Cluster,
            Image = _setting.Image,
            StartedAt = startedAt,
            Seconds = Math.Round(_clock.GetElapsedTime(since).TotalSeconds, 3),
            Probes = [.. verdicts.Select(ProbeReport.Of)],
            Left = left,
            NotExercised = _place.NotExercised,
        };
    }

    private async Task<IProbeLines> PrepareAsync(CancellationToken ct)
    {
        var tags = new Dictionary<string, string> { ["tidepool:verify-storage"] = _setting.Id };

        // Known as made before the call, for a call that is cut short may have been heard.
        _belongings.LogGroup = _setting.LogGroup;
        if (!await _logs.TryCreateGroupAsync(_setting.LogGroup, tags, ct))
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

        return _place.Lines ?? new CloudWatchLines(_logs, _setting.LogGroup, StorageProbes.LogPrefix);
    }

    private async Task<ImageFacts> SurveyAsync(IProbeLines lines, CancellationToken ct)
    {
        ProbeEvidence evidence;
        try
        {
            evidence = await RunOf(_setting, lines).RunAsync([new RunToEnd(ImageSurvey.Task(_setting))], ct);
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
            $"The image {_setting.Image} cannot be used for probes at {_place.Name}: {reason}.{string.Concat(proof.Select(line => $" {line.Trim()}."))}",
            "The image must be there, and have sh with coreutils or busybox; the execution role must be able to pull it and to write to the log group.");
    }

    private async Task<ProbeVerdict> TryAsync(Probe probe, ProbeSetting setting, IProbeLines lines, SemaphoreSlim turns, CancellationToken ct)
    {
        if (probe.Obstacle(setting) is { } obstacle)
        {
            return Tell(probe.NotTried(obstacle));
        }

        await turns.WaitAsync(ct);
        var isDone = false;
        try
        {
            var evidence = await RunOf(setting, lines).RunAsync(probe.Steps(setting), ct);
            isDone = evidence.Tasks.Values.All(task => task.StopCode is not "TaskFailedToStart");
            return Tell(probe.Verdict(setting, evidence));
        }
        catch (ProbeTimeoutException e)
        {
            return Tell(new(probe, ProbeOutcome.Different, e.Message, []));
        }
        catch (ProblemException e)
        {
            return Tell(probe.NotTried(e.Message));
        }
        finally
        {
            if (!isDone && probe.Kind is VolumeKind.Efs && !setting.IsFileSystemOwn)
            {
                _belongings.AddFiles($"files {setting.Id}* of the EFS file system {setting.FileSystem!.FileSystemId}");
            }

            turns.Release();
        }
    }

    private ProbeRun RunOf(ProbeSetting setting, IProbeLines lines) => new(_place, setting, _ecs, lines, _belongings, _clock);

    private ProbeVerdict Tell(ProbeVerdict verdict)
    {
        _progress.Report(new ProbeEnded(ProbeReport.Of(verdict)));
        return verdict;
    }
}

/// <summary>A probe came to its end.</summary>
public sealed record ProbeEnded(ProbeReport Report) : DeploymentEvent;
