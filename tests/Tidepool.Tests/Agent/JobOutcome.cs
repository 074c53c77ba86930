using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

/// <summary>How a job ended, and what its steps said.</summary>
internal sealed record JobOutcome(string Result, IReadOnlyList<TimelineRecord> Steps, Func<TimelineRecord, IReadOnlyList<string>> LogOf)
{
    public TimelineRecord Step(string name) => Steps.Single(step => step.Name == name);

    public IReadOnlyList<string> Lines(string step) => LogOf(Step(step));

    /// <summary>What a step's own program wrote.</summary>
    public IReadOnlyList<string> Output(string step) =>
        [.. Lines(step).SkipWhile(line => !line.StartsWith("##[command]", StringComparison.Ordinal)).Skip(1).SkipLast(1)];

    public IReadOnlyList<string> Issues(string step) => [.. (Step(step).Issues ?? []).Select(issue => $"{issue.Type}: {issue.Message}")];

    /// <summary>All lines of all steps.</summary>
    public string Text => string.Join('\n', Steps.SelectMany(step => LogOf(step)));

    public void MustBe(string result) => Assert.True(Result == result, $"{Result}:\n{Text}");
}
