using System.Text.Json.Nodes;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Metadata;

/// <summary>How far this machine's clock may be from UTC, as the kernel and whoever sets the clock know it.</summary>
/// <remarks>
/// Names and unit are stated by AWS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html.
/// That a clock which nobody synchronizes shows its status alone is inferred.
/// </remarks>
internal static class ClockDrift
{
    /// <param name="errorBound">The largest error; null when the clock is not synchronized.</param>
    /// <param name="now">When that was so.</param>
    public static JsonObject Of(TimeSpan? errorBound, DateTimeOffset now) => errorBound is { } bound
        ? new()
        {
            ["ClockErrorBound"] = bound.TotalMilliseconds,
            ["ReferenceTimestamp"] = MetadataDocument.Time(now),
            ["ClockSynchronizationStatus"] = "SYNCHRONIZED",
        }
        : new() { ["ClockSynchronizationStatus"] = "NOT_SYNCHRONIZED" };

    public static JsonObject Read(DateTimeOffset now) => Of(LinuxCalls.ClockErrorBound(), now);
}
