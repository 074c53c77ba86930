using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>Reads the wire's times; one without an offset is UTC.</summary>
/// <remarks>Read as local time, <c>0001-01-01T00:00:00</c>, which stands for "none", would not exist east of Greenwich.</remarks>
public sealed class WireTimeConverter : JsonConverter<DateTimeOffset>
{
    private const DateTimeStyles Universal = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, Universal, out var time)
            ? time
            : throw new JsonException($"Expected a time, found '{reader.GetString()}'.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);
}
