using Tidepool.Expressions;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Templates in lists, and the one that a pipeline extends.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/templates</remarks>
internal sealed partial class Expander
{
    /// <summary>What a template puts into a list.</summary>
    private IReadOnlyList<YamlNode> Include(MappingNode call, Place list)
    {
        var body = list.Body!;

        // What is not known is not missed either: others may depend on a job of a template that is not there.
        IReadOnlyList<YamlNode> items = [Failed(new ScalarNode("", ScalarStyle.Plain, call.Position))];
        Use(call, template =>
        {
            if (template is not MappingNode mapping)
            {
                _errors.Add(template.Position, Unexpected.Text(template));
                return;
            }
            var expanded = ExpandMapping(WithoutParameters(mapping), Place.Template(list));
            foreach (var other in expanded.Entries.Where(e => e.Key.Value != body && !e.Key.IsFailed))
            {
                _errors.Add(other.Key.Position, $"Unexpected value '{other.Key.Value}'");
            }
            items = ItemsOf(expanded, body, list);
        });
        return items;
    }

    private List<YamlNode> ItemsOf(MappingNode template, string body, Place list)
    {
        switch (template[body])
        {
            case SequenceNode { Items: var items }:
                return [.. items];
            case MappingNode { Entries: var entries } when list == Place.Variables:
                return [.. entries.Select(Variable)];
            case null when template.Entries.Count == 0:
                _errors.Add(template.Position, $"There's not enough info to determine what you meant. Add one of these properties: {body}");
                return [];
            case null or ScalarNode { IsFailed: true } or ScalarNode { IsNull: true }:
                return [];
            case var other:
                _errors.Add(other.Position, Unexpected.Text(other));
                return [];
        }
    }

    private static MappingNode Variable(MappingEntry entry) => new(
        [
            new MappingEntry(new ScalarNode("name", ScalarStyle.Plain, entry.Key.Position), entry.Key),
            new MappingEntry(new ScalarNode("value", ScalarStyle.Plain, entry.Value.Position), entry.Value),
        ],
        entry.Key.Position)
    {
        Origin = entry.Value.Origin,
    };

    /// <summary>Puts the parts of a whole pipeline that is a template into the one that extends it.</summary>
    private void Extend(MappingEntry extends, MappingBody into)
    {
        if ((extends.Value is MappingNode ? extends.Value : Expand(extends.Value, Place.Other)) is not MappingNode call)
        {
            _errors.Add(extends.Value.Position, Unexpected.Text(extends.Value));
            return;
        }
        Use(call, template =>
        {
            if (Expand(template, Place.Pipeline) is not MappingNode { Entries: var entries })
            {
                _errors.Add(template.Position, Unexpected.Text(template));
                return;
            }
            foreach (var entry in entries)
            {
                if (into.Names.Add(entry.Key.Value))
                {
                    into.Add(entry);
                }
                else
                {
                    _errors.Add(entry.Key.Position, $"'{entry.Key.Value}' is already defined");
                }
            }
        });
    }

    /// <summary>Opens a template with its parameters, and comes back.</summary>
    private void Use(MappingNode call, Action<YamlNode> open)
    {
        if (Reference(call) is not { } reference)
        {
            return;
        }
        var (outer, outerVariables) = (_scope, _variables);
        if (_files.Find(reference.Value, outer.File, reference.Position, out var file) is not { } root)
        {
            return;
        }
        var use = new TemplateCall(reference.Position, outer.Call);
        if (use.Depth > CompileLimits.MostLevels)
        {
            throw new CompileLimitException(
                reference.Position, $"The template nesting exceeds the maximum of {CompileLimits.MostLevels} levels.");
        }
        var errorsBefore = _errors.Count;
        var declarations = (root as MappingNode)?["parameters"];
        var places = ParameterBinder.PlacesOf(declarations);
        var expanded = ExpandMapping(call, Place.Call(name => places.GetValueOrDefault(name) ?? Place.Other));
        foreach (var other in expanded.Entries.Where(e => e.Key.Value is not ("template" or "parameters") && !e.Key.IsFailed))
        {
            _errors.Add(other.Key.Position, $"Unexpected value '{other.Key.Value}'");
        }
        var arguments = Arguments(expanded["parameters"]);
        _scope = new CompileScope(file, new ObjectValue([]), use);
        try
        {
            var parameters = new ParameterBinder(_structure, _errors, Typed).BindTemplate(declarations, arguments, reference.Position);
            if (_errors.Count == errorsBefore)
            {
                _scope = new CompileScope(file, parameters, use);
                open(root);
            }
        }
        finally
        {
            (_scope, _variables) = (outer, outerVariables);
        }
    }

    private ScalarNode? Reference(MappingNode call)
    {
        // Which template it is may depend on conditions.
        if ((call["template"] ?? ExpandMapping(call, Place.Call(_ => Place.Other))["template"]) is not { } node)
        {
            _errors.Add(call.Position, "There's not enough info to determine what you meant. Add one of these properties: template");
            return null;
        }
        switch (Expand(node, Place.Other))
        {
            case ScalarNode { IsFailed: true }:
                return null;
            case ScalarNode { IsNull: false, Value.Length: > 0 } reference:
                return reference;
            case var other:
                _errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }

    private IReadOnlyList<MappingEntry> Arguments(YamlNode? parameters)
    {
        switch (parameters)
        {
            case MappingNode { Entries: var entries }:
                return entries;
            case null or ScalarNode { IsNull: true } or ScalarNode { IsFailed: true }:
                return [];
            default:
                _errors.Add(parameters.Position, Unexpected.Text(parameters));
                return [];
        }
    }

    /// <summary>A literal that stands for a list of steps, jobs or stages; the templates in it are opened.</summary>
    private YamlNode Typed(YamlNode literal, Place place) => Expand(literal, place);

    private static MappingNode WithoutParameters(MappingNode template) =>
        template with { Entries = [.. template.Entries.Where(e => e.Key.Value != "parameters")] };
}
