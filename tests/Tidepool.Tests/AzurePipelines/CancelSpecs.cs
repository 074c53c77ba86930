using System.Text.Json;
using Tidepool.AgentProtocol;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class CancelSpecs
{
    [Fact]
    public async Task A_cancelled_run_asks_the_agent_to_stop_and_ends_when_it_did()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            Stage("Build", Job("Pack", Script("CmdLine"))),
            Stage("Deploy", Job("Unpack", Script("CmdLine"))) with { DependsOn = ["Build"] });
        var job = await agent.TakeJobAsync();

        await run.CancelAsync();
        var cancel = JsonSerializer.Deserialize((await CancellationAsync(agent)).Body, ProtocolJson.Default.JobCancelMessage)!;
        await job.CompleteAsync("canceled");

        Assert.Equal(new(job.Message.JobId, TimeSpan.FromMinutes(5)), cancel);
        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal([NodeResult.Canceled, NodeResult.Skipped], run.Snapshot().Stages.Select(stage => stage.Result!.Value));
    }

    [Fact]
    public async Task A_stage_that_always_runs_runs_after_a_cancel()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            Stage("Build", Job("Pack", Script("CmdLine"))),
            Stage("CleanUp", Job("Remove", Script("CmdLine")) with { Condition = "always()" }) with
            {
                DependsOn = ["Build"],
                Condition = "always()",
            });
        var job = await agent.TakeJobAsync();

        await run.CancelAsync();
        await agent.DeleteMessageAsync((await CancellationAsync(agent)).MessageId);
        await job.CompleteAsync("canceled");
        await (await agent.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal([NodeResult.Canceled, NodeResult.Succeeded], run.Snapshot().Stages.Select(stage => stage.Result!.Value));
    }

    [Fact]
    public async Task A_job_that_no_agent_took_ends_at_once()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        Assert.NotNull(await agent.PollAsync());

        await run.CancelAsync();

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Null(tested.Service.Agents.Single().AssignedRequest);
    }

    [Fact]
    public async Task A_job_that_does_not_stop_is_closed_after_its_cancel_timeout()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { CancelTimeoutInMinutes = "2" }));
        await agent.TakeJobAsync();

        await run.CancelAsync();
        tested.Clock.Advance(TimeSpan.FromSeconds(119));
        Assert.NotNull(tested.Service.Agents.Single().AssignedRequest);
        tested.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal("The run was canceled. Agent agent-1 did not stop it within 2 minutes.", OnlyJob(run).Reason);
    }

    [Fact]
    public async Task A_job_that_runs_too_long_is_cancelled_and_says_why()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { TimeoutInMinutes = "1" }));
        var job = await agent.TakeJobAsync();
        await UntilAsync(() => OnlyJob(run).StartedAt is not null);

        tested.Clock.Advance(TimeSpan.FromMinutes(1));
        await CancellationAsync(agent);
        await job.CompleteAsync("canceled");

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal("The job running on agent agent-1 ran longer than the maximum time of 1 minutes.", OnlyJob(run).Reason);
    }

    [Theory]
    [InlineData("71583")]
    [InlineData("2147483647")]
    public async Task A_job_with_a_timeout_longer_than_any_timer_runs_without_one(string minutes)
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { TimeoutInMinutes = minutes }));
        var job = await agent.TakeJobAsync();
        await UntilAsync(() => OnlyJob(run).StartedAt is not null || run.Completion.IsCompleted);

        await job.CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
    }

    [Fact]
    public async Task A_job_with_the_longest_cancel_timeout_is_cancelled_as_any_other()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { CancelTimeoutInMinutes = "35790" }));
        var job = await agent.TakeJobAsync();

        await run.CancelAsync();
        await CancellationAsync(agent);
        await job.CompleteAsync("canceled");

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
    }

    [Fact]
    public async Task Cancelling_a_run_that_is_over_does_nothing()
    {
        await using var tested = await StartAsync();
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        await EndAsync(run);

        await run.CancelAsync();

        Assert.Equal(NodeResult.Failed, run.Snapshot().Result);
    }

    [Fact]
    public async Task An_agent_between_two_sessions_hears_of_the_cancel_in_the_second()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        await agent.CloseSessionAsync();

        await run.CancelAsync();
        await agent.ReopenAsync();
        await CancellationAsync(agent);
        await job.CompleteAsync("canceled");

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
    }

    private static async Task<TaskAgentMessage> CancellationAsync(ScriptedAgent agent)
    {
        var message = await agent.PollAsync();
        Assert.Equal(TaskAgentMessage.JobCancellation, message?.MessageType);
        return message!;
    }
}
