using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

public sealed class AgentRunSpecs
{
    [Fact]
    public async Task A_job_runs_its_steps_in_order_and_shows_their_lines()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - script: echo one
              displayName: first
            - bash: |
                echo two
                echo three >&2
              displayName: second
            """);

        Assert.Equal(NodeResult.Succeeded, run.Result);
        Assert.Contains("one", run.Step("first").LogLines());
        Assert.Contains("two", run.Step("second").LogLines());
        Assert.Contains("three", run.Step("second").LogLines());
        Assert.All(run.Job().Steps, step => Assert.Equal(NodeResult.Succeeded, step.Result));
    }
}
