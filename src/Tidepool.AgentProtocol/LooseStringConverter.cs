using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>Reads an enum that clients send as a name or, where it is undefined, as a number; writes the name.</summary>
public sealed class LooseStringConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => reader.GetInt64().ToString(CultureInfo.InvariantCulture),
        var other => throw new JsonException($"Expected a name or a number, found {other}."),
    };

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
