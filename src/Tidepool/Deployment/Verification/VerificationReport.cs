using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.Storage.Probes;

namespace Tidepool.Deployment.Verification;

/// <summary>What came of a verification of storage.</summary>
public sealed record VerificationReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name and version of this shape.</summary>
    public string Schema => "tidepool.verify-storage/1";

    /// <summary><c>local</c>, <c>aws</c> or a URL.</summary>
    public required string Endpoint { get; init; }

    /// <summary><c>sandbox</c> or <c>docker</c>; null where nothing is known of it.</summary>
    public string? Runtime { get; init; }

    public required string Region { get; init; }

    public required string Cluster { get; init; }

    public required string Image { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Wall time.</summary>
    public required double Seconds { get; init; }

    public required IReadOnlyList<ProbeReport> Probes { get; init; }

    /// <summary>What could not be removed, each with its reason.</summary>
    public required IReadOnlyList<string> Left { get; init; }

    /// <summary>What the runtime leaves out of Fargate, one sentence each.</summary>
    public IReadOnlyList<string> NotExercised { get; init; } = [];

    /// <summary>Whether a rule does not hold.</summary>
    [JsonIgnore]
    public bool HasDifference => Probes.Any(probe => probe.Verdict == ProbeReport.Different);

    /// <summary>Whether no probe was tried.</summary>
    [JsonIgnore]
    public bool NothingTried => Probes.All(probe => probe.Verdict == ProbeReport.NotTried);

    /// <summary>The report as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <summary>One probe of it.</summary>
/// <param name="Id">As in <c>fresh-per-task</c>.</param>
/// <param name="Claim">The rule.</param>
/// <param name="Verdict"><c>as expected</c>, <c>DIFFERENT</c> or <c>not tried</c>.</param>
/// <param name="Expected">What is to be seen where the rule holds.</param>
/// <param name="Observed">What was seen, or why nothing was tried.</param>
/// <param name="Proof">Tasks, exit codes, and what containers wrote.</param>
/// <param name="Certainty"><c>stated</c>, <c>reported</c> or <c>inferred</c>.</param>
/// <param name="Source">The page that the rule is from.</param>
public sealed record ProbeReport(
    string Id, string Claim, string Verdict, string Expected, string Observed, IReadOnlyList<string> Proof, string Certainty, string Source)
{
    public const string AsExpected = "as expected";
    public const string Different = "DIFFERENT";
    public const string NotTried = "not tried";

    public static ProbeReport Of(ProbeVerdict verdict) => new(
        verdict.Probe.Id,
        verdict.Probe.Claim,
        verdict.Outcome switch
        {
            ProbeOutcome.AsExpected => AsExpected,
            ProbeOutcome.Different => Different,
            ProbeOutcome.NotTried => NotTried,
            _ => throw new InvalidOperationException($"Unhandled {nameof(ProbeOutcome)} {verdict.Outcome}."),
        },
        verdict.Probe.Expected,
        verdict.Observed,
        verdict.Proof,
        verdict.Probe.Source.Certainty.ToString().ToLowerInvariant(),
        verdict.Probe.Source.Page);
}
