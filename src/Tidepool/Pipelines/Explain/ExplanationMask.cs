using Tidepool.Expressions;

namespace Tidepool.Pipelines.Explain;

/// <summary>Takes secrets out of explanations.</summary>
internal static class ExplanationMask
{
    /// <summary>The same explanation with every text as <paramref name="mask"/> gives it.</summary>
    public static NodeExplanation Masked(this NodeExplanation node, Func<string, string> mask) => node with
    {
        Condition = mask(node.Condition),
        Evaluation = node.Evaluation?.Masked(mask),
        Because = [.. node.Because.Select(mask)],
        Waits =
        [
            .. node.Waits.Select(wait => wait with
            {
                Demands = [.. wait.Demands.Select(mask)],
                Agents = [.. wait.Agents.Select(agent => agent with { Unmet = [.. agent.Unmet.Select(mask)] })],
                Because = mask(wait.Because),
            }),
        ],
    };

    private static EvaluatedPart Masked(this EvaluatedPart part, Func<string, string> mask) => part with
    {
        Text = mask(part.Text),
        Value = part.Value is { } value ? mask(value) : null,
        Error = part.Error is { } error ? mask(error) : null,
        Conversions = [.. part.Conversions.Select(mask)],
        Parts = [.. part.Parts.Select(inner => inner.Masked(mask))],
    };
}
