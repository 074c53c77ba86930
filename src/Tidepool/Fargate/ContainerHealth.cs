using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>The words of <c>healthStatus</c>.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html</remarks>
public static class EcsHealthStatus
{
    /// <summary>There is no health check, or it has not decided yet.</summary>
    public const string Unknown = "UNKNOWN";

    /// <summary>The newest check passed.</summary>
    public const string Healthy = "HEALTHY";

    /// <summary>As many checks in a row as <c>retries</c> says have failed.</summary>
    public const string Unhealthy = "UNHEALTHY";
}

/// <summary>What health checks told of a container's present run. Pure.</summary>
/// <remarks>
/// Source: https://docs.docker.com/reference/dockerfile/#healthcheck, which ECS's health check stands for: the first check comes an interval
/// after the start, each other one an interval after the end of the one before.
/// </remarks>
internal sealed record ContainerHealth
{
    public string Status { get; init; } = EcsHealthStatus.Unknown;

    /// <summary>When the status became what it is.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How the newest check ended; null before the first.</summary>
    public CommandEnd? Newest { get; init; }

    /// <summary>Failures in a row that count.</summary>
    public int Failures { get; init; }

    /// <summary>When the newest check ended; before the first, when the container started.</summary>
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>Whether a check is under way.</summary>
    public bool Checking { get; init; }

    /// <summary>Of a container that has just started.</summary>
    public static ContainerHealth Started(DateTimeOffset at) => new() { Since = at, CheckedAt = at };

    /// <summary>When the next check is due.</summary>
    public DateTimeOffset DueAt(HealthCheck check, FargateTimes times) => CheckedAt + times.HealthInterval(check);

    /// <summary>After a check has ended; null for one that could not be asked for and so tells nothing.</summary>
    public ContainerHealth With(HealthCheck check, CommandEnd? end, DateTimeOffset startedAt, DateTimeOffset at)
    {
        // Failures in the start period do not count, until a check has passed.
        var counts = Status is not EcsHealthStatus.Unknown || at >= startedAt.AddSeconds(check.StartPeriod ?? 0);
        var failures = end is null ? Failures : end.ExitCode == 0 ? 0 : counts ? Failures + 1 : Failures;
        var status = end?.ExitCode == 0 ? EcsHealthStatus.Healthy
            : failures >= (check.Retries ?? HealthCheck.DefaultRetries) ? EcsHealthStatus.Unhealthy
            : Status;
        return this with
        {
            Status = status,
            Since = status == Status ? Since : at,
            Newest = end ?? Newest,
            Failures = failures,
            CheckedAt = at,
            Checking = false,
        };
    }
}
