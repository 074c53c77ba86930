using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Api;

/// <summary>Reads and writes the members of ECS requests and answers as JSON 1.1 has them. Pure.</summary>
/// <remarks>Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html</remarks>
internal static class EcsJson
{
    // What ECS answers though it is empty; other empty members of a task definition are left out. From answers that users show.
    private static readonly HashSet<string> ShownEmpty =
    [
        "portMappings", "environment", "mountPoints", "volumesFrom", "systemControls", "volumes", "placementConstraints", "command", "entryPoint",
    ];

    /// <summary>camelCase names, times as seconds since 1970, nothing written that is not set.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Reads a request's body; an empty one has no members.</summary>
    /// <exception cref="EcsException">It is no JSON object, or holds text that is no Unicode.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length == 0)
        {
            return [];
        }

        try
        {
            return JsonText.Parse(body) as JsonObject
                ?? throw new EcsException(EcsErrorType.SerializationException, "The request's body is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new EcsException(EcsErrorType.SerializationException, $"The request's body is not JSON: {e.Message}");
        }
        catch (FormatException e)
        {
            // Inferred: that the service refuses such text at all, and how.
            throw new EcsException(EcsErrorType.SerializationException, $"The request's body {e.Message}");
        }
    }

    /// <summary>Reads a request.</summary>
    /// <param name="body">The request's members; those that are null are taken as not given and removed.</param>
    /// <param name="unknown">Told the path of each member that is left out because nothing here knows it.</param>
    /// <exception cref="EcsException">A member has another type, or one that is required is missing.</exception>
    public static T Read<T>(JsonObject body, Action<string> unknown)
    {
        TaskDefinitionJson.WithoutNulls(body);
        Check(body, typeof(T), "", unknown);
        try
        {
            return body.Deserialize<T>(Options)!;
        }
        catch (JsonException e)
        {
            // Inferred: how ECS words a member that is missing differs from member to member.
            throw new EcsException(EcsErrorType.InvalidParameterException, $"A required member is missing{At(e.Path)}: {e.Message}");
        }
    }

    /// <summary>Refuses values of other types, and tells of members that are not known.</summary>
    private static void Check(JsonNode? node, Type type, string path, Action<string> unknown)
    {
        var info = Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
        switch (info.Kind, node)
        {
            case (JsonTypeInfoKind.Object, JsonObject members):
                foreach (var (name, value) in members.ToArray())
                {
                    if (info.Properties.FirstOrDefault(property => property.Name == name) is { } known)
                    {
                        Check(value, known.PropertyType, $"{path}.{name}", unknown);
                    }
                    else
                    {
                        unknown($"{path}.{name}"[1..]);
                        members.Remove(name);
                    }
                }

                break;
            case (JsonTypeInfoKind.Dictionary, JsonObject entries):
                foreach (var (key, value) in entries)
                {
                    Check(value, info.ElementType!, $"{path}.{key}", unknown);
                }

                break;
            case (JsonTypeInfoKind.Enumerable, JsonArray items):
                for (var i = 0; i < items.Count; i++)
                {
                    Check(items[i], info.ElementType!, $"{path}[{i}]", unknown);
                }

                break;
            case (JsonTypeInfoKind.None, JsonValue value) when Fits(value, info.Type):
                break;
            default:
                throw new EcsException(
                    EcsErrorType.SerializationException, $"{Token(node)} can not be converted to {Wanted(info)}{At(path)}");
        }
    }

    private static bool Fits(JsonValue value, Type type) => value.GetValueKind() switch
    {
        JsonValueKind.String => type == typeof(string),
        JsonValueKind.True or JsonValueKind.False => type == typeof(bool),
        JsonValueKind.Number => type == typeof(int) ? value.TryGetValue<int>(out _) : type == typeof(long) && value.TryGetValue<long>(out _),
        _ => false,
    };

    // The words are those of AWS's JSON services; where in the request it was is added.
    private static string Token(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => "STRING_VALUE",
        JsonValueKind.Number => "NUMBER_VALUE",
        JsonValueKind.True => "TRUE_VALUE",
        JsonValueKind.False => "FALSE_VALUE",
        JsonValueKind.Object => "START_OBJECT",
        JsonValueKind.Array => "START_ARRAY",
        _ => "NULL_VALUE",
    };

    private static string Wanted(JsonTypeInfo info) => info.Kind switch
    {
        JsonTypeInfoKind.Object => "a Structure",
        JsonTypeInfoKind.Dictionary => "a Map",
        JsonTypeInfoKind.Enumerable => "a List",
        _ when info.Type == typeof(string) => "a String",
        _ when info.Type == typeof(bool) => "a Boolean",
        _ => "an Integer",
    };

    private static string At(string? path) => path?.TrimStart('$', '.') is { Length: > 0 } where ? $" ({where})" : "";

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(TaskDefinitionJson.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutEmpty } },
        };
        options.Converters.Add(new EpochConverter());
        options.MakeReadOnly();
        return options;
    }

    private static void LeaveOutEmpty(JsonTypeInfo info)
    {
        if (!info.Type.IsAssignableTo(typeof(RegisterTaskDefinitionRequest)) && info.Type != typeof(ContainerDefinition) && info.Type != typeof(LinuxParameters))
        {
            return;
        }

        foreach (var property in info.Properties.Where(property =>
            property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable)) && !ShownEmpty.Contains(property.Name)))
        {
            property.ShouldSerialize = (_, value) => value is IEnumerable items && items.GetEnumerator().MoveNext();
        }
    }

    /// <summary>Times as seconds since 1970 with milliseconds.</summary>
    private sealed class EpochConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            DateTimeOffset.FromUnixTimeMilliseconds((long)(reader.GetDecimal() * 1000));

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.ToUnixTimeMilliseconds() / 1000m);
    }
}
