using System.Text.RegularExpressions;
using Tidepool.Expressions;
using Tidepool.Expressions.Syntax;
using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Lint;

/// <summary>Text that is compared with a boolean, or taken for one: any text that is not empty is true, <c>'false'</c> too.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#type-casting</remarks>
internal sealed partial class BooleanTraps(LintedFiles files)
{
    private enum Kind
    {
        Unknown,
        Text,
        Boolean,
    }

    private static readonly string[] Logic = ["and", "or", "not", "xor"];
    private static readonly string[] Comparing = ["eq", "ne", "in", "notIn"];
    private static readonly string[] GivesBoolean =
    [
        "and", "or", "not", "xor", "eq", "ne", "gt", "ge", "lt", "le", "in", "notIn", "contains", "containsValue", "startsWith", "endsWith",
        "always", "canceled", "succeeded", "failed", "succeededOrFailed",
    ];

    private static readonly string[] GivesText = ["format", "join", "lower", "upper", "trim", "replace", "convertToJson"];

    private readonly List<LintFinding> _findings = [];
    private readonly Dictionary<string, (string Type, bool LooksBoolean)> _parameters = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _booleanTexts = new(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<LintFinding> Inspect(string file, string text)
    {
        if (YamlReader.Read(file, text, new PipelineErrors()) is MappingNode root)
        {
            ReadParameters(root);
            ReadVariables(root);
            Visit(root, key: "");
        }
        return _findings;
    }

    private void ReadParameters(MappingNode root)
    {
        foreach (var parameter in (root["parameters"] as SequenceNode)?.Items.OfType<MappingNode>() ?? [])
        {
            if (parameter["name"] is ScalarNode { Value: var name })
            {
                var type = (parameter["type"] as ScalarNode)?.Value ?? "string";
                var values = (parameter["values"] as SequenceNode)?.Items ?? [];
                _parameters[name] = (type, values.Append(parameter["default"]).OfType<ScalarNode>().Any(v => bool.TryParse(v.Value, out _)));
            }
        }
    }

    /// <summary>Variables, at any level of the file, whose text is a boolean's.</summary>
    private void ReadVariables(YamlNode node)
    {
        switch (node)
        {
            case SequenceNode { Items: var items }:
                foreach (var item in items)
                {
                    ReadVariables(item);
                }
                break;
            case MappingNode mapping:
                foreach (var (key, value) in mapping.Entries)
                {
                    foreach (var (name, text) in key.Value == "variables" ? Variables(value) : [])
                    {
                        if (bool.TryParse(text, out _))
                        {
                            _booleanTexts.Add(name);
                        }
                    }
                    ReadVariables(value);
                }
                break;
        }
    }

    private static IEnumerable<(string Name, string Text)> Variables(YamlNode variables) => variables switch
    {
        MappingNode { Entries: var entries } => entries.Where(e => e.Value is ScalarNode).Select(e => (e.Key.Value, ((ScalarNode)e.Value).Value)),
        SequenceNode { Items: var items } => items.OfType<MappingNode>()
            .Where(m => m["name"] is ScalarNode && m["value"] is ScalarNode)
            .Select(m => (((ScalarNode)m["name"]!).Value, ((ScalarNode)m["value"]!).Value)),
        _ => [],
    };

    private void Visit(YamlNode node, string key)
    {
        switch (node)
        {
            case SequenceNode { Items: var items }:
                foreach (var item in items)
                {
                    Visit(item, key);
                }
                break;
            case MappingNode { Entries: var entries }:
                foreach (var (name, value) in entries)
                {
                    Visit(name, "");
                    Visit(value, name.Value);
                }
                break;
            case ScalarNode scalar:
                VisitScalar(scalar, key);
                break;
        }
    }

    private void VisitScalar(ScalarNode scalar, string key)
    {
        foreach (var part in TemplateText.Parse(scalar.Value, out _)?.Parts.Where(p => p.IsExpression) ?? [])
        {
            var directive = TemplateText.DirectiveOf(part.Text);
            var isCondition = directive is "if" or "elseif";
            if (directive is null || isCondition)
            {
                Check(isCondition ? part.Text[directive!.Length..] : part.Text, isCondition, scalar.Position);
            }
        }
        if (key == "condition")
        {
            Check(WithoutTemplates(scalar.Value), isCondition: true, scalar.Position);
        }
        else if (RuntimeText.ExpressionOf(scalar.Value) is { } expression)
        {
            Check(WithoutTemplates(expression), isCondition: false, scalar.Position);
        }
        else if (key is "script" or "bash")
        {
            CheckShell(scalar);
        }
    }

    /// <summary>In a runtime expression a boolean parameter stands as True or False, without quotes unless somebody writes them.</summary>
    private string WithoutTemplates(string text) => TemplateText.Parse(text, out _) is { } template
        ? string.Concat(template.Parts.Select(p => !p.IsExpression ? p.Text : KindOf(ExpressionTree.Parse(p.Text)) == Kind.Boolean ? "true" : "0"))
        : text;

    private void Check(string text, bool isCondition, SourcePosition position)
    {
        if (ExpressionTree.Parse(text) is not { } tree)
        {
            return;
        }
        if (isCondition)
        {
            CheckTruth(tree, text, position);
        }
        foreach (var call in ExpressionTree.All(tree).OfType<CallNode>())
        {
            if (Logic.Contains(call.Name, StringComparer.OrdinalIgnoreCase))
            {
                foreach (var argument in call.Arguments)
                {
                    CheckTruth(argument, text, position);
                }
            }
            else if (Comparing.Contains(call.Name, StringComparer.OrdinalIgnoreCase) && call.Arguments is [var left, ..]
                && KindOf(left) == Kind.Boolean)
            {
                foreach (var right in call.Arguments.Skip(1))
                {
                    CheckComparison(call.Name, right, text, position);
                }
            }
        }
    }

    private void CheckComparison(string function, Node right, string text, SourcePosition position)
    {
        if (right is LiteralNode { Value: StringValue } literal)
        {
            var word = literal.Value.ToText();
            if (word.Length > 0 && !word.Equals("true", StringComparison.OrdinalIgnoreCase))
            {
                Add(position, text, $"{function}() compares a boolean with the text '{word}', which counts as true.", $"Write {word} without quotes.");
            }
        }
        else if (KindOf(right) == Kind.Text)
        {
            Add(
                position,
                text,
                $"{function}() compares a boolean with the text of {Shown(right)}; any text that is not empty counts as true, 'false' too.",
                $"Put the text first and compare it as text, as in eq({Shown(right)}, 'true').");
        }
    }

    /// <summary>Text in the place of a boolean.</summary>
    private void CheckTruth(Node node, string text, SourcePosition position)
    {
        if (node is LiteralNode { Value: StringValue } literal && bool.TryParse(literal.Value.ToText(), out var meant) && !meant)
        {
            Add(position, text, "The text 'false' is used as a boolean, and is true.", "Write false without quotes.");
        }
        else if (LooksBoolean(node))
        {
            Add(
                position,
                text,
                $"The text of {Shown(node)} is used as a boolean; any text that is not empty is true, 'false' too.",
                ExpressionTree.Path(node)?.Root is var root && LintedGraph.Same(root ?? "", "parameters")
                    ? $"Give the parameter the type boolean, or write eq({Shown(node)}, 'true')."
                    : $"Write eq({Shown(node)}, 'true').");
        }
    }

    /// <summary>A script is text: a boolean parameter stands in it as True or False.</summary>
    private void CheckShell(ScalarNode scalar)
    {
        foreach (Match match in ShellComparison().Matches(scalar.Value))
        {
            if (_parameters.GetValueOrDefault(match.Groups["name"].Value).Type == "boolean")
            {
                var word = match.Groups["word"].Value;
                Add(
                    scalar.Position,
                    match.Groups["expression"].Value,
                    $"The script compares a boolean parameter with {word}, and its text is {char.ToUpperInvariant(word[0])}{word[1..]}.",
                    $"Compare with {char.ToUpperInvariant(word[0])}{word[1..]}, or write ${{{{ lower(parameters.{match.Groups["name"].Value}) }}}}.");
            }
        }
    }

    private bool LooksBoolean(Node node) => ExpressionTree.Path(node) is { Root: var root, Keys: [var name] }
        && (LintedGraph.Same(root, "parameters")
            ? _parameters.TryGetValue(name, out var parameter) && parameter is { Type: "string", LooksBoolean: true }
            : LintedGraph.Same(root, "variables") && _booleanTexts.Contains(name));

    private Kind KindOf(Node? node)
    {
        switch (node)
        {
            case LiteralNode { Value: BooleanValue }:
                return Kind.Boolean;
            case LiteralNode { Value: StringValue }:
                return Kind.Text;
            case CallNode { Name: var name }:
                return GivesBoolean.Contains(name, StringComparer.OrdinalIgnoreCase) ? Kind.Boolean
                    : GivesText.Contains(name, StringComparer.OrdinalIgnoreCase) ? Kind.Text
                    : Kind.Unknown;
            case not null when ExpressionTree.Path(node) is { Root: var root, Keys: [var key] }:
                if (LintedGraph.Same(root, "parameters"))
                {
                    return _parameters.GetValueOrDefault(key).Type switch
                    {
                        "boolean" => Kind.Boolean,
                        "string" => Kind.Text,
                        _ => Kind.Unknown,
                    };
                }
                return LintedGraph.Same(root, "variables") ? Kind.Text : Kind.Unknown;
            default:
                return Kind.Unknown;
        }
    }

    private static string Shown(Node node) => ExpressionTree.Path(node) is { Root: var root, Keys: var keys }
        ? keys.Aggregate(root, (path, key) => PropertyName().IsMatch(key) ? $"{path}.{key}" : $"{path}['{key}']")
        : "the expression";

    private void Add(SourcePosition position, string text, string what, string mend) =>
        _findings.Add(new LintFinding(LintRule.TextAsBoolean, files.Locate(position, text.Trim().Split('\n')[0]), what, mend));

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex PropertyName();

    [GeneratedRegex(
        @"(?<expression>\$\{\{\s*parameters\.(?<name>\w+)\s*\}\})[""']?\s*(?:==?|!=|-eq|-ne)\s*[""']?(?<word>true|false)\b",
        RegexOptions.CultureInvariant)]
    private static partial Regex ShellComparison();
}
