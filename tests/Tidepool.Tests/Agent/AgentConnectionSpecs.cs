using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

public sealed class AgentConnectionSpecs
{
    private const string Metadata =
        """{"TaskARN":"arn:aws:ecs:us-east-1:000000000000:task/c/1dc5c17a","Family":"tidepool-agents","Revision":"3","Containers":[{},{}]}""";

    [Fact]
    public async Task The_ECS_task_gives_the_agent_its_name_a_capability_and_its_steps_a_variable()
    {
        await using var metadata = await HttpEndpoint.StartAsync(_ => (200, Metadata));
        await using var agent = await AgentUnderTest.OnlineAsync(new Dictionary<string, string>
        {
            ["ECS_CONTAINER_METADATA_URI_V4"] = $"{metadata.Url}/v4/1-2",
            ["FARGATE_CONTAINER"] = "agent-2",
            ["FARGATE_STORAGE"] = "bind",
        });

        Assert.Contains(metadata.Calls, call => call.Path == "/v4/1-2/task");
        var registered = agent.Service.Agents.Single();
        Assert.Equal("agent-2-1dc5c17a", registered.Name);
        Assert.Equal(
            ["FARGATE_CONTAINER=agent-2", "FARGATE_REVISION=tidepool-agents:3", "FARGATE_STORAGE=bind", "FARGATE_TASK=1dc5c17a"],
            registered.SystemCapabilities!.Where(capability => capability.Key.StartsWith("FARGATE_", StringComparison.Ordinal))
                .Select(capability => $"{capability.Key}={capability.Value}").Order(StringComparer.Ordinal));
        var run = await agent.RunAsync("steps:\n- checkout: none\n- script: echo \"$FARGATE_TASK $(FARGATE_CONTAINER) $FARGATE_REVISION\"");
        Assert.Contains("1dc5c17a agent-2 tidepool-agents:3", run.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_starts_anew_replaces_its_own_registration()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(new Dictionary<string, string> { ["AZP_AGENT_NAME"] = "otter" });
        var first = agent.Service.Agents.Single().Id;
        await agent.SignalAsync("KILL");
        await agent.ExitAsync();

        agent.StartAgain();
        await agent.PoolAsync(agents => agents is [{ Status: "online", Name: "otter" }]);

        Assert.Equal(first, agent.Service.Agents.Single().Id);
        Assert.Equal(NodeResult.Succeeded, (await agent.RunAsync("steps:\n- checkout: none\n- script: 'true'")).Result);
    }

    [Fact]
    public async Task An_agent_whose_session_was_ended_opens_another()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        agent.Service.ReportLost(agent.Service.Agents.Single().Name, "a test said so", DateTimeOffset.MaxValue);
        await agent.PoolAsync(agents => agents is [{ Status: "online" }]);

        Assert.Equal(NodeResult.Succeeded, (await agent.RunAsync("steps:\n- checkout: none\n- script: 'true'")).Result);
    }

    [Fact]
    public async Task A_short_lease_is_kept_by_renewing_oftener()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { Lease = TimeSpan.FromSeconds(3) });

        var run = await agent.RunAsync("steps:\n- checkout: none\n- script: sleep 5");

        run.MustBe(NodeResult.Succeeded);
    }

    [Theory]
    [InlineData("AZP_TOKEN", "a-token-of-another-place", 1, "AGENT003: ", "refused the token")]
    [InlineData("AZP_POOL", "pond", 1, "AGENT004: ", "There is no agent pool \"pond\" in ")]
    [InlineData("AZP_POOL", "", 2, "AGENT001: ", "AZP_POOL is not set. Set it to the name of the agent pool.")]
    [InlineData("AZP_TOKEN", "", 2, "AGENT001: ", "AZP_TOKEN is not set. Set it to a token that may register agents.")]
    [InlineData("AZP_TOKEN", "1", 2, "AGENT010: ", "AZP_TOKEN is shorter than 16 characters, so it is no token of Azure DevOps. Set it to a whole personal access token.")]
    [InlineData("AZP_TOKEN", "123456789012345", 2, "AGENT010: ", "AZP_TOKEN is shorter than 16 characters")]
    [InlineData(
        "AZP_CLIENT_ID", "11111111-2222-3333-4444-555555555555", 2, "AGENT020: ",
        "AZP_TOKEN and AZP_CLIENT_ID are both set, and each is a way to the token. Set one of AZP_TOKEN, AZP_TOKEN_FILE, or AZP_CLIENT_ID with AZP_TENANT_ID and AZP_CLIENT_SECRET.")]
    [InlineData("AZP_TENANT_ID", "contoso.com", 2, "AGENT001: ", "AZP_CLIENT_ID is not set. Set it to the application (client) id of the service principal.")]
    [InlineData("AZP_URL", "dev.azure.com/x", 2, "AGENT001: ", "AZP_URL is \"dev.azure.com/x\". Set it to an http or https URL, as in https://dev.azure.com/name.")]
    [InlineData("AZP_DRAIN_SECONDS", "-1", 2, "AGENT001: ", "AZP_DRAIN_SECONDS is \"-1\". Set it to whole seconds, 0 to 3600.")]
    [InlineData("ECS_CONTAINER_METADATA_URI_V4", "http://127.0.0.1:1/v4", 1, "AGENT007: ", "The task metadata endpoint http://127.0.0.1:1/v4 could not be read")]
    public async Task A_wrong_setting_ends_the_agent_with_one_line(string name, string value, int exitCode, string code, string text)
    {
        await using var agent = await AgentUnderTest.StartAsync(new Dictionary<string, string> { [name] = value });

        Assert.Equal(exitCode, await agent.ExitAsync());
        var line = Assert.Single(agent.Log, line => line.Length > 0);
        Assert.StartsWith(code, line, StringComparison.Ordinal);
        Assert.Contains(text, line, StringComparison.Ordinal);
        Assert.Empty(agent.Service.Agents);
    }
}
