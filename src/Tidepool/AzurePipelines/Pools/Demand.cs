using System.Text.RegularExpressions;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>What a job asks of an agent: a capability, its value, or a least version.</summary>
internal sealed partial record Demand(string Name, string? Operator, string? Value)
{
    public static Demand Parse(string text)
    {
        var match = Form().Match(text.Trim());
        return match.Success
            ? new(match.Groups[1].Value, match.Groups[2].Success ? match.Groups[2].Value : null, match.Groups[3].Success ? match.Groups[3].Value.Trim() : null)
            : throw new ProblemException("SERVICE099", $"'{text}' is not a demand.", "Write NAME or NAME -equals VALUE.");
    }

    public bool IsMetBy(IReadOnlyDictionary<string, string> capabilities)
    {
        var found = capabilities.FirstOrDefault(pair => pair.Key.Equals(Name, StringComparison.OrdinalIgnoreCase));
        return found.Key is not null && Operator?.ToLowerInvariant() switch
        {
            null => true,
            "equals" => string.Equals(found.Value, Value, StringComparison.OrdinalIgnoreCase),
            "gtversion" => Version.TryParse(found.Value, out var have) && Version.TryParse(Value, out var want) && have >= want,
            _ => false,
        };
    }

    public override string ToString() => Operator is null ? Name : $"{Name} -{Operator} {Value}";

    [GeneratedRegex(@"^(\S+)(?:\s+-(\w+)\s+(.+))?$")]
    private static partial Regex Form();
}
