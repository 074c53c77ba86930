using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Deployment.Aws;

/// <summary>The JSON 1.1 of AWS services: names as each service spells them, seconds since 1970 for times.</summary>
internal static class AwsJson
{
    /// <summary>camelCase names: ECS, ECR, CloudWatch Logs.</summary>
    public static readonly JsonSerializerOptions Camel = Options(JsonNamingPolicy.CamelCase);

    /// <summary>PascalCase names: Secrets Manager, Service Quotas.</summary>
    public static readonly JsonSerializerOptions Pascal = Options(naming: null);

    private static JsonSerializerOptions Options(JsonNamingPolicy? naming) => new()
    {
        PropertyNamingPolicy = naming,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new EpochSecondsConverter() },
    };

    private sealed class EpochSecondsConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String
                ? reader.GetDateTimeOffset()
                : DateTimeOffset.UnixEpoch.AddSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteNumberValue((value - DateTimeOffset.UnixEpoch).TotalSeconds);
    }
}
