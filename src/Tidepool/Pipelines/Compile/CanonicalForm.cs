using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>
/// Steps, jobs and stages as the service gives them to templates and prints them: every step is a task with inputs, <c>dependsOn</c> and
/// <c>variables</c> are lists, <c>pool</c> and <c>environment</c> are mappings.
/// </summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/process/templates#extend-from-a-template (a template sees <c>CmdLine@2</c>), and
/// https://github.com/microsoft/azure-pipelines-yaml/issues/499. The order of keys, and the inputs of downloadBuild, getPackage and reviewApp,
/// are inferred.
/// </remarks>
internal static class CanonicalForm
{
    private static readonly string[] StepKeys =
    [
        "condition", "continueOnError", "displayName", "enabled", "env", "name", "target", "timeoutInMinutes", "retryCountOnTaskFailure",
    ];

    /// <summary>Word to task, the input that takes the word's value, and an input that goes with it.</summary>
    private static readonly Dictionary<string, (string Task, string Input, (string Name, string Value)[] More)> Words = new()
    {
        ["script"] = ("CmdLine@2", "script", []),
        ["bash"] = ("Bash@3", "script", [("targetType", "inline")]),
        ["powershell"] = ("PowerShell@2", "script", [("targetType", "inline")]),
        ["pwsh"] = ("PowerShell@2", "script", [("targetType", "inline"), ("pwsh", "true")]),
        ["checkout"] = (BuiltInTasks.Checkout, "repository", []),
        ["download"] = (BuiltInTasks.Download, "alias", []),
        ["publish"] = ("PublishPipelineArtifact@1", "path", []),
        ["downloadBuild"] = ("DownloadBuildArtifacts@0", "buildType", []),
        ["getPackage"] = ("DownloadPackage@1", "definition", []),
        ["reviewApp"] = ("ReviewApp@0", "resourceName", []),
    };

    public static YamlNode Items(YamlNode list, Func<YamlNode, YamlNode> item) =>
        list is SequenceNode sequence ? sequence with { Items = [.. sequence.Items.Select(item)] } : list;

    public static YamlNode Step(YamlNode node)
    {
        if (node is not MappingNode { Entries: [var first, ..] } step || !Words.TryGetValue(first.Key.Value, out var word))
        {
            return node;
        }
        List<MappingEntry> inputs =
        [
            .. word.More.Where(m => m.Name == "targetType").Select(m => Entry(m.Name, m.Value, first.Key)),
            new MappingEntry(first.Key with { Value = word.Input }, first.Value),
            .. word.More.Where(m => m.Name != "targetType").Select(m => Entry(m.Name, m.Value, first.Key)),
        ];
        List<MappingEntry> entries = [Entry("task", word.Task, first.Key)];
        foreach (var entry in step.Entries.Skip(1))
        {
            if (StepKeys.Contains(entry.Key.Value))
            {
                entries.Add(entry);
            }
            else
            {
                var name = word.Task.StartsWith("Publish", StringComparison.Ordinal) && entry.Key.Value == "artifact" ? "artifactName" : entry.Key.Value;
                inputs.Add(entry with { Key = entry.Key with { Value = name } });
            }
        }
        entries.Add(new MappingEntry(Scalar("inputs", first.Key), new MappingNode(inputs, step.Position) { Origin = step.Origin }));
        return step with { Entries = entries };
    }

    public static YamlNode Job(YamlNode node) => Mapped(node, entry => entry.Key.Value switch
    {
        "steps" => Items(entry.Value, Step),
        "dependsOn" => List(entry.Value),
        "variables" => Variables(entry.Value),
        "pool" => Pool(entry.Value),
        "environment" => Environment(entry.Value),
        "strategy" => Hooks(entry.Value),
        _ => entry.Value,
    });

    public static YamlNode Stage(YamlNode node) => Mapped(node, entry => entry.Key.Value switch
    {
        "jobs" => Items(entry.Value, Job),
        "dependsOn" => List(entry.Value),
        "variables" => Variables(entry.Value),
        "pool" => Pool(entry.Value),
        _ => entry.Value,
    });

    /// <summary>Variables in the form of a list.</summary>
    public static YamlNode Variables(YamlNode node) => node is not MappingNode { Entries: var entries } ? node : new SequenceNode(
        [
            .. entries.Select(e => new MappingNode(
                [new MappingEntry(Scalar("name", e.Key), e.Key), new MappingEntry(Scalar("value", e.Key), e.Value)], e.Key.Position)
            {
                Origin = e.Value.Origin,
            }),
        ],
        node.Position)
    {
        Origin = node.Origin,
    };

    /// <summary>The pool as a mapping; <c>server</c> is none.</summary>
    public static YamlNode Pool(YamlNode node) => Named(node, except: "server");

    private static YamlNode Mapped(YamlNode node, Func<MappingEntry, YamlNode> value) => node is MappingNode mapping
        ? mapping with { Entries = [.. mapping.Entries.Select(e => e with { Value = value(e) })] }
        : node;

    private static YamlNode Hooks(YamlNode node) => Mapped(node, entry => entry.Key.Value switch
    {
        "steps" => Items(entry.Value, Step),
        "matrix" => entry.Value,
        "pool" => Pool(entry.Value),
        _ => Hooks(entry.Value),
    });

    private static YamlNode List(YamlNode node) => node switch
    {
        ScalarNode { IsNull: true } or ScalarNode { Value: "" } => new SequenceNode([], node.Position) { Origin = node.Origin },
        ScalarNode => new SequenceNode([node], node.Position) { Origin = node.Origin },
        _ => node,
    };

    private static YamlNode Named(YamlNode node, string except) => node is ScalarNode { IsNull: false } scalar && scalar.Value != except
        ? new MappingNode([new MappingEntry(Scalar("name", node), node)], node.Position) { Origin = node.Origin }
        : node;

    /// <summary><c>name.resource</c> names both.</summary>
    private static YamlNode Environment(YamlNode node)
    {
        if (node is not ScalarNode { IsNull: false } scalar || scalar.Value.Contains('$', StringComparison.Ordinal))
        {
            return Named(node, "");
        }
        var dot = scalar.Value.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? Named(node, "") : new MappingNode(
            [Entry("name", scalar.Value[..dot], node), Entry("resourceName", scalar.Value[(dot + 1)..], node)], node.Position)
        {
            Origin = node.Origin,
        };
    }

    private static MappingEntry Entry(string key, string value, YamlNode at) => new(Scalar(key, at), Scalar(value, at));

    private static ScalarNode Scalar(string text, YamlNode at) =>
        new(text, ScalarStyle.Quoted, at.Position) { Origin = at.Origin, Result = ExpressionValue.Of(text) };
}
