using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Verification;

/// <summary>Where the lines of probes' containers are read: CloudWatch Logs, or the files of a local environment.</summary>
public interface IProbeLines
{
    /// <summary>How long after a container's end its last lines may still be on their way.</summary>
    TimeSpan Lateness { get; }

    /// <summary>The lines so far, the oldest first; none where there is no such container yet.</summary>
    Task<IReadOnlyList<string>> ReadAsync(string taskId, string container, CancellationToken ct);
}

/// <summary>Lines from CloudWatch Logs.</summary>
/// <param name="logs">The client.</param>
/// <param name="group">The group of all probes.</param>
/// <param name="prefix">What awslogs puts before a container's name.</param>
public sealed class CloudWatchLines(LogsClient logs, string group, string prefix) : IProbeLines
{
    // A container says less than this.
    private const int MostLines = 1000;

    // Seconds as a rule; the driver sends what it has every 5 s.
    public TimeSpan Lateness => TimeSpan.FromMinutes(1);

    public async Task<IReadOnlyList<string>> ReadAsync(string taskId, string container, CancellationToken ct) =>
        [.. (await logs.TailAsync(group, $"{prefix}/{container}/{taskId}", MostLines, ct)).Select(line => line.Message)];
}

/// <summary>Lines from the files of a local environment on this machine.</summary>
/// <param name="environmentFolder">The environment's folder.</param>
/// <param name="prefix">What awslogs puts before a container's name.</param>
public sealed class FileLines(string environmentFolder, string prefix) : IProbeLines
{
    public TimeSpan Lateness => TimeSpan.FromSeconds(10);

    public async Task<IReadOnlyList<string>> ReadAsync(string taskId, string container, CancellationToken ct)
    {
        try
        {
            return await File.ReadAllLinesAsync(Path.Combine(environmentFolder, "logs", prefix, container, taskId), ct);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }
}
