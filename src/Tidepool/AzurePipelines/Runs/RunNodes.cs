using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>A stage of a run, in one attempt. Only <see cref="RunLoop"/> changes it.</summary>
internal sealed class StageNode
{
    public StageNode(PipelineStage definition)
    {
        Definition = definition;
        RecordId = Runs.RecordId.Of(definition.Name);
        Jobs = [.. definition.Jobs.Select(job => new JobNode(this, job, attempt: 1))];
    }

    /// <summary>A further attempt; its jobs are put in by who makes it.</summary>
    public StageNode(StageNode before)
    {
        (Definition, Attempt, Before) = (before.Definition, before.Attempt + 1, before.RecordId);
        RecordId = Runs.RecordId.OfAttempt(Attempt, Definition.Name);
    }

    public PipelineStage Definition { get; }

    /// <summary>1 for the first.</summary>
    public int Attempt { get; } = 1;
    public Guid RecordId { get; }

    /// <summary>The record of the attempt before.</summary>
    public Guid? Before { get; }
    public IReadOnlyList<JobNode> Jobs { get; set; } = [];
    public NodeName Name => new(Definition.Name, Definition.DisplayName);
    public bool Started { get; set; }

    /// <summary>Whether the run was being cancelled when it was decided what becomes of it; null before.</summary>
    public bool? DecidedInCancel { get; set; }

    /// <summary>It is being cancelled, and the run is not.</summary>
    public bool Canceling { get; set; }

    /// <summary>Its check is under way: it may start, and has not.</summary>
    public bool Checking { get; set; }
    public NodeResult? Result { get; set; }
    public string? Reason { get; set; }

    public StageState ToState() => new(
        Result,
        Jobs.Where(job => job.Started || job.Result is not null)
            .ToDictionary(job => job.Definition.Name, job => job.ToState(), StringComparer.OrdinalIgnoreCase));

    public TimelineRecord ToRecord() => new()
    {
        Id = RecordId,
        Type = "Stage",
        Name = Definition.DisplayName,
        RefName = Definition.Name,
        State = RecordStates.Pending,
        Attempt = Attempt,
        Identifier = Definition.Name,
    };
}

/// <summary>A job of a run, which may be several legs, in one attempt. Only <see cref="RunLoop"/> changes it.</summary>
internal sealed class JobNode
{
    public JobNode(StageNode stage, PipelineJob definition, int attempt)
    {
        (Stage, Definition, Attempt) = (stage, definition, attempt);
        DisplayName = definition.DisplayName;
        PhaseId = Runs.RecordId.OfAttempt(attempt, stage.Definition.Name, definition.Name);
        // Which legs a strategy makes is known when the job starts.
        if (definition.Strategy is null)
        {
            Expand(definition.Deployment is null ? JobExpansion.One : DeploymentLegs.Of(definition));
        }
    }

    /// <summary>A further attempt moves with what it keeps.</summary>
    public StageNode Stage { get; set; }
    public PipelineJob Definition { get; }
    public int Attempt { get; }
    public Guid PhaseId { get; }

    /// <summary>As the pipeline writes it.</summary>
    public string DisplayName { get; set; }
    public NodeName Name => new(Definition.Name, DisplayName);
    public bool Started { get; set; }

    /// <summary>Whether the run was being cancelled when it was decided what becomes of it; null before.</summary>
    public bool? DecidedInCancel { get; set; }

    /// <summary>The run was cancelled while the job ran: no further leg starts. One that starts after the cancel, for its condition, has all legs.</summary>
    public bool Stopping { get; set; }

    /// <summary>Null until it is known.</summary>
    public JobExpansion? Expansion { get; private set; }
    public IReadOnlyList<LegNode> Legs { get; private set; } = [];
    public NodeResult? Result { get; set; }
    public string? Reason { get; set; }
    public IReadOnlyDictionary<string, string> Outputs { get; set; } = Capabilities.None;

    public JobState ToState() => new(Result, Outputs);

    public void Expand(JobExpansion expansion) => Resume(expansion, [.. expansion.Legs.Select(leg => new LegNode(this, leg))]);

    /// <summary>Takes legs of which some come from an attempt before.</summary>
    public void Resume(JobExpansion expansion, IReadOnlyList<LegNode> legs) => (Expansion, Legs) = (expansion, legs);

    public TimelineRecord ToRecord() => new()
    {
        Id = PhaseId,
        ParentId = Stage.RecordId,
        Type = "Phase",
        Name = DisplayName,
        RefName = Definition.Name,
        State = RecordStates.Pending,
        Attempt = Attempt,
        Identifier = $"{Stage.Definition.Name}.{Definition.Name}",
    };
}

/// <summary>What one agent runs of a job: all of it, or one leg. Only <see cref="RunLoop"/> changes it.</summary>
internal sealed class LegNode
{
    public LegNode(JobNode job, JobLeg leg)
    {
        (Job, Leg, Attempt) = (job, leg, job.Attempt);
        Steps = leg.StepsOf(job.Definition);
        DisplayName = leg.DisplayNameOf(job.Definition);
        string[] path = [job.Stage.Definition.Name, job.Definition.Name, leg.Name];
        Identifier = Runs.RecordId.PathOf(Attempt, path);
        RecordId = Runs.RecordId.OfAttempt(Attempt, path);
        StepIds = [.. Steps.Select(step => Runs.RecordId.Of(Identifier, step.Name))];
    }

    /// <summary>A further attempt moves with what it keeps.</summary>
    public JobNode Job { get; set; }
    public JobLeg Leg { get; }
    public int Attempt { get; }
    public StageNode Stage => Job.Stage;
    public IReadOnlyList<PipelineStep> Steps { get; }

    /// <summary>As in <c>stage.job.leg</c>; a further attempt ends in its number.</summary>
    public string Identifier { get; }
    public Guid RecordId { get; }

    /// <summary>In the order of the steps.</summary>
    public IReadOnlyList<Guid> StepIds { get; }

    /// <summary>As the pipeline writes it until the leg is planned; then with its macros expanded.</summary>
    public string DisplayName { get; set; }

    /// <summary>The job's name, and the leg's after a dot where there are several.</summary>
    public NodeName Name => new(
        Leg.DisplaySuffix is null ? Job.Definition.Name : $"{Job.Definition.Name}.{Leg.Name}", DisplayName);
    public bool Started { get; set; }
    public JobPlan? Plan { get; set; }
    public string? MappedFrom { get; set; }
    public JobRequest? Request { get; set; }
    public string? AgentName { get; set; }
    public IReadOnlyDictionary<string, string> AgentCapabilities { get; set; } = Capabilities.None;
    public DateTimeOffset? QueuedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>Fires when the leg ran too long, and then when it does not stop.</summary>
    public ITimer? Deadline { get; set; }

    /// <summary>Of a job without an agent: which step runs.</summary>
    public int StepIndex { get; set; } = -1;

    /// <summary>Of a job without an agent: ends the step that runs.</summary>
    public ITimer? StepEnd { get; set; }

    /// <summary>Why it was asked to stop; null when nobody asked.</summary>
    public string? StopReason { get; set; }
    public bool Stopping { get; set; }

    /// <summary>As its agent said it; a failure may count for less in <see cref="Result"/>.</summary>
    public NodeResult? Reported { get; set; }
    public NodeResult? Result { get; set; }
    public string? Reason { get; set; }

    /// <summary>Console lines of records that the agent has not described yet.</summary>
    public Dictionary<Guid, List<string>> HeldLines { get; } = [];

    /// <summary>The records of the job and its steps as they stand before an agent has it.</summary>
    public IEnumerable<TimelineRecord> ToRecords() =>
    [
        new()
        {
            Id = RecordId,
            ParentId = Job.PhaseId,
            Type = "Job",
            Name = DisplayName,
            RefName = Leg.Name,
            Order = Leg.Position,
            State = RecordStates.Pending,
            Attempt = Attempt,
            Identifier = Identifier,
        },
        .. Steps.Select(ToRecord),
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
        Task = new(step.TaskId, step.TaskName, step.TaskVersion),
        State = RecordStates.Pending,
        Attempt = Attempt,
        Identifier = $"{Identifier}.{step.Name}",
    };
}
