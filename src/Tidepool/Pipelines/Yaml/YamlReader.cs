using Tidepool.Pipelines.Graph;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tidepool.Pipelines.Yaml;

/// <summary>Text to nodes with positions, within the part of YAML that the service reads.</summary>
internal sealed class YamlReader
{
    private const int MaxDepth = 100;

    private readonly string _file;
    private readonly SteadyParser _parser;
    private int _depth;

    private YamlReader(string file, string text)
    {
        _file = file;
        _parser = new SteadyParser(new Parser(new StringReader(text)));
    }

    /// <summary>The file's one document; null, and an error, when it has none or is not YAML.</summary>
    public static YamlNode? Read(string file, string text, PipelineErrors errors)
    {
        try
        {
            return new YamlReader(file, text).ReadStream();
        }
        catch (YamlRefusedException e)
        {
            errors.Add(e.Position, e.Message);
        }
        catch (YamlException e)
        {
            errors.Add(new SourcePosition(file, (int)e.Start.Line, (int)e.Start.Column), Sentence(e.Message));
        }
        return null;
    }

    private static string Sentence(string message) => message.EndsWith('.') ? message : message + ".";

    private YamlNode ReadStream()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            throw IsEmpty();
        }
        _parser.Consume<DocumentStart>();
        var root = ReadNode();
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            throw Refused(second, "A pipeline file holds one YAML document. Remove the second one.");
        }
        return root is ScalarNode { IsNull: true }
            ? throw IsEmpty()
            : root;
    }

    private YamlNode ReadNode()
    {
        var start = _parser.Current!;
        RefuseUnsupported(start);
        if (_depth++ == MaxDepth)
        {
            throw Refused(start, "Maximum object depth exceeded");
        }
        YamlNode node = start switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadSequence(start),
            MappingStart => ReadMapping(start),
            _ => throw Refused(start, $"Unexpected value '{start}'"),
        };
        _depth--;
        return node;
    }

    private ScalarNode ReadScalar()
    {
        var scalar = _parser.Consume<Scalar>();
        var style = scalar.Style switch
        {
            YamlDotNet.Core.ScalarStyle.SingleQuoted or YamlDotNet.Core.ScalarStyle.DoubleQuoted => ScalarStyle.Quoted,
            YamlDotNet.Core.ScalarStyle.Literal or YamlDotNet.Core.ScalarStyle.Folded => ScalarStyle.Block,
            _ => ScalarStyle.Plain,
        };
        return new ScalarNode(scalar.Value, style, At(scalar));
    }

    private SequenceNode ReadSequence(ParsingEvent start)
    {
        _parser.Consume<SequenceStart>();
        List<YamlNode> items = [];
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode());
        }
        return new SequenceNode(items, At(start));
    }

    private MappingNode ReadMapping(ParsingEvent start)
    {
        _parser.Consume<MappingStart>();
        List<MappingEntry> entries = [];
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode();
            entries.Add(key is ScalarNode scalar
                ? new MappingEntry(scalar, ReadNode())
                : throw new YamlRefusedException(key.Position, "Expected a scalar value"));
        }
        return new MappingNode(entries, At(start));
    }

    private void RefuseUnsupported(ParsingEvent start)
    {
        if (start is AnchorAlias alias)
        {
            throw Refused(start, $"Anchors are not currently supported. Remove the anchor '{alias.Value}'");
        }
        if (start is NodeEvent { Anchor: { IsEmpty: false } anchor })
        {
            throw Refused(start, $"Anchors are not currently supported. Remove the anchor '{anchor.Value}'");
        }
        if (start is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag })
        {
            throw Refused(start, $"Tags are not supported. Remove the tag '{tag.Value}'");
        }
    }

    private YamlRefusedException IsEmpty() =>
        new(new SourcePosition(_file, 1, 1), "The file is empty. Write at least one of stages, jobs or steps.");

    private YamlRefusedException Refused(ParsingEvent at, string text) => new(At(at), text);

    private SourcePosition At(ParsingEvent at) => new(_file, (int)at.Start.Line, (int)at.Start.Column);

    private sealed class YamlRefusedException(SourcePosition position, string text) : Exception(text)
    {
        public SourcePosition Position { get; } = position;
    }
}
