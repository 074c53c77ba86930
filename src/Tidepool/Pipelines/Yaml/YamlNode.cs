using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Yaml;

/// <summary>A part of a YAML document and where it stands.</summary>
internal abstract record YamlNode(SourcePosition Position)
{
    /// <summary>How it came there; null for what the pipeline's own file says itself.</summary>
    public NodeOrigin? Origin { get; init; }
}

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

    /// <summary>What an expression gave; such text is not looked at for expressions again. Null for text as it was written.</summary>
    public ExpressionValue? Result { get; init; }

    /// <summary>Nothing was written, or a plain <c>null</c>.</summary>
    public bool IsNull => Style == ScalarStyle.Plain && Value is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed record SequenceNode(IReadOnlyList<YamlNode> Items, SourcePosition Position) : YamlNode(Position);

internal sealed record MappingNode(IReadOnlyList<MappingEntry> Entries, SourcePosition Position) : YamlNode(Position)
{
    /// <summary>The value of a key, or null.</summary>
    public YamlNode? this[string key]
    {
        get
        {
            foreach (var entry in Entries)
            {
                if (entry.Key.Value == key)
                {
                    return entry.Value;
                }
            }
            return null;
        }
    }
}

internal sealed record MappingEntry(ScalarNode Key, YamlNode Value);
