using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Deployment;

/// <summary>What the checks saw; <see cref="ToJson"/> is the answer of <c>tidepool doctor --json</c>.</summary>
public sealed record DoctorReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter<CheckStatus>(JsonNamingPolicy.CamelCase) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name and version of this shape.</summary>
    public string Schema { get; init; } = "tidepool.doctor/1";

    /// <summary>Whether nothing failed; warnings are no failure.</summary>
    public bool Ok => Checks.All(check => check.Status != CheckStatus.Failed);

    /// <summary>Every check in its fixed order; one with several faults has a row for each.</summary>
    public required IReadOnlyList<CheckResult> Checks { get; init; }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <summary>What one check saw.</summary>
public sealed record CheckResult
{
    /// <summary>Stable name, as in <c>token-scope</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name for people.</summary>
    public required string Title { get; init; }

    /// <summary>How it came out.</summary>
    public required CheckStatus Status { get; init; }

    /// <summary>What was seen, with the values; never a secret.</summary>
    public required string Seen { get; init; }

    /// <summary>The problem's code in <c>docs/problems.md</c>; null where there is nothing to mend.</summary>
    public string? Code { get; init; }

    /// <summary>The one next action; null where there is nothing to mend.</summary>
    public string? Mend { get; init; }

    /// <summary>A page about it.</summary>
    public string? Link { get; init; }
}

/// <summary>How a check came out.</summary>
public enum CheckStatus
{
    /// <summary>As it must be.</summary>
    Ok,

    /// <summary>Worth knowing, or could not be seen from here.</summary>
    Note,

    /// <summary>Works, and is better changed.</summary>
    Warning,

    /// <summary>A deployment would not work.</summary>
    Failed,

    /// <summary>Not looked at, since another check failed.</summary>
    Skipped,
}
