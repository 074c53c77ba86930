using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>Results as the wire spells them: a name, or its number.</summary>
internal static class WireResults
{
    public static string ToWire(this NodeResult result) => result switch
    {
        NodeResult.Succeeded => "succeeded",
        NodeResult.SucceededWithIssues => "succeededWithIssues",
        NodeResult.Failed => "failed",
        NodeResult.Canceled => "canceled",
        NodeResult.Skipped => "skipped",
        NodeResult.Abandoned => "abandoned",
        var other => throw new InvalidOperationException($"Unhandled {nameof(NodeResult)} {other}."),
    };

    /// <summary>Null for what is no result.</summary>
    public static NodeResult? Parse(string? text) =>
        Enum.TryParse<NodeResult>(text, ignoreCase: true, out var result) && Enum.IsDefined(result) ? result : null;

    /// <summary>The name of what may be a number; null stays null.</summary>
    public static string? ToWireName(string? sent) => Parse(sent)?.ToWire();
}
