using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Tidepool.Fargate;

/// <summary>JSON from outside, of which nothing can fail later that could have been seen at once. Pure.</summary>
internal static class JsonText
{
    /// <summary>Reads one value. Objects have each member once.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="FormatException">
    /// A text in it is none: bytes that are no UTF-8, an escape of half a character, or a null character, which no argument, variable,
    /// path or name can hold. The message goes on from what holds it.
    /// </exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new FormatException("is not UTF-8.");
        }

        // Only escapes can make what is not text.
        if (json.IndexOf("\\u"u8) >= 0)
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    CheckText(ref reader);
                }
            }
        }

        return JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false });
    }

    private static void CheckText(ref Utf8JsonReader reader)
    {
        string text;
        try
        {
            text = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"has half a surrogate pair in the text that ends before byte {reader.BytesConsumed}.");
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException($"has a null character in the text that ends before byte {reader.BytesConsumed}.");
        }
    }
}
