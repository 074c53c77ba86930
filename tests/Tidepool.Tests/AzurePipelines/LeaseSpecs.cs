using System.Net;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class LeaseSpecs
{
    [Theory]
    [InlineData(10 * 60, null, 10 * 60)]
    [InlineData(5, null, 10 * 60)]
    [InlineData(5, "true", 5)]
    [InlineData(20 * 60, null, 20 * 60)]
    public async Task A_job_is_lost_when_its_lease_ends(int leaseSeconds, string? builtIn, int lostAfterSeconds)
    {
        await using var tested = await StartAsync(options => options with { Lease = TimeSpan.FromSeconds(leaseSeconds) });
        var agent = await tested.OnlineAgentAsync("agent-1", builtIn is null ? [] : [("Tidepool.BuiltIn", builtIn)]);
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        await agent.TakeJobAsync();

        tested.Clock.Advance(TimeSpan.FromSeconds(lostAfterSeconds - 1));
        Assert.NotNull(tested.Service.Agents.Single().AssignedRequest);
        tested.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(tested.Service.Agents.Single().AssignedRequest);

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal((NodeResult.Abandoned, "lost: agent agent-1 stopped renewing"), (OnlyJob(run).Result, OnlyJob(run).Reason));
    }

    [Fact]
    public async Task An_agent_that_renews_keeps_its_job()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();

        for (var minute = 0; minute < 15; minute++)
        {
            tested.Clock.Advance(TimeSpan.FromMinutes(1));
            var renewed = await job.RenewAsync();
            Assert.Equal(tested.Clock.GetUtcNow().AddMinutes(10), renewed.LockedUntil);
        }

        await job.CompleteAsync();
        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal("online", Assert.Single(tested.Service.Agents).Status);
    }

    [Fact]
    public async Task What_a_lost_agent_still_says_changes_nothing()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            Stage("Build", Job("Pack", Script("CmdLine"))),
            Stage("Deploy", Job("Unpack", Script("CmdLine")) with { Condition = "always()" }) with { Condition = "always()" });
        var job = await agent.TakeJobAsync();
        await job.PatchAsync(new { id = job.Step("CmdLine").Id, state = "inProgress" });
        tested.Service.ReportLost("agent-1", "lost: task t1 stopped");
        await UntilAsync(() => run.Snapshot().Stages[0].Result is not null);

        await job.PatchAsync(new { id = job.Step("CmdLine").Id, state = "completed", result = "succeeded" });
        await job.FeedAsync(job.Step("CmdLine").Id, "too late");
        await job.CompleteAsync();
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(job.RenewAsync);

        Assert.Contains("TaskAgentJobTokenExpiredException", refusal.Message);
        var lost = run.Snapshot().Stages[0].Jobs.Single();
        Assert.Equal((NodeResult.Abandoned, "lost: task t1 stopped", NodeResult.Abandoned),
            (lost.Result, lost.Reason, lost.Steps.Single().Result));
        Assert.Empty(lost.Steps.Single().LogLines());
        await run.CancelAsync();
    }

    [Fact]
    public async Task A_reported_loss_ends_the_job_at_once_and_the_agent_is_offline()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        await agent.TakeJobAsync();

        tested.Service.ReportLost("agent-1", "lost: container agent-1 of task t1 was killed");

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal("lost: container agent-1 of task t1 was killed", OnlyJob(run).Reason);
        Assert.Equal("offline", Assert.Single(tested.Service.Agents).Status);
    }

    [Fact]
    public async Task Replacing_an_agent_abandons_its_job_at_once_and_the_new_one_takes_the_next()
    {
        await using var tested = await StartAsync();
        var old = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("One", Script("CmdLine")), Job("Two", Script("CmdLine"))));
        await old.TakeJobAsync();

        var replaced = await tested.Agent("agent-1").ReplaceAsync(old.Registration!.Id);
        await (await replaced.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        var jobs = run.Snapshot().Stages.Single().Jobs;
        Assert.Equal((NodeResult.Abandoned, "lost: agent agent-1 was replaced"), (jobs[0].Result, jobs[0].Reason));
        Assert.Equal(NodeResult.Succeeded, jobs[1].Result);
    }

    [Fact]
    public async Task An_agent_that_says_the_result_itself_ends_the_job_too()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();

        await agent.SendAsync<TaskAgentJobRequest>(
            HttpMethod.Patch,
            $"_apis/distributedtask/pools/1/jobrequests/{job.Message.RequestId}?lockToken={Guid.Empty}",
            new { requestId = job.Message.RequestId, finishTime = "2026-03-04T05:06:08Z", result = 2 });

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
    }

    [Fact]
    public async Task Another_agent_may_not_renew()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var other = await tested.OnlineAgentAsync("agent-2");
        tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();

        using var refused = await other.TrySendAsync(
            HttpMethod.Patch,
            $"_apis/distributedtask/pools/1/jobrequests/{job.Message.RequestId}?lockToken={Guid.Empty}",
            new { requestId = job.Message.RequestId });

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }
}
