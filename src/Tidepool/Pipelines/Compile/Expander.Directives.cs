using Tidepool.Expressions;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Directives: <c>if</c>, <c>elseif</c>, <c>else</c>, <c>each</c> and <c>insert</c>.</summary>
internal sealed partial class Expander
{
    private enum Chain
    {
        /// <summary>What went before is no if.</summary>
        None,

        /// <summary>No branch so far was taken.</summary>
        Open,

        /// <summary>A branch was taken, or its condition failed.</summary>
        Taken,
    }

    private Directive? DirectiveOf(ScalarNode key) => WholeExpression(key) is { } expression ? _texts.Directive(expression) : null;

    private List<YamlNode> ExpandItems(IReadOnlyList<YamlNode> items, Place place)
    {
        List<YamlNode> into = [];
        AddItems(items, place, into);
        return into;
    }

    private void AddItems(IReadOnlyList<YamlNode> items, Place place, List<YamlNode> into)
    {
        var chain = Chain.None;
        foreach (var item in items)
        {
            if (item is MappingNode { Entries: [{ Key: var key } only] } && DirectiveOf(key) is { } directive)
            {
                if (directive.Kind == DirectiveKind.Insert)
                {
                    AddItem(item, place, into);
                    chain = Chain.None;
                }
                else
                {
                    Follow(directive, key, ref chain, () => AddBranch(only.Value, place, into));
                }
                continue;
            }
            chain = Chain.None;
            if (item is ScalarNode scalar && WholeExpression(scalar) is { } expression)
            {
                AddResult(Evaluate(expression, scalar), scalar, place, into);
            }
            else
            {
                AddItem(item, place, into);
            }
        }
    }

    /// <summary>An array is spliced in, nothing inserts nothing; all else is one item.</summary>
    private void AddResult(ExpressionValue? value, ScalarNode at, Place place, List<YamlNode> into)
    {
        switch (value)
        {
            case null:
                into.Add(Failed(at));
                break;
            case NullValue:
                break;
            case ArrayValue { Items: var values }:
                foreach (var one in values)
                {
                    AddItem(_structure.ToNode(one, at.Position, _scope.Call), place, into);
                }
                break;
            default:
                AddItem(_structure.ToNode(value, at.Position, _scope.Call), place, into);
                break;
        }
    }

    /// <summary>What a directive holds in a sequence: a sequence is spliced in, a mapping is one item.</summary>
    private void AddBranch(YamlNode value, Place place, List<YamlNode> into)
    {
        _limits.Event(value.Position);
        switch (value)
        {
            case SequenceNode { Items: var items }:
                AddItems(items, place, into);
                break;
            case ScalarNode { IsNull: true }:
                break;
            case ScalarNode scalar when WholeExpression(scalar) is { } expression:
                AddResult(Evaluate(expression, scalar), scalar, place, into);
                break;
            default:
                AddItem(value, place, into);
                break;
        }
    }

    private void AddItem(YamlNode item, Place place, List<YamlNode> into)
    {
        if (place.Body is not null && item is MappingNode { Entries: [{ Key.Value: "template" }, ..] } call)
        {
            into.AddRange(Include(call, place));
            return;
        }
        switch (Expand(item, place.Item))
        {
            case MappingNode { Entries.Count: 0 } when item is MappingNode { Entries.Count: > 0 }:
                // All of it stood in branches that were not taken.
                break;
            case MappingNode { Entries: [{ Key.Value: "template" }, ..] } late when place.Body is not null:
                into.AddRange(Include(item as MappingNode ?? late, place));
                break;
            case var expanded:
                into.Add(place == Place.Steps ? BuiltInTasks.AsWritten(expanded) : expanded);
                break;
        }
    }

    private void AddEntries(IReadOnlyList<MappingEntry> entries, MappingBody body, bool isOutermost = false)
    {
        var chain = Chain.None;
        foreach (var entry in entries)
        {
            if (isOutermost)
            {
                body.Source = entry;
            }
            if (DirectiveOf(entry.Key) is not { } directive)
            {
                chain = Chain.None;
                AddEntry(entry, body);
            }
            else if (directive.Kind == DirectiveKind.Insert)
            {
                chain = Chain.None;
                if (directive.Fault is null)
                {
                    Merge(entry.Value, body);
                }
                else
                {
                    _errors.Add(entry.Key.Position, directive.Fault);
                }
            }
            else
            {
                Follow(directive, entry.Key, ref chain, () => Merge(entry.Value, body));
            }
        }
    }

    /// <summary>What a directive holds in a mapping is a mapping.</summary>
    private void Merge(YamlNode value, MappingBody body)
    {
        _limits.Event(value.Position);
        switch (value)
        {
            case MappingNode { Entries: var entries }:
                AddEntries(entries, body);
                break;
            case ScalarNode { IsNull: true }:
                break;
            case ScalarNode scalar when WholeExpression(scalar) is { } expression:
                switch (Evaluate(expression, scalar))
                {
                    case null or NullValue or StringValue { Value: "" }:
                        break;
                    case var result:
                        MergeResult(_structure.ToNode(result, scalar.Position, _scope.Call), body);
                        break;
                }
                break;
            default:
                _errors.Add(value.Position, "Expected a mapping");
                break;
        }
    }

    private void MergeResult(YamlNode result, MappingBody body)
    {
        if (result is MappingNode { Entries: var entries })
        {
            AddEntries(entries, body);
        }
        else
        {
            _errors.Add(result.Position, "Expected a mapping");
        }
    }

    /// <summary>Carries out what the directive holds: once, never, or for each item.</summary>
    private void Follow(Directive directive, ScalarNode key, ref Chain chain, Action add)
    {
        if (directive.Fault is { } fault)
        {
            _errors.Add(key.Position, fault);
            chain = directive.Kind is DirectiveKind.If or DirectiveKind.ElseIf ? Chain.Taken : Chain.None;
            return;
        }
        switch (directive.Kind)
        {
            case DirectiveKind.Each:
                chain = Chain.None;
                Loop(directive, key, add);
                break;
            case DirectiveKind.Else or DirectiveKind.ElseIf when chain == Chain.None:
                _errors.Add(key.Position, $"Unexpected value '{key.Value}'");
                break;
            case DirectiveKind.Else:
                var isTaken = chain == Chain.Open;
                chain = Chain.None;
                if (isTaken)
                {
                    add();
                }
                break;
            case DirectiveKind.If or DirectiveKind.ElseIf:
                if (directive.Kind == DirectiveKind.ElseIf && chain == Chain.Taken)
                {
                    break;
                }
                var condition = EvaluateAt(directive.Expression, key);
                chain = condition?.ToBoolean() == false ? Chain.Open : Chain.Taken;
                if (condition?.ToBoolean() == true)
                {
                    add();
                }
                break;
        }
    }

    private void Loop(Directive directive, ScalarNode key, Action add)
    {
        IEnumerable<ExpressionValue> items;
        switch (EvaluateAt(directive.Expression, key))
        {
            case null or NullValue or StringValue { Value: "" }:
                return;
            case ArrayValue array:
                items = array.Items;
                break;
            case ObjectValue { Properties: var properties }:
                items = properties.Select(p => new ObjectValue(
                    [KeyValuePair.Create("key", ExpressionValue.Of(p.Key)), KeyValuePair.Create("value", p.Value)]));
                break;
            case var other:
                _errors.Add(key.Position, $"Expected a sequence or mapping. Actual value '{other.ToText()}'");
                return;
        }
        var scope = _scope;
        var before = scope.Exchange(directive.Variable, null);
        foreach (var item in items)
        {
            _limits.Event(key.Position);
            scope.Exchange(directive.Variable, item);
            add();
        }
        scope.Exchange(directive.Variable, before);
    }
}
