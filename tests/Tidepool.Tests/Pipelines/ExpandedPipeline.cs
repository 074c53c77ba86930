using Tidepool.Pipelines;
using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Tests.Pipelines;

/// <summary>Files of a test, by path or <c>path@alias</c>, without a leading slash.</summary>
internal sealed class TextFiles(params IEnumerable<(string Path, string Text)> files) : IPipelineFiles
{
    private readonly Dictionary<string, string> _files = files.ToDictionary(f => $"/{f.Path}", f => f.Text);

    public string? Read(string repository, string path) => _files.GetValueOrDefault(repository == "self" ? path : $"{path}@{repository}");
}

/// <summary>What an expanded pipeline says, in canonical form.</summary>
internal sealed class ExpandedPipeline
{
    private readonly MappingNode _root;

    private ExpandedPipeline(YamlNode root) => _root = (MappingNode)CanonicalDocument.Of(root);

    public string Yaml => YamlWriter.Write(_root);

    public IEnumerable<MappingNode> Stages => Items(_root["stages"]);

    public IEnumerable<MappingNode> Jobs => Stages.SelectMany(s => Items(s["jobs"]));

    public IEnumerable<MappingNode> Steps => Jobs.SelectMany(j => Items(j["steps"]));

    public IEnumerable<string> Scripts => ScriptsOf(Steps);

    public YamlNode? this[string key] => _root[key];

    /// <exception cref="PipelineNotValidException">The pipeline cannot be expanded.</exception>
    public static ExpandedPipeline Of(PipelineSource source)
    {
        var errors = new PipelineErrors();
        var root = Expander.Expand(source, errors);
        errors.ThrowIfAny();
        return new ExpandedPipeline(root!);
    }

    public static ExpandedPipeline Of(params IEnumerable<(string Path, string Text)> files) => Of(Source(files));

    public static PipelineSource Source(params IEnumerable<(string Path, string Text)> files) =>
        new() { File = $"/{files.First().Path}", Files = new TextFiles(files) };

    public static string[] ScriptsOf(IEnumerable<MappingNode> steps) =>
        [.. steps.Where(s => Text(s["task"]) == "CmdLine@2").Select(s => Text(((MappingNode)s["inputs"]!)["script"]))];

    public static IEnumerable<MappingNode> Items(YamlNode? list) => (list as SequenceNode)?.Items.Cast<MappingNode>() ?? [];

    /// <summary>A list of variables, or any mapping.</summary>
    public static Dictionary<string, string> Pairs(YamlNode? node) => node is SequenceNode
        ? Items(node).ToDictionary(v => Text(v["name"]), v => Text(v["value"]))
        : ((MappingNode)node!).Entries.ToDictionary(e => e.Key.Value, e => Text(e.Value));

    public static string Text(YamlNode? node) => node is ScalarNode { IsNull: false, Value: var text } ? text : "";
}
