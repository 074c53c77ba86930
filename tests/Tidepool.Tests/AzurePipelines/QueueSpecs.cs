using System.Net;
using System.Text.Json.Nodes;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class QueueSpecs
{
    [Fact]
    public async Task A_job_goes_to_the_agent_that_meets_its_demands()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1", ("FARGATE_TASK", "t1"));
        var wanted = await tested.OnlineAgentAsync("agent-2", ("FARGATE_TASK", "t2"), ("Agent.Version", "4.1.0"));

        tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with
        {
            Pool = Pool("fargate", "fargate_task -equals T2", "Agent.Version -gtVersion 4.0.9"),
        }));

        await (await wanted.TakeJobAsync()).CompleteAsync();
    }

    [Fact]
    public async Task A_job_waits_for_a_busy_agent_and_each_agent_has_one_job_at_a_time()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("One", Script("CmdLine")), Job("Two", Script("CmdLine"))));

        var first = await agent.TakeJobAsync();
        Assert.Equal([true, false], (await RequestsAsync(agent, "")).Select(request => request.ReservedAgent is not null));
        await first.CompleteAsync();
        var second = await agent.TakeJobAsync();
        await second.CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal(["One job", "Two job"], [first.Message.JobDisplayName, second.Message.JobDisplayName]);
    }

    [Fact]
    public async Task An_agent_that_is_not_enabled_gets_no_job_until_it_is()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        await EnableAsync(agent, enabled: false);

        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        await UntilAsync(() => OnlyJob(run).QueuedAt is not null);
        Assert.Null(Assert.Single(await RequestsAsync(agent, "")).ReservedAgent);
        await EnableAsync(agent, enabled: true);

        await (await agent.TakeJobAsync()).CompleteAsync();
        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
    }

    [Fact]
    public async Task A_demand_that_no_agent_meets_fails_the_job_at_once_in_the_services_words()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1", ("Agent.OS", "Linux"));

        var run = tested.Queue(Stage(
            "Build",
            Job("Pack", Script("CmdLine")) with { Pool = Pool("fargate", "Agent.OS -equals Linux", "FARGATE_TASK -equals t9") }));

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal(
            "No agent found in pool fargate which satisfies the following demand: FARGATE_TASK -equals t9. "
            + "All demands: Agent.OS -equals Linux, FARGATE_TASK -equals t9.",
            OnlyJob(run).Reason);
    }

    [Fact]
    public async Task A_pool_without_agents_fails_the_job_at_once()
    {
        await using var tested = await StartAsync();

        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal("No agents were found in pool fargate. Configure an agent for the pool and try again.", OnlyJob(run).Reason);
    }

    [Fact]
    public async Task An_agent_that_is_offline_is_waited_for()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        await agent.CloseSessionAsync();

        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        await UntilAsync(() => OnlyJob(run).QueuedAt is not null);
        var again = await tested.Agent("agent-1").ReplaceAsync(agent.Registration!.Id);
        await (await again.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
    }

    [Fact]
    public async Task An_unknown_pool_fails_the_job_in_the_services_words()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");

        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { Pool = Pool("Elsewhere") }));

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal(
            "Could not find a pool with name Elsewhere. The pool does not exist or has not been authorized for use. "
            + "For authorization details, refer to https://aka.ms/yamlauthz.",
            OnlyJob(run).Reason);
    }

    [Theory]
    [InlineData("Elsewhere", null, "Elsewhere")]
    [InlineData(null, "ubuntu-latest", "vmImage: ubuntu-latest")]
    [InlineData(null, null, "no pool")]
    [InlineData("FARGATE", null, null)]
    public async Task A_job_of_another_place_runs_in_the_embedded_pool_and_says_so(string? name, string? image, string? mappedFrom)
    {
        await using var tested = await StartAsync(options =>
            options with { PoolMap = new Dictionary<string, string> { ["elsewhere"] = "fargate" } });
        var agent = await tested.OnlineAgentAsync("agent-1");

        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with
        {
            Pool = name is null && image is null ? null : new PipelinePool(name, image, [], default),
        }));
        await (await agent.TakeJobAsync()).CompleteAsync();
        await EndAsync(run);

        Assert.Equal(mappedFrom, OnlyJob(run).MappedFrom);
        Assert.Equal(mappedFrom, (await EventsAsync(run)).OfType<JobQueued>().Single().MappedFrom);
    }

    [Fact]
    public async Task A_message_stays_until_it_is_deleted_and_two_polls_see_it()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var polls = new[] { agent.PollAsync(), agent.PollAsync() };
        await UntilAsync(() => tested.Service.PollsUnderWay == 2);

        tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var seen = await Task.WhenAll(polls);

        Assert.Equal(seen[0]!.MessageId, seen[1]!.MessageId);
        Assert.Contains("Pack job", seen[0]!.Body);
    }

    [Fact]
    public async Task A_job_whose_message_was_not_taken_goes_back_to_the_queue_when_the_session_ends()
    {
        await using var tested = await StartAsync();
        var once = await tested.OnlineAgentAsync("agent-1");
        var other = await tested.OnlineAgentAsync("agent-2");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        Assert.NotNull(await once.PollAsync());

        await once.CloseSessionAsync();
        await (await other.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal("agent-2", OnlyJob(run).AgentName);
    }

    [Fact]
    public async Task The_queue_reads_as_scalers_count_it()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1", ("docker", "/usr/bin/docker"));
        await tested.Agent("placeholder", ("docker", "")).RegisterAsync();
        await tested.Agent("other").RegisterAsync();
        tested.Queue(Stage(
            "Build", Job("One", Script("CmdLine")), Job("Two", Script("CmdLine")) with { Pool = Pool("fargate", "docker") }));
        await (await agent.TakeJobAsync()).CompleteAsync();

        await UntilAsync(() => tested.Service.Agents.First(known => known.Name == "agent-1").AssignedRequest?.JobName == "Two job");
        var usage = await agent.SendAsync<ResourceUsage>(
            HttpMethod.Get,
            "_apis/distributedtask/resourceusage?parallelismTag=Private&poolIsHosted=false&includeRunningRequests=true",
            body: null,
            asOwner: true);
        await agent.CloseSessionAsync();
        var pools = await agent.SendAsync<JsonObject>(
            HttpMethod.Get, "_apis/distributedtask/pools?poolName=fargate", body: null, asOwner: true);
        var all = await RequestsAsync(agent, "?$top=250");
        var unfinished = Assert.Single(await RequestsAsync(agent, "?completedRequestCount=0"));

        Assert.Equal((1, null, false), (usage.UsedCount, usage.ResourceLimit!.TotalCount, usage.ResourceLimit.IsHosted));
        Assert.Equal("Two job", Assert.Single(usage.RunningRequests!).JobName);
        Assert.Equal((1, "fargate"), (pools["count"]!.GetValue<int>(), pools["value"]![0]!["name"]!.GetValue<string>()));
        Assert.Equal([null, "succeeded"], all.Select(request => request.Result));
        Assert.Equal(["docker"], unfinished.Demands);
        Assert.Equal(["agent-1", "placeholder"], unfinished.MatchedAgents!.Select(matched => matched.Name));
        using var unknown = await agent.TrySendAsync(HttpMethod.Get, "_apis/distributedtask/pools?poolID=7", body: null, asOwner: true);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    private static async Task<IReadOnlyList<TaskAgentJobRequest>> RequestsAsync(ScriptedAgent agent, string query) =>
        (await agent.SendAsync<Collection<TaskAgentJobRequest>>(
            HttpMethod.Get, $"_apis/distributedtask/pools/1/jobrequests{query}", body: null, asOwner: true)).Value;

    private static async Task EnableAsync(ScriptedAgent agent, bool enabled) => (await agent.SendAsync(
        HttpMethod.Patch,
        $"_apis/distributedtask/pools/1/agents/{agent.Registration!.Id}",
        new { id = agent.Registration.Id, enabled })).Dispose();
}
