namespace Tidepool.Pipelines.Graph;

/// <summary>A place in a file, 1-based, as the service prints it.</summary>
public readonly record struct SourcePosition(string File, int Line, int Column)
{
    public override string ToString() => $"{File} (Line: {Line}, Col: {Column})";
}

/// <summary>A pipeline after compile time: templates and <c>${{ }}</c> are gone, macros and <c>$[ ]</c> are still text.</summary>
public sealed record Pipeline
{
    public const string DefaultRunName = "$(Date:yyyyMMdd).$(Rev:r)";

    /// <summary>The run's number format.</summary>
    public string RunName { get; init; } = DefaultRunName;

    /// <summary>Whether a run's title has the commit's message after its number.</summary>
    public bool AppendCommitMessageToRunName { get; init; } = true;
    public IReadOnlyList<PipelineVariable> Variables { get; init; } = [];
    public PipelineResources Resources { get; init; } = new();
    public IReadOnlyList<PipelineStage> Stages { get; init; } = [];

    /// <summary>The variable groups that it names, at any level.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Secret variables of its groups, at any level.</summary>
    public IEnumerable<PipelineVariable> SecretVariables => Variables
        .Concat(Stages.SelectMany(stage => stage.Variables.Concat(stage.Jobs.SelectMany(job => job.Variables))))
        .Where(variable => variable.IsSecret);
}

/// <summary>A variable in the order of the file; its value may hold macros or be one whole <c>$[ ]</c>.</summary>
public sealed record PipelineVariable(string Name, string Value, bool ReadOnly, SourcePosition Position)
{
    /// <summary>The value is never shown; only variables of a group can be secret.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The variable group that it comes from; null for one that the file writes.</summary>
    public string? Group { get; init; }
}

public sealed record PipelineStage
{
    /// <summary>What an unnamed stage is called; its part of display names vanishes.</summary>
    public const string DefaultName = "__default";

    public required string Name { get; init; }
    public required string DisplayName { get; init; }
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Null means <c>succeeded()</c>.</summary>
    public string? Condition { get; init; }
    public IReadOnlyList<PipelineVariable> Variables { get; init; } = [];
    public IReadOnlyList<PipelineJob> Jobs { get; init; } = [];

    /// <summary>The stage waits until somebody starts it.</summary>
    public bool IsManual { get; init; }
    public SourcePosition Position { get; init; }
}

public sealed record PipelineJob
{
    public required string Name { get; init; }
    public required string DisplayName { get; init; }
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Null means <c>succeeded()</c>.</summary>
    public string? Condition { get; init; }
    public IReadOnlyList<PipelineVariable> Variables { get; init; } = [];

    /// <summary>The lowest level that names one: job, stage or pipeline. Null when none does.</summary>
    public PipelinePool? Pool { get; init; }

    /// <summary>Null for a job that runs once.</summary>
    public JobStrategy? Strategy { get; init; }

    /// <summary>Null for an ordinary job; with it, <see cref="Steps"/> is empty.</summary>
    public Deployment? Deployment { get; init; }

    /// <summary>Runs on the service, without an agent (<c>pool: server</c>).</summary>
    public bool IsAgentless { get; init; }
    public string? ContinueOnError { get; init; }

    /// <summary>Minutes or a <c>$[ ]</c>; null means 60, 0 means no limit.</summary>
    public string? TimeoutInMinutes { get; init; }

    /// <summary>Minutes or a <c>$[ ]</c>; null means 5.</summary>
    public string? CancelTimeoutInMinutes { get; init; }

    /// <summary>What of the agent's folder for this pipeline is emptied first: outputs, resources or all; null means nothing.</summary>
    public string? WorkspaceClean { get; init; }

    /// <summary>In order, disabled ones dropped, <c>checkout: self</c> put first where the job names no checkout.</summary>
    public IReadOnlyList<PipelineStep> Steps { get; init; } = [];
    public SourcePosition Position { get; init; }
}

/// <summary>Where a job wants to run; name and demands may hold macros.</summary>
public sealed record PipelinePool(string? Name, string? VmImage, IReadOnlyList<string> Demands, SourcePosition Position);

/// <summary>A step in canonical form: a task and its inputs.</summary>
public sealed record PipelineStep
{
    /// <summary>The task's name, as in <c>CmdLine</c>.</summary>
    public required string TaskName { get; init; }
    public required Guid TaskId { get; init; }
    public required string TaskVersion { get; init; }

    /// <summary>The reference name: the user's, or the service's (<c>CmdLine</c>, <c>CmdLine1</c>, ...).</summary>
    public required string Name { get; init; }
    public required string DisplayName { get; init; }

    /// <summary>Null means <c>succeeded()</c>.</summary>
    public string? Condition { get; init; }
    public bool ContinueOnError { get; init; }

    /// <summary>0 means no limit.</summary>
    public int TimeoutInMinutes { get; init; }
    public int RetryCountOnTaskFailure { get; init; }
    public IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Null means the host, with all logging commands.</summary>
    public StepTarget? Target { get; init; }
    public SourcePosition Position { get; init; }
}

/// <summary>Where a step runs and what its logging commands may do.</summary>
/// <param name="Container">The alias of a container; null for the host.</param>
/// <param name="IsRestricted">Only the logging commands that <c>commands: restricted</c> leaves.</param>
/// <param name="SettableVariables">Variables that the step may set, empty for none; null means all.</param>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/target</remarks>
public sealed record StepTarget(string? Container, bool IsRestricted, IReadOnlyList<string>? SettableVariables);
