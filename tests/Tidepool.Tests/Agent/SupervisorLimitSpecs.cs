namespace Tidepool.Tests.Agent;

/// <summary>The limits that take their time; in a class of their own, so that the others do not wait for them.</summary>
public sealed class SupervisorLimitSpecs
{
    [Fact]
    public async Task A_listener_that_hears_nothing_is_killed_with_all_it_started_when_its_time_is_over()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.Listening("""
            trap '' INT TERM
            setsid bash -c 'trap "" INT TERM; echo "left $$"; while :; do sleep 0.05; done' &
            echo "Listening for Jobs"
            while :; do sleep 0.05; done
            """));
        await agent.LogAsync("left ");
        await agent.LogAsync("Listening for Jobs");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        await agent.LogAsync("Stop: the listener did not end within 30 s of SIGINT and is killed, after 30.");
        Assert.False(Directory.Exists($"/proc/{agent.Log.First(line => line.StartsWith("left ", StringComparison.Ordinal))["left ".Length..]}"));
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task A_crash_loop_ends_the_container_with_the_reason()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.Listening("echo no library >&2; exit 134"));

        Assert.Equal(1, await agent.ExitAsync());
        await agent.LogAsync(
            "AGENT014: The listener ended 5 times within 10 min, at last with exit code 134. Its last line: \"no library\". Read the listener's last lines.");
        Assert.Equal(4, agent.Log.Count(line => line.StartsWith("The listener ended with exit code 134 and is started again in ", StringComparison.Ordinal)));
        Assert.Empty(agent.Service.Agents);
    }
}
