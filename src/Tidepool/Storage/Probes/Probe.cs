namespace Tidepool.Storage.Probes;

/// <summary>One rule of Fargate's storage, and how a task shows whether it holds. Pure: others register, run and read.</summary>
public sealed record Probe
{
    /// <summary>Name on the command line and in reports, as in <c>fresh-per-task</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The rule, in one line.</summary>
    public required string Claim { get; init; }

    /// <summary>Where the rule is from.</summary>
    public required ProbeSource Source { get; init; }

    /// <summary>What is to be seen when the rule holds.</summary>
    public required string Expected { get; init; }

    /// <summary>The kind of volume that it is about.</summary>
    public VolumeKind Kind { get; init; } = VolumeKind.Bind;

    /// <summary>GiB that it writes to its volume at most, where that is enough to cost something.</summary>
    public decimal WritesGib { get; init; }

    /// <summary>Why it cannot be tried in a setting, in words that follow "not tried:"; null where it can.</summary>
    public Func<ProbeSetting, string?> Obstacle { get; init; } = _ => null;

    /// <summary>What is run, one after another.</summary>
    public required Func<ProbeSetting, IReadOnlyList<ProbeStep>> Steps { get; init; }

    /// <summary>Reads the evidence of all steps.</summary>
    public required Func<ProbeSetting, ProbeEvidence, Observation> Judge { get; init; }

    /// <summary>The verdict over evidence: a task that did not start is a difference, whatever the rule.</summary>
    public ProbeVerdict Verdict(ProbeSetting setting, ProbeEvidence evidence)
    {
        var observation = evidence.Tasks.FirstOrDefault(task => task.Value.StopCode is "TaskFailedToStart") is { Value: { } failed } task
            ? new Observation(false, $"task {task.Key} did not start: {failed.StoppedReason}")
            : Judge(setting, evidence);
        return new(this, observation.AsExpected ? ProbeOutcome.AsExpected : ProbeOutcome.Different, observation.Text, evidence.ToProof())
        {
            Seen = observation.Seen,
            Control = observation.Control,
            Evidence = evidence,
        };
    }

    /// <summary>The verdict where nothing was tried, or not to its end.</summary>
    public ProbeVerdict NotTried(string why) => new(this, ProbeOutcome.NotTried, why, []);
}

/// <summary>Kinds of volumes.</summary>
public enum VolumeKind
{
    /// <summary>On the task's own disk.</summary>
    Bind,

    /// <summary>An EBS volume that ECS makes for the task.</summary>
    Ebs,

    /// <summary>A file system of EFS.</summary>
    Efs,
}

/// <summary>Where a rule is from, and how sure it is.</summary>
/// <param name="Certainty">Who says it.</param>
/// <param name="Page">A page that says it, or the nearest one.</param>
public sealed record ProbeSource(Certainty Certainty, string Page);

/// <summary>How sure a rule is that nobody here could try on AWS.</summary>
public enum Certainty
{
    /// <summary>AWS says so.</summary>
    Stated,

    /// <summary>Users saw it.</summary>
    Reported,

    /// <summary>It follows from what is stated.</summary>
    Inferred,
}

/// <summary>What was seen.</summary>
/// <param name="AsExpected">Whether the rule holds.</param>
/// <param name="Text">What was seen, in one line.</param>
/// <param name="Seen">The same in a word or two, for a cell of a table; null where nobody asks.</param>
/// <param name="Control">Whether the data was where it was written; null where there was no control.</param>
public sealed record Observation(bool AsExpected, string Text, string? Seen = null, bool? Control = null);

/// <summary>What a probe came to.</summary>
public enum ProbeOutcome
{
    AsExpected,
    Different,

    /// <summary>Never counts as passed.</summary>
    NotTried,
}

/// <summary>A probe's result.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="Outcome">Whether the rule holds.</param>
/// <param name="Observed">What was seen, or why it was not tried.</param>
/// <param name="Proof">Tasks, exit codes and what containers wrote, a line each.</param>
public sealed record ProbeVerdict(Probe Probe, ProbeOutcome Outcome, string Observed, IReadOnlyList<string> Proof)
{
    /// <summary>What was seen, in a word or two; null where nothing was tried or nobody asks.</summary>
    public string? Seen { get; init; }

    /// <summary>Whether the data was where it was written; null where there was no control.</summary>
    public bool? Control { get; init; }

    /// <summary>The evidence itself.</summary>
    public ProbeEvidence Evidence { get; init; } = new();
}
