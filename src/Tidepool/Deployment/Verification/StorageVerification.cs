using System.Security.Cryptography;
using Tidepool.Storage.Probes;

namespace Tidepool.Deployment.Verification;

/// <summary>Tries the rules of Fargate's storage at an endpoint of the ECS API, and removes all that it made.</summary>
public sealed class StorageVerification
{
    /// <summary>The least time, in seconds, that a container must have run on AWS to be restarted in place.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html</remarks>
    public const int ShortestAttemptSeconds = 60;

    private readonly VerificationPlace _place;
    private readonly ProbeSetting _setting;
    private readonly IProgress<DeploymentEvent> _progress;
    private readonly TimeProvider _clock;

    public StorageVerification(VerificationPlace place, ProbeSetting setting, IProgress<DeploymentEvent> progress, TimeProvider clock) =>
        (_place, _setting, _progress, _clock) = (place, setting, progress, clock);

    /// <summary>A name that no verification had before.</summary>
    public static string NewId() => $"tidepool-verify-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    /// <summary>Runs probes, those that do not depend on each other side by side.</summary>
    /// <exception cref="ProblemException">The endpoint or the image cannot be used: nothing was tried.</exception>
    public async Task<VerificationReport> RunAsync(IReadOnlyList<Probe> probes, CancellationToken ct)
    {
        var (startedAt, since) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        var ((cluster, verdicts), left) = await ProbeSession.UseAsync(
            _place,
            _setting,
            _progress,
            _clock,
            async session => (session.Cluster, await session.TryAsync(probes, verdict => _progress.Report(new ProbeEnded(ProbeReport.Of(verdict))), ct)),
            ct);
        return new()
        {
            Endpoint = _place.Name,
            Runtime = _place.Runtime,
            Region = _place.Connection.Region,
            Cluster = cluster,
            Image = _setting.Image,
            StartedAt = startedAt,
            Seconds = Math.Round(_clock.GetElapsedTime(since).TotalSeconds, 3),
            Probes = [.. verdicts.Select(ProbeReport.Of)],
            Left = left,
            NotExercised = _place.NotExercised,
        };
    }
}

/// <summary>A probe came to its end.</summary>
public sealed record ProbeEnded(ProbeReport Report) : DeploymentEvent;
