using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>Reads <c>settableVariables</c> as a list or as an object with the list in <c>allowed</c>; writes the object.</summary>
/// <remarks>That the service sends the object is inferred from the agent, whose type has a list of that name.</remarks>
public sealed class SettableVariablesConverter : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var value = JsonDocument.ParseValue(ref reader);
        return value.RootElement.ValueKind switch
        {
            JsonValueKind.Array => Names(value.RootElement),
            JsonValueKind.Object when Allowed(value.RootElement) is { ValueKind: JsonValueKind.Array } allowed => Names(allowed),
            _ => null,
        };
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("allowed");
        foreach (var name in value)
        {
            writer.WriteStringValue(name);
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static JsonElement? Allowed(JsonElement restrictions)
    {
        foreach (var property in restrictions.EnumerateObject())
        {
            if (string.Equals(property.Name, "allowed", StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }
        return null;
    }

    private static string[] Names(JsonElement list) =>
        [.. list.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)];
}
