using System.Text;
using System.Text.Json;

namespace Tidepool.Pipelines.Graph;

/// <summary>A matrix as a runtime expression gives it: a JSON object of objects.</summary>
internal static class MatrixText
{
    private static readonly JsonDocumentOptions Tolerant = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Reads it; null when it is no such JSON. Names and texts may stand in single quotes. An empty text has no legs.</summary>
    public static IReadOnlyList<MatrixLeg>? Read(string text, SourcePosition position)
    {
        if (text.Trim().Length == 0)
        {
            return [];
        }
        try
        {
            using var json = JsonDocument.Parse(DoubleQuoted(text), Tolerant);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.EnumerateObject().All(leg =>
                    leg.Value.ValueKind == JsonValueKind.Object && leg.Value.EnumerateObject().All(v => TextOf(v.Value) is not null))
                ? [.. json.RootElement.EnumerateObject().Select(leg => new MatrixLeg(leg.Name, Variables(leg.Value), position))]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Dictionary<string, string> Variables(JsonElement leg)
    {
        var variables = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var variable in leg.EnumerateObject())
        {
            variables[variable.Name] = TextOf(variable.Value)!;
        }
        return variables;
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.Null => "",
        _ => null,
    };

    /// <summary>Puts double quotes in the place of single ones that begin and end a text; what is in double quotes stays.</summary>
    private static string DoubleQuoted(string text)
    {
        var result = new StringBuilder();
        char? quote = null;
        for (var at = 0; at < text.Length; at++)
        {
            var character = text[at];
            if (quote is null)
            {
                quote = character is '\'' or '"' ? character : null;
                result.Append(character == '\'' ? '"' : character);
            }
            else if (character == '\\' && at + 1 < text.Length)
            {
                var next = text[++at];
                result.Append(next == '\'' ? "'" : $"\\{next}");
            }
            else if (character == quote)
            {
                quote = null;
                result.Append('"');
            }
            else
            {
                result.Append(character == '"' ? "\\\"" : character.ToString());
            }
        }
        return result.ToString();
    }
}
