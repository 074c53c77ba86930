using Tidepool.Expressions;
using Tidepool.Pipelines.Explain;

namespace Tidepool.Cli;

/// <summary>An explanation as lines: each node, its condition part by part, and the reasons below it.</summary>
internal static class ExplainView
{
    // Longer lists help nobody in a terminal; JSON has all.
    private const int MostAgents = 5;

    public static void Write(RunExplanation explanation)
    {
        foreach (var line in Lines(explanation))
        {
            Console.Out.WriteLine(PlainText.Of(line));
        }
    }

    public static IEnumerable<string> Lines(RunExplanation explanation) =>
        explanation.Nodes.SelectMany(node => Lines(node)).Prepend(explanation.Of);

    private static IEnumerable<string> Lines(NodeExplanation node)
    {
        var indent = node.Job is null ? "" : "  ";
        var after = node.DependsOn.Count == 0 ? "" : $", after {string.Join(", ", node.DependsOn)}";
        var place = node.Place is null ? "" : $"  [{node.Place}]";
        yield return $"{indent}{(node.Job is null ? $"stage {node.Stage}" : $"job {node.Job}")}: {node.State}{after}{place}";
        if (node.Evaluation is { } evaluation)
        {
            foreach (var line in Lines(evaluation))
            {
                yield return $"{indent}    {line}";
            }
        }
        else
        {
            yield return $"{indent}    {node.Condition}: not looked at";
        }

        foreach (var reason in node.Because)
        {
            yield return $"{indent}    because {reason}";
        }

        foreach (var wait in node.Waits)
        {
            yield return $"{indent}    {wait.Job} waits for an agent: {wait.Because}";
            if (wait.Demands.Count > 0)
            {
                yield return $"{indent}      demands: {string.Join(", ", wait.Demands)}";
            }

            foreach (var agent in wait.Agents.Take(MostAgents))
            {
                yield return $"{indent}      agent {agent.Agent} ({agent.State}): {(agent.Unmet.Count == 0 ? "meets all" : $"lacks {string.Join("; ", agent.Unmet)}")}";
            }
        }
    }

    private static IEnumerable<string> Lines(EvaluatedPart part)
    {
        yield return part switch
        {
            { Value: null, Error: null } => $"{part.Text}: not looked at",
            { Value: null } => $"{part.Text}",
            { Kind: "Null" } => $"{part.Text} -> Null",
            _ => $"{part.Text} -> {part.Value} ({part.Kind})",
        };
        foreach (var conversion in part.Conversions)
        {
            yield return $"  {conversion}";
        }

        if (part.Error is { } error)
        {
            yield return $"  it could not be evaluated: {error}";
        }

        // Literals say all in the line above them.
        foreach (var line in part.Parts.Where(inner => inner.Text != inner.Value).SelectMany(Lines))
        {
            yield return $"  {line}";
        }
    }
}
