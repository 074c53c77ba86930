using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using Tidepool.Tests.AzurePipelines;

namespace Tidepool.Tests.Agent;

/// <summary>The supervisor over the built-in agent in the place of Microsoft's: the real protocol, real jobs, real signals.</summary>
public sealed class SupervisorSpecs
{
    private const string Quick = "steps:\n- checkout: none\n- script: echo done";

    private const string UntilTold = """
        steps:
        - checkout: none
        - script: |
            echo go-on
            while [ ! -e ../stop ]; do sleep 0.02; done
        """;

    private const string Sleeper = """
        steps:
        - checkout: none
        - script: |
            echo go-on
            sleep 1000
          displayName: sleeps
        - script: echo cleaned
          displayName: cleans
          condition: always()
        """;

    private static readonly string[] Phases = ["the pool sends agent", "the listener ended with exit code 0", "agent", "done"];

    [Fact]
    public async Task Jobs_run_and_an_idle_agent_is_gone_from_the_pool_after_SIGTERM()
    {
        await using var agent = await OnlineAsync();

        (await agent.RunAsync(Quick)).MustBe(NodeResult.Succeeded);
        (await agent.RunAsync(Quick)).MustBe(NodeResult.Succeeded);
        await agent.LogAsync("completed with result: Succeeded");
        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
        await agent.LogAsync("Stop: done, after ");
        Assert.Equal(
            ["the pool sends agent", "the listener ended with exit code 0", "agent", "done"],
            Stops(agent).Select(line => Phases.FirstOrDefault(line["Stop: ".Length..].StartsWith) ?? line));
        Assert.All(Stops(agent), line => Assert.Matches(@", after \d+\.\d s( in all)?\.$", line));
    }

    [Fact]
    public async Task At_SIGTERM_the_running_job_ends_in_peace_and_no_other_begins()
    {
        await using var agent = await OnlineAsync();
        var run = agent.Queue(UntilTold);
        await AgentUnderTest.LineAsync(run, "go-on");

        await agent.SignalAsync("TERM");
        await agent.PoolAsync(agents => agents is [{ Enabled: false }]);
        var second = agent.Queue(Quick);
        await File.WriteAllTextAsync(Path.Combine(agent.Folder, "_work/1/stop"), "", TestContext.Current.CancellationToken);

        Assert.Equal(NodeResult.Succeeded, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
        Assert.Null(second.Snapshot().Job().StartedAt);
        await agent.LogAsync("Stop: job Job ended, after ");
    }

    [Fact]
    public async Task At_SIGTERM_a_job_that_is_assigned_and_has_not_begun_is_waited_for_too()
    {
        await using var proxy = await ServiceProxy.StartAsync(holds: "/messages", method: "GET");
        await using var agent = await proxy.SuperviseAsync(SupervisedScripts.BuiltIn, new Dictionary<string, string>());
        await agent.PoolAsync(agents => agents is [{ Status: "online" }]);
        var run = agent.Queue(Quick);
        await proxy.Held;

        await agent.SignalAsync("TERM");
        await proxy.CallAsync("/agents/1?includeAssignedRequest=true");
        proxy.Release();

        Assert.Equal(NodeResult.Succeeded, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task A_job_that_outlives_the_drain_is_cancelled_by_the_agent_itself()
    {
        await using var agent = await OnlineAsync(new() { ["AZP_DRAIN_SECONDS"] = "1" });
        var run = agent.Queue(Sleeper);
        await AgentUnderTest.LineAsync(run, "go-on");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Equal(NodeResult.Canceled, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Equal(NodeResult.Succeeded, run.Snapshot().Step("cleans").Result);
        Assert.Empty(agent.Service.Agents);
        await agent.LogAsync("Stop: job Job did not end in time and is cancelled, after 1.");
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_second_signal_cancels_the_job_at_once(string second)
    {
        await using var agent = await OnlineAsync();
        var run = agent.Queue(Sleeper);
        await AgentUnderTest.LineAsync(run, "go-on");

        await agent.SignalAsync("TERM");
        await agent.LogAsync("Stop: job Job is waited for.");
        await agent.SignalAsync(second);

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Equal(NodeResult.Canceled, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task A_pool_that_is_out_of_reach_at_the_end_is_said_and_holds_nothing_up()
    {
        await using var agent = await OnlineAsync();

        await agent.Service.DisposeAsync();
        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        await agent.LogAsync("Stop: the pool could not be told to send no more jobs, after ");
        await agent.LogAsync("could not be removed and stays in the pool as offline, after ");
        await agent.LogAsync("Stop: done, after ");
    }

    /// <summary>A container that is killed while its job is waited for leaves an agent that is disabled, and config.sh leaves it so.</summary>
    [Fact]
    public async Task An_agent_of_the_name_that_was_disabled_gets_jobs_again()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(
            SupervisedScripts.BuiltIn with { Config = $"while [ ! -e \"$PWD/begin\" ]; do sleep 0.02; done\n{SupervisedScripts.BuiltIn.Config}" },
            new Dictionary<string, string> { ["AZP_AGENT_NAME"] = "mine" });
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"x:{agent.Token}")));
        using var former = new StringContent(
            """{"name":"mine","version":"4.0.0","enabled":false,"maxParallelism":1,"authorization":{"publicKey":{"exponent":"AQAB","modulus":"AQAB"}}}""",
            System.Text.Encoding.UTF8, "application/json");
        (await http.PostAsync(
            new Uri($"{agent.Service.OrganizationUrl.ToString().TrimEnd('/')}/_apis/distributedtask/pools/1/agents"),
            former, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        Assert.False(agent.Service.Agents.Single().Enabled);
        await File.WriteAllTextAsync(Path.Combine(agent.AgentFolder, "begin"), "", TestContext.Current.CancellationToken);

        (await agent.RunAsync(Quick)).MustBe(NodeResult.Succeeded);

        await agent.LogAsync("Agent mine was disabled in the pool, as one is that was killed while it left; it is enabled again.");
    }

    [Fact]
    public async Task With_AZP_ONCE_one_job_is_all()
    {
        await using var agent = await OnlineAsync(new() { ["AZP_ONCE"] = "true" });

        (await agent.RunAsync(Quick)).MustBe(NodeResult.Succeeded);

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task Without_a_job_in_AZP_IDLE_SECONDS_the_agent_leaves()
    {
        await using var agent = await OnlineAsync(new() { ["AZP_ONCE"] = "true", ["AZP_IDLE_SECONDS"] = "1" });

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
        await agent.LogAsync("No job came for 1 s; the agent leaves.");
    }

    [Fact]
    public async Task The_time_without_a_job_begins_when_the_agent_listens()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(
            SupervisedScripts.BuiltIn with { Config = $"sleep 1\n{SupervisedScripts.BuiltIn.Config}" },
            new Dictionary<string, string> { ["AZP_IDLE_SECONDS"] = "1" });

        Assert.Equal(0, await agent.ExitAsync());

        await agent.LogAsync("No job came for 1 s; the agent leaves.");
        Assert.Equal(
            ["Listening for Jobs", "No job came"],
            agent.Log.Select(line => new[] { "Listening for Jobs", "No job came" }.FirstOrDefault(line.Contains)).OfType<string>());
    }

    [Fact]
    public async Task An_agent_that_was_removed_from_the_pool_ends_the_container_with_a_reason()
    {
        await using var agent = await OnlineAsync();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"x:{agent.Token}")));

        await http.DeleteAsync(
            new Uri($"{agent.Service.OrganizationUrl.ToString().TrimEnd('/')}/_apis/distributedtask/pools/1/agents/{agent.Service.Agents.Single().Id}"),
            TestContext.Current.CancellationToken);

        Assert.Equal(1, await agent.ExitAsync());
        await agent.LogAsync("AGENT013: The listener ended ");
    }

    [Fact]
    public async Task On_Fargate_the_name_carries_the_tasks_id_and_the_task_is_protected_while_a_job_runs()
    {
        await using var ecs = await HttpEndpoint.StartAsync(call => (200, call.Path == "/v4/task"
            ? """{"TaskARN":"arn:aws:ecs:us-east-1:000000000000:task/c/1dc5c17a","Family":"agents","Revision":"7","Containers":[{}]}"""
            : $$$"""{"protection":{"ExpirationDate":null,"ProtectionEnabled":{{{(call.Body.Contains("true", StringComparison.Ordinal) ? "true" : "false")}}},"TaskArn":"t"}}"""));
        await using var agent = await OnlineAsync(new()
        {
            ["ECS_CONTAINER_METADATA_URI_V4"] = $"{ecs.Url}/v4",
            ["ECS_AGENT_URI"] = $"{ecs.Url}/api",
        });
        string[] Calls() => [.. ecs.Calls.Where(call => call.Method == "PUT").Select(call => call.Body)];

        var registered = agent.Service.Agents.Single();
        Assert.Equal("agent-1-1dc5c17a", registered.Name);
        Assert.Equal("1dc5c17a", registered.SystemCapabilities!["FARGATE_TASK"]);
        Assert.Equal("agents:7", registered.SystemCapabilities!["FARGATE_REVISION"]);
        Assert.Empty(Calls());
        var run = agent.Queue(UntilTold);
        await AgentUnderTest.LineAsync(run, "go-on");
        await ServiceUnderTest.UntilAsync(() => Calls().Length == 1);
        await File.WriteAllTextAsync(Path.Combine(agent.Folder, "_work/1/stop"), "", TestContext.Current.CancellationToken);
        await ServiceUnderTest.UntilAsync(() => Calls().Length == 2);

        Assert.Contains("\"ProtectionEnabled\":true", Calls()[0], StringComparison.Ordinal);
        Assert.Contains("\"ProtectionEnabled\":false", Calls()[1], StringComparison.Ordinal);
    }

    private static async Task<AgentUnderTest> OnlineAsync(Dictionary<string, string>? variables = null)
    {
        var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.BuiltIn, variables);
        await agent.PoolAsync(agents => agents is [{ Status: "online" }]);
        return agent;
    }

    private static IEnumerable<string> Stops(AgentUnderTest agent) => agent.Log.Where(line => line.StartsWith("Stop: ", StringComparison.Ordinal));
}
