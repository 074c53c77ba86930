using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Yaml;

/// <summary>A part of a YAML document and where it stands.</summary>
internal abstract record YamlNode(SourcePosition Position);

internal enum ScalarStyle
{
    Plain,
    Quoted,
    Block,
}

/// <summary>Text; what it means is for the reader to decide.</summary>
internal sealed record ScalarNode(string Value, ScalarStyle Style, SourcePosition Position) : YamlNode(Position)
{
    /// <summary>Stands in the place of an expression that failed; its error is already told, so nothing more is said of it.</summary>
    public bool IsFailed { get; init; }

    /// <summary>Nothing was written, or a plain <c>null</c>.</summary>
    public bool IsNull => Style == ScalarStyle.Plain && Value is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed record SequenceNode(IReadOnlyList<YamlNode> Items, SourcePosition Position) : YamlNode(Position);

internal sealed record MappingNode(IReadOnlyList<MappingEntry> Entries, SourcePosition Position) : YamlNode(Position)
{
    /// <summary>The value of a key, or null.</summary>
    public YamlNode? this[string key] => Entries.FirstOrDefault(e => e.Key.Value == key)?.Value;
}

internal sealed record MappingEntry(ScalarNode Key, YamlNode Value);
