using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>A stage of a run. Only <see cref="RunLoop"/> changes it.</summary>
internal sealed class StageNode
{
    public StageNode(PipelineStage definition)
    {
        Definition = definition;
        RecordId = Runs.RecordId.Of(definition.Name);
        Jobs = [.. definition.Jobs.Select(job => new JobNode(this, job))];
    }

    public PipelineStage Definition { get; }
    public Guid RecordId { get; }
    public IReadOnlyList<JobNode> Jobs { get; }
    public NodeName Name => new(Definition.Name, Definition.DisplayName);
    public bool Started { get; set; }

    /// <summary>Its check is under way: it may start, and has not.</summary>
    public bool Checking { get; set; }
    public NodeResult? Result { get; set; }
    public string? Reason { get; set; }

    public StageState ToState() => new(
        Result,
        Jobs.Where(job => job.Started || job.Result is not null)
            .ToDictionary(job => job.Definition.Name, job => job.ToState(), StringComparer.OrdinalIgnoreCase));

    /// <summary>The records of the stage and all below it as they stand at the run's beginning.</summary>
    public IEnumerable<TimelineRecord> ToRecords() => Jobs.SelectMany(job => job.ToRecords()).Prepend(new()
    {
        Id = RecordId,
        Type = "Stage",
        Name = Definition.DisplayName,
        RefName = Definition.Name,
        State = RecordStates.Pending,
    });
}

/// <summary>A job of a run. Only <see cref="RunLoop"/> changes it.</summary>
internal sealed class JobNode
{
    // What the service calls the one job of a phase that is not multiplied by a strategy.
    private const string OnlyLeg = "__default";

    public JobNode(StageNode stage, PipelineJob definition)
    {
        Stage = stage;
        Definition = definition;
        DisplayName = definition.DisplayName;
        Identifier = $"{stage.Definition.Name}.{definition.Name}.{OnlyLeg}";
        PhaseId = Runs.RecordId.Of(stage.Definition.Name, definition.Name);
        RecordId = Runs.RecordId.Of(Identifier);
        StepIds = [.. definition.Steps.Select(step => Runs.RecordId.Of(Identifier, step.Name))];
    }

    public StageNode Stage { get; }
    public PipelineJob Definition { get; }
    public string Identifier { get; }
    public Guid PhaseId { get; }
    public Guid RecordId { get; }

    /// <summary>In the order of the definition's steps.</summary>
    public IReadOnlyList<Guid> StepIds { get; }

    /// <summary>As the pipeline writes it until the job is planned; then with its macros expanded.</summary>
    public string DisplayName { get; set; }
    public NodeName Name => new(Definition.Name, DisplayName);
    public bool Started { get; set; }
    public JobPlan? Plan { get; set; }
    public string? MappedFrom { get; set; }
    public JobRequest? Request { get; set; }
    public string? AgentName { get; set; }
    public IReadOnlyDictionary<string, string> AgentCapabilities { get; set; } = Capabilities.None;
    public DateTimeOffset? QueuedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>Fires when the job ran too long, and then when it does not stop.</summary>
    public ITimer? Deadline { get; set; }

    /// <summary>Why the job was asked to stop; null when nobody asked.</summary>
    public string? StopReason { get; set; }
    public bool Stopping { get; set; }
    public NodeResult? Result { get; set; }
    public string? Reason { get; set; }
    public IReadOnlyDictionary<string, string> Outputs { get; set; } = Capabilities.None;

    /// <summary>Console lines of records that the agent has not described yet.</summary>
    public Dictionary<Guid, List<string>> HeldLines { get; } = [];

    public JobState ToState() => new(Result, Outputs);

    /// <summary>The records of the phase, the job and its steps as they stand before an agent has it.</summary>
    public IEnumerable<TimelineRecord> ToRecords() =>
    [
        new()
        {
            Id = PhaseId,
            ParentId = Stage.RecordId,
            Type = "Phase",
            Name = DisplayName,
            RefName = Definition.Name,
            State = RecordStates.Pending,
        },
        new()
        {
            Id = RecordId,
            ParentId = PhaseId,
            Type = "Job",
            Name = DisplayName,
            RefName = OnlyLeg,
            State = RecordStates.Pending,
            Identifier = Identifier,
        },
        .. Definition.Steps.Select(ToRecord),
    ];

    private TimelineRecord ToRecord(PipelineStep step, int index) => new()
    {
        Id = StepIds[index],
        ParentId = RecordId,
        Type = "Task",
        Name = step.DisplayName,
        RefName = step.Name,
        // The agent's own "Initialize job" is the first.
        Order = index + 2,
        State = RecordStates.Pending,
        Identifier = $"{Identifier}.{step.Name}",
    };
}
