using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

/// <summary>The token is the supervisor's and that of the short configuration; nothing that lives beside a job has it.</summary>
public sealed class SupervisorTokenSpecs
{
    [Fact]
    public async Task A_step_finds_the_token_nowhere_and_no_capability_and_no_line_of_the_log_has_it()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.BuiltIn, new Dictionary<string, string>
        {
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1",
            ["FLAVOUR"] = "sour",
        });
        await agent.PoolAsync(agents => agents is [{ Status: "online" }]);

        // The listener and its parent, the supervisor.
        var run = await agent.RunAsync($"""
            {AgentTokenSpecs.Search(agent.Token, "$PPID $(cut -d' ' -f4 /proc/$PPID/stat)")}
            - bash: |
                echo "supervisor: $(tr '\0' ' ' < /proc/$(cut -d' ' -f4 /proc/$PPID/stat)/cmdline)"
                echo "input: <$VSTS_AGENT_INPUT_TOKEN> token: <$AZP_TOKEN> credentials: $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
              displayName: shows
            """);

        run.MustBe(NodeResult.Succeeded);
        var lines = run.Step("look").LogLines();
        Assert.DoesNotContain(lines, line => line.StartsWith("FOUND", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("OPENED", StringComparison.Ordinal));
        Assert.Contains("ptrace was refused", lines);
        Assert.Contains("descriptors: 0 1 2 3 ", lines);
        Assert.Contains(run.Step("shows").LogLines(), line => line.StartsWith("supervisor: tidepool-agent supervise --token-fd ", StringComparison.Ordinal));
        Assert.Contains("input: <> token: <> credentials: /v2/credentials/1", run.Step("shows").LogLines());
        Assert.DoesNotContain(agent.Log, line => line.Contains(agent.Token, StringComparison.Ordinal));
        var capabilities = agent.Service.Agents.Single().SystemCapabilities!;
        Assert.Equal("sour", capabilities["FLAVOUR"]);
        Assert.Equal("agent-1", capabilities["FARGATE_CONTAINER"]);
        Assert.DoesNotContain(capabilities, capability => capability.Value.Contains(agent.Token, StringComparison.Ordinal)
            || capability.Key.StartsWith("AWS", StringComparison.OrdinalIgnoreCase)
            || capability.Key.StartsWith("ECS", StringComparison.OrdinalIgnoreCase)
            || capability.Key.StartsWith("VSTS_AGENT_INPUT", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_configuration_has_the_token_in_its_environment_alone_and_the_listener_not_at_all()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(new(
            """
            echo "config: $(tr '\0' ' ' < /proc/$$/cmdline)"
            echo "may send over http: $VSS_ALLOW_UNSAFE_BASICAUTH"
            echo "named: $(env | grep -F "$VSTS_AGENT_INPUT_TOKEN" | cut -d= -f1 | tr '\n' ' ')"
            "$TIDEPOOL_AGENT" builtin configure "$@"
            """,
            """
            echo "basic over http: <$VSS_ALLOW_UNSAFE_BASICAUTH>"
            echo "listener: $(env | grep -c -E '^(AZP_TOKEN|VSTS_AGENT_INPUT_TOKEN)=')"
            trap 'exit 0' INT
            while :; do sleep 0.05; done
            """));
        await agent.LogAsync("listener: ");

        Assert.Contains("listener: 0", agent.Log);
        Assert.Contains("may send over http: true", agent.Log);
        Assert.Contains("basic over http: <>", agent.Log);
        Assert.Contains("named: VSTS_AGENT_INPUT_TOKEN ", agent.Log);
        Assert.Contains(agent.Log, line => line.StartsWith("config: ", StringComparison.Ordinal)
            && line.EndsWith($"--pool fargate --agent {Environment.MachineName} --work {agent.Folder}/_work --acceptTeeEula --replace ", StringComparison.Ordinal));
    }
}
