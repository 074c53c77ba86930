using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidepool.Pipelines.Yaml;

/// <summary>Writes nodes as YAML in the service's layout: two spaces, and no indent for a list in a mapping.</summary>
/// <param name="comment">What to say of a step, on a line before it; null for nothing.</param>
internal sealed partial class YamlWriter(Func<YamlNode, string?>? comment = null)
{
    private readonly StringBuilder _yaml = new();

    public static string Write(YamlNode root, Func<YamlNode, string?>? comment = null)
    {
        var writer = new YamlWriter(comment);
        writer.Node(root, 0, isStep: false, isFirst: false);
        return writer._yaml.ToString();
    }

    private void Node(YamlNode node, int indent, bool isStep, bool isFirst)
    {
        switch (node)
        {
            case MappingNode { Entries: { Count: > 0 } entries }:
                foreach (var (key, value) in entries)
                {
                    if (!isFirst)
                    {
                        _yaml.Append(' ', indent);
                    }
                    isFirst = false;
                    _yaml.Append(OneLine(Escaped(key.Value), key.Style)).Append(':');
                    Value(value, indent, key.Value == "steps");
                }
                break;
            case SequenceNode { Items: { Count: > 0 } items }:
                foreach (var item in items)
                {
                    if (isStep && comment?.Invoke(item) is { } said)
                    {
                        _yaml.Append(' ', indent).Append("# ").Append(said).Append('\n');
                    }
                    _yaml.Append(' ', indent).Append('-');
                    Item(item, indent);
                }
                break;
            default:
                Short(node, indent);
                break;
        }
    }

    private void Value(YamlNode value, int indent, bool isSteps)
    {
        switch (value)
        {
            case MappingNode { Entries.Count: > 0 }:
                _yaml.Append('\n');
                Node(value, indent + 2, isStep: false, isFirst: false);
                break;
            case SequenceNode { Items.Count: > 0 }:
                _yaml.Append('\n');
                Node(value, indent, isSteps, isFirst: false);
                break;
            default:
                Short(value, indent + 2);
                break;
        }
    }

    private void Item(YamlNode item, int indent)
    {
        switch (item)
        {
            case MappingNode { Entries.Count: > 0 }:
                _yaml.Append(' ');
                Node(item, indent + 2, isStep: false, isFirst: true);
                break;
            case SequenceNode { Items.Count: > 0 }:
                _yaml.Append('\n');
                Node(item, indent + 2, isStep: false, isFirst: false);
                break;
            default:
                Short(item, indent + 2);
                break;
        }
    }

    /// <summary>What stands behind a key or a dash.</summary>
    private void Short(YamlNode node, int indent)
    {
        if (node is not ScalarNode scalar)
        {
            _yaml.Append(node is MappingNode ? " {}\n" : " []\n");
        }
        else if (scalar.IsNull)
        {
            _yaml.Append('\n');
        }
        else if (Escaped(scalar.Value) is var text && IsBlock(text))
        {
            Block(text, indent);
        }
        else
        {
            _yaml.Append(' ').Append(OneLine(text, scalar.Style)).Append('\n');
        }
    }

    private void Block(string text, int indent)
    {
        var body = text.TrimEnd('\n');
        _yaml.Append(" |").Append((text.Length - body.Length) switch
        {
            0 => "-",
            1 => "",
            _ => "+",
        }).Append('\n');
        foreach (var line in text[^1] == '\n' ? text[..^1].Split('\n') : text.Split('\n'))
        {
            if (line.Length > 0)
            {
                _yaml.Append(' ', indent).Append(line);
            }
            _yaml.Append('\n');
        }
    }

    /// <summary>Text that holds what would be read as an expression becomes an expression that gives it.</summary>
    private static string Escaped(string text) => text.Contains("${{", StringComparison.Ordinal)
        ? $"${{{{ '{text.Replace("'", "''", StringComparison.Ordinal)}' }}}}"
        : text;

    private static bool IsBlock(string text) =>
        text.Contains('\n', StringComparison.Ordinal)
        && text[0] is not (' ' or '\n' or '\t')
        && text.All(c => c is '\n' or '\t' || IsPrintable(c))
        && (text[^1] == '\n' || text[(text.LastIndexOf('\n') + 1)..].Trim(' ', '\t').Length > 0)
        && !text.Split('\n').Any(line => line.Length > 0 && line.Trim(' ', '\t').Length == 0);

    private static string OneLine(string text, ScalarStyle style) =>
        text.Any(c => !IsPrintable(c)) ? DoubleQuoted(text)
        : !Plain().IsMatch(text) || text.Contains(": ", StringComparison.Ordinal) || text.Contains(" #", StringComparison.Ordinal)
            || (style != ScalarStyle.Plain && LooksTyped().IsMatch(text)) || Nothing().IsMatch(text)
            ? $"'{text.Replace("'", "''", StringComparison.Ordinal)}'"
        : text;

    private static string DoubleQuoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when IsPrintable(c) => c.ToString(),
                _ => $@"\u{((int)c).ToString("x4", CultureInfo.InvariantCulture)}",
            });
        }
        return quoted.Append('"').ToString();
    }

    private static bool IsPrintable(char c) => c is >= ' ' and < '\x7f' or >= '\xa0' and not ('\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff');

    [GeneratedRegex(@"^[^\s!&*\-?|>@`""'%{}\[\],#:](?:.*[^\s:])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"^(?:true|false|yes|no|on|off|y|n|[-+.]?[0-9][0-9_.,:eExXoO+-]*)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LooksTyped();

    [GeneratedRegex(@"^(?:null|~)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Nothing();
}
