using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Deployment;

/// <summary>What one phase came to.</summary>
/// <param name="Name">As in <c>infrastructure</c>.</param>
/// <param name="Outcome">In a few words; null when it did not come to its end.</param>
/// <param name="Changed">Whether it changed anything.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record PhaseReport(string Name, string? Outcome, bool Changed, double Seconds);

/// <summary>An agent in the pool.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Status"><c>online</c> or <c>offline</c>.</param>
/// <param name="Task">Id of its ECS task.</param>
/// <param name="Container">Its container.</param>
/// <param name="Job">The job that it runs; null when idle.</param>
public sealed record AgentReport(string Name, string Status, bool Enabled, string? Task, string? Container, string? Job);

/// <summary>What <c>up</c>, <c>down</c> and <c>token rotate</c> have in common.</summary>
public abstract record DeploymentReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name and version of this shape.</summary>
    public abstract string Schema { get; }

    /// <summary>All that was to be done is done.</summary>
    public bool Ok => Problems.Count == 0 && !Interrupted;

    /// <summary>Whether AWS, the organization or the registry is another than before.</summary>
    public bool Changed => Phases.Any(phase => phase.Changed);

    /// <summary>Ended by Ctrl-C or a signal.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Nothing was tried, since the checks before failed.</summary>
    [JsonIgnore]
    public bool NothingTried { get; init; }

    /// <summary>What ended it; empty when nothing did.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>In their order; the last is the one that failed, if one did.</summary>
    public IReadOnlyList<PhaseReport> Phases { get; init; } = [];

    /// <summary>What stands, and how to go on, in sentences.</summary>
    public IReadOnlyList<string> Standing { get; init; } = [];

    /// <summary>The report as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GetType(), Json);
}

/// <summary>What came of <c>tidepool up</c>.</summary>
public sealed record UpReport : DeploymentReport
{
    public override string Schema => "tidepool.up/1";
    public string? Region { get; init; }
    public string? Cluster { get; init; }
    public string? Service { get; init; }
    public string? Image { get; init; }
    public string? Pool { get; init; }
    public IReadOnlyList<AgentReport> Agents { get; init; } = [];
}

/// <summary>What <c>tidepool up --plan</c> says: what would be made, and what it costs.</summary>
public sealed record PlanReport : DeploymentReport
{
    public override string Schema => "tidepool.plan/1";
    public IReadOnlyList<PlannedChange> Changes { get; init; } = [];
    public CostReport? Cost { get; init; }
}

/// <summary>One change.</summary>
/// <param name="Action"><c>create</c>, <c>update</c>, <c>replace</c>, <c>delete</c>.</param>
/// <param name="Resource">Its address in the configuration.</param>
public sealed record PlannedChange(string Action, string Resource);

/// <summary>The cost of a month.</summary>
public sealed record CostReport(string Region, string Currency, decimal Total, IReadOnlyList<CostLineReport> Lines, string NotCounted);

/// <summary>One line of it.</summary>
public sealed record CostLineReport(string Item, decimal Quantity, string Unit, decimal Price, decimal Monthly, bool IsEstimate, string Source, string Date, string? Remark);

/// <summary>What came of <c>tidepool down</c>.</summary>
public sealed record DownReport : DeploymentReport
{
    public override string Schema => "tidepool.down/1";
    public IReadOnlyList<string> RemovedAgents { get; init; } = [];
    public int RemovedImages { get; init; }

    /// <summary>What is still there, each in a few words.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];
}

/// <summary>What came of <c>tidepool token rotate</c>.</summary>
public sealed record TokenReport : DeploymentReport
{
    public override string Schema => "tidepool.token/1";
    public IReadOnlyList<AgentReport> Agents { get; init; } = [];
}
