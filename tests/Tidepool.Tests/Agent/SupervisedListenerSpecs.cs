using System.Globalization;
using Tidepool.Agent.Posix;

namespace Tidepool.Tests.Agent;

/// <summary>The supervisor over a script that does what Microsoft's listener does at each of its ends.</summary>
public sealed class SupervisedListenerSpecs
{
    /// <summary>Listens until SIGINT, then ends in order; SIGTERM kills it, as it does Microsoft's.</summary>
    private const string Listens = """
        trap 'echo "$(date -u "+%F %TZ"): Exiting..."; exit 0' INT
        echo "$(date -u "+%F %TZ"): Listening for Jobs"
        while :; do sleep 0.05; done
        """;

    /// <summary>Ends with a code the first time, and listens the second.</summary>
    private static string EndsOnceWith(int code, string before = "") => $"if [ ! -e ../ended ]; then\ntouch ../ended\n{before}\nexit {code}\nfi\n{Listens}"
        .Replace("../", "$PWD/", StringComparison.Ordinal);

    [Fact]
    public async Task SIGTERM_becomes_SIGINT_for_the_listener_and_its_worker_gets_none()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.Listening($$"""
            bash -c 'trap "echo worker got INT >> {{Said}}" INT; trap "echo worker got TERM >> {{Said}}" TERM; while :; do sleep 0.05; done' &
            trap 'echo "listener got TERM" >> {{Said}}' TERM
            trap 'echo "listener got INT" >> {{Said}}; exit 0' INT
            echo "Listening for Jobs"
            while :; do sleep 0.05; done
            """));
        await agent.LogAsync("Listening for Jobs");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Equal(["listener got INT"], await SaidAsync(agent));
        await agent.LogAsync("Stop: killed what was left: bash");
        Assert.Empty(agent.Service.Agents);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public async Task A_listener_that_may_be_tried_again_is_started_again_and_what_it_left_is_killed(int code)
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(
            SupervisedScripts.Listening(EndsOnceWith(code, "sleep 1000 > /dev/null 2>&1 &\necho \"left $!\"")));

        await agent.LogAsync($"The listener ended with exit code {code} and is started again in 1 s.");
        await agent.LogAsync("Listening for Jobs");

        Assert.False(Directory.Exists($"/proc/{agent.Log.First(line => line.StartsWith("left ", StringComparison.Ordinal))["left ".Length..]}"));
        await agent.SignalAsync("TERM");
        Assert.Equal(0, await agent.ExitAsync());
    }

    [Fact]
    public async Task One_that_a_signal_ended_is_started_again()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.Listening(EndsOnceWith(0, "kill -TERM $$")));

        await agent.LogAsync("The listener ended with exit code 143 and is started again in 1 s.");
        await agent.LogAsync("Listening for Jobs");
    }

    [Theory]
    [InlineData(3, "")]
    [InlineData(4, "--once")]
    public async Task A_listener_that_updates_itself_is_started_again_when_its_script_is_done(int code, string once)
    {
        // As Microsoft's script: waits for the listener's end, moves the folder away, and puts the new one in its place.
        var script = $$"""
            cat > "$PWD/_update.sh" <<END
            while [ -e /proc/$$ ]; do sleep 0.02; done
            mv "$PWD/bin" "$PWD/bin.old"
            sleep 0.5
            mkdir "$PWD/bin"
            sed 's/^echo old/echo new/' "$PWD/bin.old/Agent.Listener" > "$PWD/bin/Agent.Listener"
            chmod 755 "$PWD/bin/Agent.Listener"
            echo "script done"
            END
            bash "$PWD/_update.sh" &
            """;
        await using var agent = await AgentUnderTest.SuperviseAsync(
            SupervisedScripts.Listening($"echo old \"$@\"\n{EndsOnceWith(code, script)}"),
            new Dictionary<string, string> { ["AZP_ONCE"] = once.Length > 0 ? "true" : "false" });

        await agent.LogAsync($"The listener ended with exit code {code} to update itself and is started again when that is done.");
        await agent.LogAsync($"new run --startuptype service {once}".TrimEnd());
        await agent.LogAsync("Listening for Jobs");

        var log = agent.Log.ToList();
        Assert.True(log.IndexOf("script done") < log.FindIndex(line => line.StartsWith("new run", StringComparison.Ordinal)), string.Join('\n', log));
    }

    [Fact]
    public async Task An_update_that_leaves_no_listener_ends_the_container_with_the_reason()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.Listening("rm -rf \"$PWD/bin\"\nexit 3"));

        Assert.Equal(1, await agent.ExitAsync());
        await agent.LogAsync(
            $"AGENT016: The agent's update of itself left no bin/Agent.Listener in {agent.AgentFolder}. "
            + "Make that folder writable for the agent's user; build the image with the version that the organization serves.");
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task A_listener_that_ends_for_good_ends_the_container_with_its_last_words()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.Listening("echo 'An error occurred: Not configured' >&2\nexit 1"));

        Assert.Equal(1, await agent.ExitAsync());
        await agent.LogAsync(
            "AGENT013: The listener ended with exit code 1: an error that another start would meet again. "
            + "Its last line: \"An error occurred: Not configured\". Read the listener's last lines.");
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task A_configuration_that_fails_three_times_ends_the_container_with_its_last_words_and_without_the_token()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(
            new("echo \"no room for $VSTS_AGENT_INPUT_TOKEN\" >&2; exit 1", Listens));

        Assert.Equal(1, await agent.ExitAsync());
        await agent.LogAsync(
            "AGENT012: config.sh could not configure the agent; its last try ended with exit code 1: \"no room for ***\". Do what its words say.");
        Assert.DoesNotContain(agent.Log, line => line.Contains(agent.Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_without_an_agent_is_named()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(
            SupervisedScripts.BuiltIn, new Dictionary<string, string> { ["AZP_AGENT_FOLDER"] = "/nowhere" });

        Assert.Equal(1, await agent.ExitAsync());
        await agent.LogAsync(
            "AGENT011: /nowhere has no agent: config.sh is not there or may not be executed. Set AZP_AGENT_FOLDER to the folder of Microsoft's agent.");
    }

    [Fact]
    public async Task A_signal_while_the_agent_is_configured_leaves_nothing_in_the_pool()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.BuiltIn with
        {
            Config = $"{SupervisedScripts.BuiltIn.Config.Replace("exec ", "", StringComparison.Ordinal)}\necho configured; sleep 1000",
        });
        await agent.LogAsync("configured");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
        await agent.LogAsync($"Stop: agent {Environment.MachineName} was removed from the pool before it had a listener.");
        await agent.LogAsync("Stop: done, before the agent was configured.");
    }

    /// <summary>A job is running as long as its worker lives, whatever the listener says in its own language.</summary>
    [Fact]
    public async Task A_worker_process_is_a_running_job_too()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(SupervisedScripts.Listening($"""
            cp "$(command -v sleep)" "$PWD/Agent.Worker"
            "$PWD/Agent.Worker" 2 &
            {Listens}
            """));
        await agent.LogAsync("Listening for Jobs");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        await agent.LogAsync("Stop: job of an unknown name ended, after ");
        Assert.DoesNotContain(agent.Log, line => line.StartsWith("Stop: killed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_a_job_may_take_no_time_no_job_is_said_to_be_cancelled_that_there_is_not()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(
            SupervisedScripts.Listening(Listens), new Dictionary<string, string> { ["AZP_DRAIN_SECONDS"] = "0" });
        await agent.LogAsync("Listening for Jobs");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        await agent.LogAsync("Stop: done, after ");
        Assert.DoesNotContain(agent.Log, line => line.Contains("is cancelled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_that_begins_while_an_idle_agent_leaves_is_waited_for_and_the_drain_counts_from_SIGTERM_on()
    {
        await using var proxy = await ServiceProxy.StartAsync(holds: "/agents/1", method: "PATCH");
        await using var agent = await proxy.SuperviseAsync(
            SupervisedScripts.Listening($"""
                while [ ! -e "$PWD/begin" ]; do sleep 0.02; done
                echo "$(date -u "+%F %TZ"): Running job: late"
                {Listens}
                """),
            new Dictionary<string, string> { ["AZP_IDLE_SECONDS"] = "1", ["AZP_DRAIN_SECONDS"] = "1" });
        await proxy.Held;
        await File.WriteAllTextAsync(Path.Combine(agent.AgentFolder, "begin"), "", TestContext.Current.CancellationToken);
        await agent.LogAsync("Running job: late");
        proxy.Release();
        await agent.LogAsync("Stop: job late is waited for.");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Contains("No job came for 1 s; the agent leaves.", agent.Log);
        await agent.LogAsync("Stop: job late did not end in time and is cancelled, after ");
        Assert.Empty(agent.Service.Agents);
    }

    /// <summary>As the first process of a container, every orphan of a job becomes its child.</summary>
    [Fact]
    public async Task The_first_process_of_a_container_reaps_orphans_and_hears_SIGTERM()
    {
        await using var agent = await AgentUnderTest.SuperviseAsync(
            SupervisedScripts.Listening($$"""
                echo "first $PPID"
                for i in 1 2 3 4 5 6 7 8; do (setsid sleep 0.1 &); done
                for try in $(seq 200); do
                  sleep 0.05
                  states=$(ps -o stat=,comm= --ppid 1)
                  grep -q sleep <<< "$states" || break
                done
                echo "zombies $(ps -e -o stat= | grep -c Z) orphans $(ps -o comm= --ppid 1 | grep -c sleep)"
                {{Listens}}
                """),
            asFirstProcess: true);
        await agent.LogAsync("zombies ");

        Assert.Contains("first 1", agent.Log);
        Assert.Contains("zombies 0 orphans 0", agent.Log);
        await agent.LogAsync("Listening for Jobs");
        var first = (await File.ReadAllTextAsync($"/proc/{agent.Id}/task/{agent.Id}/children", TestContext.Current.CancellationToken)).Trim();
        Libc.kill(int.Parse(first, CultureInfo.InvariantCulture), Libc.SIGTERM);
        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
    }

    private const string Said = "\"$PWD/said\"";

    private static Task<string[]> SaidAsync(AgentUnderTest agent) =>
        File.ReadAllLinesAsync(Path.Combine(agent.AgentFolder, "said"), TestContext.Current.CancellationToken);
}
