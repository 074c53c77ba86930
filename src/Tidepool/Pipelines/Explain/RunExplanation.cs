using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.Expressions;

namespace Tidepool.Pipelines.Explain;

/// <summary>Why each node of a run, or of a pipeline with assumed results, runs, waits or does not run.</summary>
public sealed record RunExplanation
{
    public string Schema { get; init; } = "tidepool.explanation/1";

    /// <summary>Of what: a file, or a run's number.</summary>
    public string Of { get; init; } = "";

    /// <summary>Stages in order, each with its jobs behind it.</summary>
    public IReadOnlyList<NodeExplanation> Nodes { get; init; } = [];

    /// <summary>The explanation as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ExplanationJson.Default.RunExplanation);
}

/// <summary>One stage, or one job where <see cref="Job"/> is there.</summary>
public sealed record NodeExplanation
{
    public required string Stage { get; init; }
    public string? Job { get; init; }

    /// <summary>Where the file writes it; absent where that is not known.</summary>
    public string? Place { get; init; }

    /// <summary>The nodes that it names, stages for a stage and jobs for a job.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary><c>succeeded()</c> where the file writes none.</summary>
    public required string Condition { get; init; }

    /// <summary>The file writes no condition.</summary>
    public bool IsDefault { get; init; }

    /// <summary>waits, runs, or how it ended: Succeeded, SucceededWithIssues, Failed, Canceled, Skipped or Abandoned.</summary>
    public required string State { get; init; }

    /// <summary>What every part of the condition gave; absent while it is not looked at.</summary>
    public EvaluatedPart? Evaluation { get; init; }

    /// <summary>Why it stands as it does: each a sentence.</summary>
    public IReadOnlyList<string> Because { get; init; } = [];

    /// <summary>What its legs wait for.</summary>
    public IReadOnlyList<JobWait> Waits { get; init; } = [];
}

/// <summary>A job, or a leg of it, that no agent has.</summary>
/// <param name="Job">The job's name, with the leg's after a dot.</param>
/// <param name="Demands">What it wants of an agent.</param>
/// <param name="Agents">The pool's agents, nearest first: those with the fewest unmet demands.</param>
/// <param name="Because">The reason in a sentence.</param>
public sealed record JobWait(string Job, IReadOnlyList<string> Demands, IReadOnlyList<AgentFit> Agents, string Because);

/// <summary>How an agent fits a job.</summary>
/// <param name="Agent">Its name.</param>
/// <param name="State">online, busy, offline or disabled.</param>
/// <param name="Unmet">The demands that it does not meet, each with what it has instead.</param>
public sealed record AgentFit(string Agent, string State, IReadOnlyList<string> Unmet);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunExplanation))]
internal sealed partial class ExplanationJson : JsonSerializerContext;
