using Tidepool.Pipelines.Explain;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class ExplainRunSpecs
{
    [Fact]
    public async Task A_job_that_waits_names_the_agent_that_is_nearest_and_what_it_lacks()
    {
        await using var tested = await StartAsync(options => options with { WaitForAgents = true });
        var agent = await tested.OnlineAgentAsync("agent-1", ("os", "Linux"));
        var run = tested.Queue(
            request => request with { Secrets = new Dictionary<string, string> { ["key"] = "s3cret" } },
            Stage("Build", Job("Pack", Script("CmdLine")) with
            {
                Pool = Pool(null, "os -equals Linux", "gpu -equals $(key)"),
                Condition = "eq(variables.key, 's3cret')",
            }));
        await UntilAsync(() => OnlyJob(run).QueuedAt is not null);

        var explained = await agent.SendAsync<RunExplanation>(
            HttpMethod.Get, $"tidepool/_apis/build/builds/{run.Id}/tidepool-explanation", body: null, asOwner: true);

        Assert.Equal(["runs", "runs"], explained.Nodes.Select(node => node.State));
        var wait = explained.Nodes[1].Waits.Single();
        Assert.Equal("no agent meets every demand; the nearest, agent-1 (online), lacks gpu -equals *** (it has no gpu)", wait.Because);
        Assert.Equal("'***'", explained.Nodes[1].Evaluation!.Parts[0].Value);
        await run.CancelAsync();
        await EndAsync(run);
    }

    [Fact]
    public async Task A_run_that_was_canceled_is_explained_as_it_was_when_each_node_was_decided()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            Stage("Build", Job("Pack", Script("CmdLine"))),
            Stage("Ship", Job("Put", Script("CmdLine"))) with { DependsOn = ["Build"] });
        var job = await agent.TakeJobAsync();
        await run.CancelAsync();
        await job.CompleteAsync("canceled");
        await EndAsync(run);

        var nodes = run.Explain().Nodes;

        Assert.Equal(["Canceled", "Canceled", "Skipped", "Skipped"], nodes.Select(node => node.State));
        Assert.Equal(("True", "False"), (nodes[0].Evaluation!.Value, nodes[2].Evaluation!.Value));
        Assert.Equal(["Pack: The run was canceled."], nodes[1].Because);
        Assert.Equal(["succeeded() is False: the run was being canceled"], nodes[2].Because);
    }
}
