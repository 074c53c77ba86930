namespace Tidepool.Storage.Probes;

/// <summary>What a probe's steps brought to light.</summary>
public sealed record ProbeEvidence
{
    /// <summary>Tasks by the probe's names for them.</summary>
    public IReadOnlyDictionary<string, TaskEvidence> Tasks { get; init; } = new Dictionary<string, TaskEvidence>();

    /// <summary>Answers to registrations: how they were refused, or null where they were taken.</summary>
    public IReadOnlyDictionary<string, string?> Registrations { get; init; } = new Dictionary<string, string?>();

    /// <summary>Snapshots that were taken.</summary>
    public IReadOnlyDictionary<string, string> Snapshots { get; init; } = new Dictionary<string, string>();

    /// <summary>A container's evidence; an empty one where the task or the container is not there.</summary>
    public ContainerEvidence Of(string task, string container) =>
        Tasks.GetValueOrDefault(task)?.Containers.GetValueOrDefault(container) ?? ContainerEvidence.None;

    /// <summary>The evidence as lines.</summary>
    public IReadOnlyList<string> ToProof() =>
    [
        .. Registrations.Select(answer => $"registration: {answer.Value ?? "taken"}"),
        .. Tasks.Values.SelectMany(task => task.ToProof()),
        .. Snapshots.Values.Select(snapshot => $"snapshot {snapshot}"),
    ];
}

/// <summary>What a task was.</summary>
public sealed record TaskEvidence
{
    public required string TaskArn { get; init; }

    public string? StopCode { get; init; }

    public string? StoppedReason { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it began to stop.</summary>
    public DateTimeOffset? StoppingAt { get; init; }

    /// <summary>When its last container ended.</summary>
    public DateTimeOffset? ExecutionStoppedAt { get; init; }

    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Its EBS volume; null for none.</summary>
    public EbsEvidence? Volume { get; init; }

    public IReadOnlyDictionary<string, ContainerEvidence> Containers { get; init; } = new Dictionary<string, ContainerEvidence>();

    internal IEnumerable<string> ToProof() =>
    [
        $"task {TaskArn}{(StopCode is null ? "" : $", {StopCode}")}{(Volume is null ? "" : $", {Volume}")}",
        .. Containers.Select(container => $"  {container.Key}: {container.Value}"),
    ];
}

/// <summary>An EBS volume of a task.</summary>
/// <param name="VolumeId">Its id.</param>
/// <param name="Attachment">Status of the attachment when the task had stopped, as in <c>DELETED</c>.</param>
/// <param name="State">What EC2 said of it then, as in <c>available</c> or <c>deleted</c>; null where nobody could be asked.</param>
public sealed record EbsEvidence(string VolumeId, string? Attachment, string? State)
{
    /// <summary>Whether it is gone; EC2's word goes before that of the attachment.</summary>
    public bool IsDeleted => State is null ? Attachment is "DELETED" : State is "deleting" or "deleted";

    public override string ToString() => $"volume {VolumeId}{(State is null ? "" : $" {State}")} (attachment {Attachment ?? "unknown"})";
}

/// <summary>What a container was.</summary>
/// <param name="ExitCode">Of its last run; null where it never ran or still runs.</param>
/// <param name="Lines">What it wrote, over all its runs.</param>
public sealed record ContainerEvidence(int? ExitCode, IReadOnlyList<string> Lines)
{
    private const string Prefix = "probe ";

    // What tools of the image complain of.
    private const int MostOthers = 3;

    public static ContainerEvidence None { get; } = new(null, []);

    /// <summary>Whether it waits to be stopped.</summary>
    public bool IsReady => Facts.Contains("ready");

    /// <summary>Whether the last line is a script's last: later ones may still be on their way otherwise.</summary>
    public bool IsComplete => Lines is [.., var last] && last == $"{Prefix}end";

    /// <summary>Every value that it said for a name, in order.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. Facts.Where(fact => fact.StartsWith($"{name}=", StringComparison.Ordinal)).Select(fact => fact[(name.Length + 1)..].Trim())];

    /// <summary>The last value that it said for a name; null where it said none.</summary>
    public string? Fact(string name) => All(name) is [.., var last] ? last : null;

    /// <summary>All that it said whose name begins so, in order.</summary>
    public IReadOnlyList<string> Said(string prefix) => [.. Facts.Where(fact => fact.StartsWith(prefix, StringComparison.Ordinal))];

    public override string ToString() =>
        $"{(ExitCode is { } code ? $"exit code {code}" : "no exit code")}{string.Concat(Facts.Where(fact => fact.Contains('=')).Select(fact => $"; {fact}"))}"
        + string.Concat(Lines.Where(line => !line.StartsWith(Prefix, StringComparison.Ordinal)).Take(MostOthers).Select(line => $"; also wrote {line}"));

    private IEnumerable<string> Facts => Lines.Where(line => line.StartsWith(Prefix, StringComparison.Ordinal)).Select(line => line[Prefix.Length..]);
}
