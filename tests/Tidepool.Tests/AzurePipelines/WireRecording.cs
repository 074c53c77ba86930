using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>One HTTP exchange between Microsoft's agent and another server.</summary>
internal sealed record RecordedExchange(
    string Method, string Url, int Status, string? Authorization, JsonNode? Request, JsonNode? Response);

/// <summary>Exchanges of Microsoft's agent 2.159.2, and which of that server's routes stood for which location.</summary>
internal static class WireRecording
{
    private static readonly string Data = Path.Combine(AppContext.BaseDirectory, "AzurePipelines", "Data");

    private static readonly IReadOnlyList<(Guid Id, Regex Pattern)> Routes =
    [
        .. JsonNode.Parse(File.ReadAllText(Path.Combine(Data, "recorded-locations.json")))!.AsArray()
            .Select(row => (Id: row!["identifier"]!.GetValue<Guid>(), Template: row["relativePath"]!.GetValue<string>().TrimStart('/')))
            .Select(row => (row.Id, new Regex($"^{Regex.Replace(row.Template, "/{(\\w+)}", "(?:/(?<$1>[^/?]+))?")}$"))),
    ];

    public static IReadOnlyList<RecordedExchange> Read(string name) =>
    [
        .. File.ReadLines(Path.Combine(Data, $"{name}.jsonl"))
            .Select(line => JsonSerializer.Deserialize<RecordedExchange>(line, JsonSerializerOptions.Web)!),
    ];

    /// <summary>Which location a recorded path stands for, and the values in it; null for routes outside of the location table.</summary>
    public static (Guid Location, Dictionary<string, string> Values)? Locate(string path)
    {
        foreach (var (id, pattern) in Routes)
        {
            if (pattern.Match(path) is { Success: true } match)
            {
                var named = match.Groups.Values.Where(group => group.Success && !char.IsDigit(group.Name[0]));
                return (id, named.ToDictionary(group => group.Name, group => group.Value));
            }
        }

        return null;
    }

    /// <summary>What of a recorded answer another answer lacks: absent fields, and other values where names must agree.</summary>
    public static IEnumerable<string> Missing(JsonNode? recorded, JsonNode? other, string path = "$")
    {
        switch (recorded, other)
        {
            case (null, _):
                return [];
            case (JsonObject wanted, JsonObject found):
                // A record's reference to its log is an id; that server puts the whole log there.
                return wanted
                    .Where(field => !Unread.Contains(field.Key) && (field.Key == "id" || !path.EndsWith(".log", StringComparison.Ordinal)))
                    .SelectMany(field => Missing(field.Value, found[field.Key], $"{path}.{field.Key}"));
            case (JsonArray wanted, JsonArray found):
                return wanted.Count > found.Count
                    ? [$"{path}: {found.Count} of {wanted.Count}"]
                    : wanted.Zip(found).SelectMany((pair, index) => Missing(pair.First, pair.Second, $"{path}[{index}]"));
            case (JsonValue wanted, JsonValue found):
                return !SameEverywhere.Contains(path[(path.LastIndexOf('.') + 1)..]) || wanted.ToJsonString() == found.ToJsonString()
                    ? []
                    : [$"{path}: {found.ToJsonString()} instead of {wanted.ToJsonString()}"];
            default:
                return [$"{path}: {other?.ToJsonString() ?? "nothing"} instead of {recorded.ToJsonString()}"];
        }
    }

    // Fields of that server alone, and empty lists of what no one filled.
    private static readonly HashSet<string> Unread =
    [
        "isInternal", "useFipsEncryption", "ephemeral", "noticeCount", "previousAttempts", "properties", "userCapabilities",
        "systemCapabilities", "location",
    ];

    private static readonly HashSet<string> SameEverywhere =
    [
        "count", "state", "result", "type", "refName", "order", "messageType", "encrypted", "token_type", "scope", "path", "workerName",
        "percentComplete",
    ];
}
