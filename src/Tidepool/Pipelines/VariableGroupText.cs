using System.Text.Json;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines;

/// <summary>
/// A variable group in a file: YAML or JSON, a mapping of names to values, or to <c>{value, isSecret}</c> as the service's own groups have them.
/// The whole answer of <c>az pipelines variable-group show</c> is one too: its <c>variables</c> count.
/// </summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/get</remarks>
internal static class VariableGroupText
{
    private const string Mend = "Write a mapping of names to values, or to {value: X, isSecret: true}. Quote a value that begins with one of * & ! { [.";

    // Of a variable in the service's answers.
    private static readonly string[] Facts = ["value", "isSecret", "isReadOnly", "enabled", "contentType", "expires"];

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Reads a group. No value is in any error.</summary>
    /// <param name="name">The group's name.</param>
    /// <param name="path">The file, as errors name it.</param>
    /// <param name="text">What it holds.</param>
    /// <param name="needsSecrets">Whether a secret without a value is refused: the service's answers hold none.</param>
    /// <exception cref="ProblemException">GROUP002: it is no variable group. GROUP003: a secret has no value.</exception>
    public static IReadOnlyList<GroupVariable> Parse(string name, string path, string text, bool needsSecrets)
    {
        if (Document(path, text) is not MappingNode root)
        {
            throw NoGroup(path, at: null, "holds no mapping");
        }

        // A variable may have any name, that of the service's own key too; its value has no further mapping in it.
        var all = root["variables"] is MappingNode inner && !IsVariable(inner) ? inner : root;
        var group = new Dictionary<string, GroupVariable>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in all.Entries)
        {
            var (variable, hasValue) = Variable(path, key, value);
            if (variable.Name.Length == 0 || !group.TryAdd(variable.Name, variable))
            {
                throw NoGroup(path, key.Position, variable.Name.Length == 0 ? "has a variable without a name" : $"has variable {variable.Name} twice");
            }

            if (needsSecrets && !hasValue)
            {
                throw new ProblemException(
                    "GROUP003",
                    $"{path}, for the variable group {name}, has no value for the secret {variable.Name}: Azure Pipelines never shows one.",
                    "Write the value into the file, and let nobody but you read it (chmod 600).");
            }
        }

        return [.. group.Values];
    }

    private static YamlNode? Document(string path, string text)
    {
        if (text.TrimStart().StartsWith('{'))
        {
            try
            {
                using var json = JsonDocument.Parse(text, Lenient);
                return Node(path, json.RootElement);
            }
            catch (JsonException)
            {
                // A mapping of YAML may begin so too.
            }
        }

        var errors = new PipelineErrors();
        var root = YamlReader.Read(path, text, errors);
        return errors.InOrder() is [{ Position: var at }, ..] ? throw NoGroup(path, at, "is no YAML that is read here") : root;
    }

    private static YamlNode Node(string path, JsonElement element)
    {
        var nowhere = new SourcePosition(path, 0, 0);
        return element.ValueKind switch
        {
            JsonValueKind.Object => new MappingNode(
                [.. element.EnumerateObject().Select(one => new MappingEntry(new(one.Name, ScalarStyle.Quoted, nowhere), Node(path, one.Value)))], nowhere),
            JsonValueKind.Array => new SequenceNode([.. element.EnumerateArray().Select(one => Node(path, one))], nowhere),
            JsonValueKind.String => new ScalarNode(element.GetString()!, ScalarStyle.Quoted, nowhere),
            _ => new ScalarNode(element.GetRawText(), ScalarStyle.Plain, nowhere),
        };
    }

    private static (GroupVariable Variable, bool HasValue) Variable(string path, ScalarNode key, YamlNode value)
    {
        switch (value)
        {
            case ScalarNode scalar:
                return (new(key.Value, Text(scalar), IsSecret: false), true);
            case MappingNode facts when IsVariable(facts):
                var isSecret = facts["isSecret"] switch
                {
                    null or ScalarNode { IsNull: true } => false,
                    ScalarNode { Value: var flag } when bool.TryParse(flag, out var given) => given,
                    var other => throw NoGroup(path, other.Position, $"says neither true nor false for isSecret of {key.Value}"),
                };
                var written = facts["value"] as ScalarNode;
                return (new(key.Value, written is null ? "" : Text(written), isSecret), !isSecret || written is { IsNull: false });
            default:
                throw NoGroup(path, value.Position, $"has no text for {key.Value}");
        }
    }

    private static bool IsVariable(MappingNode node) =>
        node.Entries.Count > 0 && node.Entries.All(entry => Facts.Contains(entry.Key.Value) && entry.Value is ScalarNode);

    private static string Text(ScalarNode scalar) => scalar.IsNull ? "" : scalar.Value;

    private static ProblemException NoGroup(string path, SourcePosition? at, string why) => new(
        "GROUP002", $"{path}{(at is { Line: > 0 } place ? $" (Line: {place.Line}, Col: {place.Column})" : "")} {why}, and is no variable group.", Mend);
}
