using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Tidepool.Pipelines;

/// <summary>What a job wants of the agent that runs it: <c>name</c>, <c>name -equals value</c> or <c>name -gtVersion value</c>.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pool-demands</remarks>
public sealed partial record Demand
{
    private Demand(string name, DemandOperator op, string? value) => (Name, Operator, Value) = (name, op, value);

    /// <summary>The capability's name; compared ignoring case.</summary>
    public string Name { get; }
    public DemandOperator Operator { get; }

    /// <summary>What the capability is compared with; null where it only has to exist.</summary>
    public string? Value { get; }

    /// <summary>Reads a demand as a pipeline writes it.</summary>
    /// <exception cref="ProblemException">PIPELINE003: it is not of one of the three forms; the message holds it.</exception>
    public static Demand Parse(string text) => TryParse(text, out var demand)
        ? demand
        : throw new ProblemException(
            "PIPELINE003", NotValid(text), "Write a capability's name, alone or followed by -equals VALUE or -gtVersion VERSION.");

    /// <summary>Reads a demand as a pipeline writes it; false when it is not one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Demand? demand)
    {
        var match = Pattern().Match(text.Trim());
        var value = match.Groups["value"].Success ? match.Groups["value"].Value : null;
        demand = match.Success ? new Demand(match.Groups["name"].Value, OperatorOf(match.Groups["op"].Value), value) : null;
        return match.Success;
    }

    /// <summary>
    /// True when an agent with these capabilities may run the job. Names and <c>-equals</c> ignore case;
    /// <c>-gtVersion</c> means that version or later.
    /// </summary>
    public bool IsMetBy(IReadOnlyDictionary<string, string> capabilities)
    {
        var found = capabilities.FirstOrDefault(c => c.Key.Equals(Name, StringComparison.OrdinalIgnoreCase));
        return found.Key is not null && Operator switch
        {
            DemandOperator.Exists => true,
            DemandOperator.Equals => string.Equals(found.Value, Value, StringComparison.OrdinalIgnoreCase),
            DemandOperator.GtVersion => VersionOf(found.Value) is { } has && VersionOf(Value!) is { } wants && has >= wants,
            _ => throw new InvalidOperationException($"Unhandled {nameof(DemandOperator)} {Operator}."),
        };
    }

    public override string ToString() => Operator switch
    {
        DemandOperator.Exists => Name,
        DemandOperator.Equals => $"{Name} -equals {Value}",
        _ => $"{Name} -gtVersion {Value}",
    };

    internal static string NotValid(string text) => $"Demand '{text}' is not valid.";

    private static DemandOperator OperatorOf(string op) => op.ToUpperInvariant() switch
    {
        "EQUALS" => DemandOperator.Equals,
        "GTVERSION" => DemandOperator.GtVersion,
        _ => DemandOperator.Exists,
    };

    /// <summary>Compares as many as four numbers; a missing one is 0, what follows a hyphen is left out.</summary>
    private static Version? VersionOf(string text)
    {
        var numbers = text.Split('-', 2)[0].Trim();
        return Version.TryParse(numbers.Contains('.', StringComparison.Ordinal) ? numbers : numbers + ".0", out var version)
            ? new Version(version.Major, version.Minor, Math.Max(0, version.Build), Math.Max(0, version.Revision))
            : null;
    }

    [GeneratedRegex(
        @"^(?<name>\S+)(\s+-(?<op>equals|gtVersion)\s+(?<value>\S.*))?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

/// <summary>How a <see cref="Demand"/> compares.</summary>
public enum DemandOperator
{
    Exists,
    Equals,
    GtVersion,
}
