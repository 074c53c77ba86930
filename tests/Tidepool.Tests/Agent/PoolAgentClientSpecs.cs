using System.Net;
using System.Net.Sockets;
using Tidepool.Agent;
using Tidepool.Agent.Supervision;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;
using Tidepool.Tests.AzurePipelines;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.Agent;

public sealed class PoolAgentClientSpecs
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_is_found_by_its_name_with_what_it_does()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");
        var other = await tested.OnlineAgentAsync("agent-1-and-more");
        var client = Client(tested);

        var found = await client.FindAsync("fargate", "AGENT-1-and-more", Ct);

        Assert.Equal(new PoolAgent(1, other.Registration!.Id, "agent-1-and-more", Enabled: true, Online: true, Job: null), found);
        Assert.Null(await client.FindAsync("fargate", "agent-2", Ct));
    }

    [Fact]
    public async Task An_agent_that_is_disabled_keeps_its_job_and_gets_no_other_until_it_is_enabled()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var client = Client(tested);
        var run = tested.Queue(Stage("Build", Job("One", Script("CmdLine")), Job("Two", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        var found = (await client.FindAsync("fargate", "agent-1", Ct))!;
        Assert.Equal("One job", found.Job!.Name);
        Assert.True(found.Job.Received);

        Assert.True(await client.DisableAsync(found, Ct));

        Assert.Equal(found with { Enabled = false }, await client.LookAsync(found, Ct));
        Assert.True(await client.HasJobAsync(found, Ct));
        await job.RenewAsync();
        await job.CompleteAsync();
        await UntilAsync(() => tested.Service.Agents.Single().AssignedRequest is null);
        Assert.False(await client.HasJobAsync(found, Ct));

        Assert.True(await client.EnableAsync(found, Ct));
        await (await agent.TakeJobAsync()).CompleteAsync();
        await EndAsync(run);
    }

    [Fact]
    public async Task A_job_that_the_agent_has_not_taken_yet_is_assigned_and_not_received()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");
        var client = Client(tested);
        var found = (await client.FindAsync("fargate", "agent-1", Ct))!;
        tested.Queue(Stage("Build", Job("One", Script("CmdLine"))));
        await UntilAsync(() => tested.Service.Agents.Single().AssignedRequest is not null);

        var now = await client.LookAsync(found, Ct);

        Assert.Equal(("One job", false), (now!.Job!.Name, now.Job.Received));
    }

    [Fact]
    public async Task An_agent_is_removed_once_and_its_absence_is_as_good()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");
        var client = Client(tested);
        var found = (await client.FindAsync("fargate", "agent-1", Ct))!;

        Assert.True(await client.RemoveAsync(found, Ct));
        Assert.True(await client.RemoveAsync(found, Ct));

        Assert.Empty(tested.Service.Agents);
        Assert.Null(await client.LookAsync(found, Ct));
        Assert.Null(await client.HasJobAsync(found, Ct));
        Assert.False(await client.DisableAsync(found, Ct));
    }

    [Fact]
    public async Task A_Microsoft_Entra_access_token_does_all_of_it_as_a_bearer_token()
    {
        var token = TestToken.Entra();
        await using var tested = await StartAsync(options => options with { Token = token });
        var client = Client(tested, token);

        Assert.Null(await client.FindAsync("fargate", "agent-1", Ct));
    }

    [Fact]
    public async Task What_is_wrong_with_pool_or_token_is_told_as_the_agent_tells_it()
    {
        await using var tested = await StartAsync();
        var url = tested.Service.OrganizationUrl.ToString().TrimEnd('/');

        var noPool = await Assert.ThrowsAsync<AgentException>(() => Client(tested).FindAsync("pond", "agent-1", Ct));
        var noToken = await Assert.ThrowsAsync<AgentException>(() => Client(tested, "a-token-of-another-place").FindAsync("fargate", "agent-1", Ct));

        Assert.Equal(
            $"AGENT004: There is no agent pool \"pond\" in {url}, or the token may not see it. Set AZP_POOL to a pool's name.", noPool.Message);
        Assert.StartsWith($"AGENT003: {url} refused the token: ", noToken.Message, StringComparison.Ordinal);
        Assert.EndsWith(" Set AZP_TOKEN to a token of this organization that may manage agent pools.", noToken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_fails_for_a_moment_is_asked_again_and_one_that_is_out_of_reach_is_no_exception_at_the_end()
    {
        var calls = 0;
        await using var service = await HttpEndpoint.StartAsync(call => call.Method == "PATCH" && calls++ == 0 ? (503, "") : (200, "{}"));
        var agent = new PoolAgent(1, 7, "agent-1", true, true, null);
        Assert.True(await Client(service.Url, "a-token-of-this-test").DisableAsync(agent, Ct));
        var sent = service.Calls[^1];
        Assert.Equal(
            ("PATCH", "/_apis/distributedtask/pools/1/agents/7", """{"id":7,"name":"agent-1","enabled":false}"""), (sent.Method, sent.Path, sent.Body));
        Assert.Equal(2, service.Calls.Count);

        using var over = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var unreachable = Client($"http://127.0.0.1:{ServiceProxy.FreePort()}", "a-token-of-this-test");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unreachable.RemoveAsync(agent, over.Token));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_ends_no_later_than_the_limit()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource<(int, string)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await HttpEndpoint.StartAsync(_ =>
        {
            asked.TrySetResult();
            return over.Task;
        });
        using var source = new GivenToken("a-token-of-this-test", clock);
        var client = new PoolAgentClient(new WireClient(WireClient.MakeHttp(), service.Url, source.AuthorizeAsync, clock), source, clock);
        var removal = client.RemoveAsync(new PoolAgent(1, 7, "agent-1", true, true, null), Ct);
        await asked.Task.WaitAsync(AgentUnderTest.Limit, Ct);

        clock.Advance(TimeSpan.FromSeconds(10));

        Assert.False(await removal.WaitAsync(AgentUnderTest.Limit, Ct));
        over.SetResult((200, ""));
    }

    [Fact]
    public async Task A_limit_that_is_over_in_the_moment_in_which_the_caller_gives_up_is_no_exception_either()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var over = new CancellationTokenSource();
        using var source = new GivenToken("a-token-of-this-test", clock);
        var client = new PoolAgentClient(
            new WireClient(
                WireClient.MakeHttp(), "http://127.0.0.1:1/o",
                (_, _) =>
                {
                    over.Cancel();
                    clock.Advance(TimeSpan.FromSeconds(10));
                    throw new HttpRequestException("no answer");
                },
                clock),
            source, clock);
        var agent = new PoolAgent(1, 7, "agent-1", true, true, null);

        Assert.False(await client.RemoveAsync(agent, over.Token));
        Assert.False(await client.DisableAsync(agent, over.Token));
        Assert.Null(await client.LookAsync(agent, over.Token));
    }

    [Fact]
    public async Task A_host_that_swallows_connections_is_told_as_one_that_does_not_answer()
    {
        using var wall = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        wall.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        wall.Listen(0);
        // Nobody accepts: once the queue is full, Linux drops what comes, as a firewall does.
        var waiting = Enumerable.Range(0, 4).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        waiting.ForEach(socket => _ = socket.ConnectAsync(wall.LocalEndPoint!).ContinueWith(task => task.Exception, TaskScheduler.Default));
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
            using var source = new GivenToken("a-token-of-this-test", TimeProvider.System);
            var client = new WireClient(http, $"http://{wall.LocalEndPoint}", source.AuthorizeAsync, TimeProvider.System);
            var unreachable = await Assert.ThrowsAsync<HttpRequestException>(() => client.DeleteAsync("_apis/distributedtask/pools/1/agents/7", Ct));
            Assert.Equal($"http://{wall.LocalEndPoint} took no connection.", unreachable.Message);
        }
        finally
        {
            waiting.ForEach(socket => socket.Dispose());
        }
    }

    private static PoolAgentClient Client(ServiceUnderTest tested, string token = Token) =>
        Client(tested.Service.OrganizationUrl.ToString().TrimEnd('/'), token);

    private static PoolAgentClient Client(string url, string token)
    {
        var source = new GivenToken(token, TimeProvider.System);
        return new(new WireClient(WireClient.MakeHttp(), url, source.AuthorizeAsync, TimeProvider.System), source, TimeProvider.System);
    }
}
