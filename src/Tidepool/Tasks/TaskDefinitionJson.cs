using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Tidepool.Tasks;

/// <summary>Reads and writes task definitions as the ECS API spells them.</summary>
public static class TaskDefinitionJson
{
    /// <summary>camelCase names, nothing written that is not set.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Reads a RegisterTaskDefinition request.</summary>
    /// <param name="json">The request's text.</param>
    /// <param name="source">What to call the text in an error, as a file name.</param>
    /// <exception cref="ProblemException">Not JSON, or not a task definition; names the file and every field by its JSON path.</exception>
    public static RegisterTaskDefinitionRequest Read(string json, string source)
    {
        try
        {
            // The API takes null as not given.
            var node = WithoutNulls(JsonNode.Parse(json));
            var unknown = UnknownFields(node, typeof(RegisterTaskDefinitionRequest), "$").ToArray();
            if (unknown.Length > 0)
            {
                throw new ProblemException(
                    "TASK001",
                    $"{source}: ECS knows no field {string.Join(", ", unknown)}.",
                    "Correct the name, or remove it.");
            }

            return node.Deserialize<RegisterTaskDefinitionRequest>(Options)
                ?? throw new ProblemException(
                    "TASK001", $"{source}: there is no task definition.",
                    "Write one as RegisterTaskDefinition takes it.");
        }
        catch (JsonException e)
        {
            var where = e.Path is null or "$" ? $"line {e.LineNumber + 1}" : e.Path;
            throw new ProblemException(
                "TASK001",
                $"{source}: {where} cannot be read as ECS spells it.",
                "Compare the field's type with RegisterTaskDefinition in the ECS API reference.");
        }
    }

    /// <summary>Removes what is null: the API takes it as not given.</summary>
    internal static JsonNode? WithoutNulls(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach (var name in fields.Where(field => field.Value is null).Select(field => field.Key).ToArray())
                {
                    fields.Remove(name);
                }

                foreach (var (_, value) in fields)
                {
                    WithoutNulls(value);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    WithoutNulls(item);
                }

                break;
            default:
                break;
        }

        return node;
    }

    private static IEnumerable<string> UnknownFields(JsonNode? node, Type type, string path)
    {
        var info = Options.GetTypeInfo(type);
        return (node, info.Kind) switch
        {
            (JsonObject fields, JsonTypeInfoKind.Object) => fields.SelectMany(field =>
                info.Properties.FirstOrDefault(property => property.Name == field.Key) is { } known
                    ? UnknownFields(field.Value, known.PropertyType, $"{path}.{field.Key}")
                    : [$"{path}.{field.Key}"]),
            (JsonArray items, JsonTypeInfoKind.Enumerable) => items.SelectMany((item, i) => UnknownFields(item, info.ElementType!, $"{path}[{i}]")),
            _ => [],
        };
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
