using Tidepool.Storage.Probes;

namespace Tidepool.Storage.Comparison;

/// <summary>A scenario: a row. It says what is tried on a storage, and what is to be seen.</summary>
public sealed record ComparisonScenario
{
    /// <summary>As in <c>task-replaced</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The row's heading.</summary>
    public required string Name { get; init; }

    /// <summary>What is done and looked at, in a sentence.</summary>
    public required string What { get; init; }

    /// <summary>What is to be seen on a storage, in a word or two, and who says so.</summary>
    public required Func<ComparedStorage, (string Seen, ProbeSource Source)> Rule { get; init; }

    /// <summary>Why it cannot be tried in a setting; null where it can.</summary>
    public Func<ComparedStorage, ProbeSetting, string?> Obstacle { get; init; } = (_, _) => null;

    public required Func<ComparedStorage, ProbeSetting, IReadOnlyList<ProbeStep>> Steps { get; init; }

    /// <summary>What was seen, in a word or two, whether the control held, and the same in a line.</summary>
    public required Func<ProbeSetting, ProbeEvidence, Sight> See { get; init; }

    /// <summary>The cell: a probe of this scenario on a storage.</summary>
    public Probe On(ComparedStorage storage)
    {
        var (expected, source) = Rule(storage);
        return new()
        {
            Id = $"{Id}/{storage.Id}",
            Claim = $"{storage.Name}, {Name}: {expected}.",
            Source = source,
            Expected = expected,
            Kind = storage.Kind,
            Obstacle = setting => storage.Obstacle(setting) ?? Obstacle(storage, setting),
            Steps = setting => Steps(storage, setting),
            Judge = (setting, evidence) =>
            {
                // What is missing can only be the storage's doing if it was there.
                var sight = See(setting, evidence);
                return sight.Control
                    ? new(sight.Seen == expected, sight.Text, sight.Seen, true)
                    : new(false, $"the control failed, the data was not where it was written: {sight.Text}", "no control", false);
            },
        };
    }

    public override string ToString() => Id;
}

/// <summary>What was seen of a scenario.</summary>
/// <param name="Seen">In a word or two.</param>
/// <param name="Control">Whether the data was where it was written.</param>
/// <param name="Text">In a line.</param>
public sealed record Sight(string Seen, bool Control, string Text);

/// <summary>The words of cells.</summary>
internal static class Seen
{
    public const string Found = "found";
    public const string NotFound = "not found";

    /// <summary>Nothing of what was written, but what the snapshot held.</summary>
    public const string OfSnapshot = "as of the snapshot";

    /// <summary>Each of two writers has its own.</summary>
    public const string Apart = "apart";

    /// <summary>The first writer's is gone.</summary>
    public const string Overwritten = "overwritten";

    /// <summary>Not whole, and its checksum tells.</summary>
    public const string Torn = "torn";

    public const string Full = "full";
    public const string NoLimit = "no limit met";
    public const string Written = "written";
    public const string Refused = "refused";

    /// <summary>None of the above; the text says what.</summary>
    public const string Otherwise = "otherwise";
}
