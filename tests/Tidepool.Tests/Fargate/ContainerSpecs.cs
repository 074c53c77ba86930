using Tidepool.Fargate;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate;

/// <summary>In the sandbox.</summary>
public sealed class ContainerSpecs : ContainerContract
{
    private protected override Task<FargateRig> StartAsync(Func<FargateOptions, FargateOptions>? change = null) => FargateRig.StartAsync(change);

    [Theory]
    [InlineData(null, "1000:1000 /home/agent /home/agent")]
    [InlineData("agent", "1000:1000 /home/agent /home/agent")]
    [InlineData("1000:0", "1000:0 /home/agent /home/agent")]
    [InlineData("root", "0:0 /root /root")]
    [InlineData("12345", "12345:0 / /home/agent")]
    public async Task A_container_runs_as_the_definitions_user(string? user, string expected)
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "echo $(id -u):$(id -g) $HOME $PWD; [ -z \"$(id -G | tr -d '0-9')\" ]") with { User = user });

        Assert.Equal((expected + "\n", 0), (rig.Log(stopped.TaskArn, "agent-1"), stopped.Containers[0].ExitCode));
    }

    [Fact]
    public async Task An_unknown_user_keeps_the_container_from_starting()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "") with { User = "jenkins" });

        Assert.Equal(
            (EcsStopCode.TaskFailedToStart, "CannotStartContainerError: unable to find user jenkins: no matching entries in passwd file"),
            (stopped.StopCode, stopped.StoppedReason));
        Assert.Null(stopped.Containers[0].ExitCode);
        Assert.Null(stopped.StartedAt);
    }

    [Fact]
    public async Task A_program_that_is_not_there_keeps_the_container_from_starting()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "") with { Command = ["/no/such/program"] });

        Assert.StartsWith("CannotStartContainerError: ", stopped.Containers[0].Reason);
        Assert.Contains("/no/such/program: No such file or directory", stopped.Containers[0].Reason);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_keeps_the_container_from_starting()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "") with { WorkingDirectory = "/no/such/folder" });

        Assert.Equal("CannotStartContainerError: bwrap: Can't chdir to /no/such/folder: No such file or directory", stopped.Containers[0].Reason);
    }

    [Fact]
    public async Task Both_streams_come_to_the_log_in_their_order()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done; printf last"));

        Assert.Equal(
            "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nout 4\nerr 4\nout 5\nerr 5\nlast", rig.Log(stopped.TaskArn, "agent-1"));
        Assert.Equal(
            Path.Combine(rig.EnvironmentFolder, "logs", "agents", "agent-1", stopped.TaskId), rig.Fargate.LogFile(stopped.TaskArn, "agent-1"));
    }

    [Fact]
    public async Task Starting_a_container_is_quick()
    {
        await using var rig = await StartAsync();
        var seconds = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "exit 0"));
            seconds.Add((stopped.StartedAt - stopped.PullStartedAt)!.Value.TotalSeconds);
        }

        // A wide margin over the 10 ms that it takes: other tests share this machine's processors.
        Assert.InRange(seconds.Order().ElementAt(2), 0, 0.5);
    }

    [Fact]
    public async Task Root_starts_in_its_home()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "echo $(id -u):$(id -g) $HOME $PWD") with { User = "root" });

        Assert.Equal("0:0 /root /root\n", rig.Log(stopped.TaskArn, "agent-1"));
    }
}

/// <summary>In a real container engine.</summary>
public sealed class EngineContainerSpecs(DockerDaemon daemon) : ContainerContract
{
    private protected override Task<FargateRig> StartAsync(Func<FargateOptions, FargateOptions>? change = null) => daemon.RigAsync(change);

    [Fact]
    public async Task A_program_that_is_not_there_keeps_the_container_from_starting()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "") with { Command = ["/no/such/program"] });

        Assert.Matches("^CannotStartContainerError: .*\"/no/such/program\": stat /no/such/program: no such file or directory", stopped.Containers[0].Reason);
        Assert.Equal(stopped.Containers[0].Reason, stopped.StoppedReason);
    }

    [Fact]
    public async Task Each_stream_comes_to_the_log_in_its_order()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done; printf last"));

        var log = rig.Log(stopped.TaskArn, "agent-1");
        Assert.Equal("out 1,out 2,out 3,out 4,out 5", string.Join(",", Lines(log, "out")));
        Assert.Equal("err 1,err 2,err 3,err 4,err 5", string.Join(",", Lines(log, "err")));
        Assert.Contains("last", log);

        static IEnumerable<string> Lines(string log, string stream) =>
            log.Replace("last", "\n", StringComparison.Ordinal).Split('\n').Where(line => line.StartsWith(stream, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Root_starts_in_the_images_folder()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "echo $(id -u):$(id -g) $HOME $PWD") with { User = "root" });

        Assert.Equal("0:0 /root /home/agent\n", rig.Log(stopped.TaskArn, "agent-1"));
    }
}

/// <summary>What holds in every container runtime.</summary>
public abstract class ContainerContract
{
    private protected abstract Task<FargateRig> StartAsync(Func<FargateOptions, FargateOptions>? change = null);

    [Fact]
    public async Task SIGTERM_lets_a_container_end_by_itself()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"trap 'echo draining; exit 7' TERM; echo ready; {FargateRig.Wait}"));
        await rig.LogUntilAsync(task, "agent-1", "ready");

        var stopped = await rig.StopAsync(task);

        Assert.Equal(7, stopped.Containers[0].ExitCode);
        Assert.Equal("ready\ndraining\n", rig.Log(task, "agent-1"));
    }

    [Fact]
    public async Task A_container_that_ignores_SIGTERM_is_killed_after_its_stop_timeout()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"trap '' TERM; echo ready; while :; do sleep 1; done") with { StopTimeout = 2 });
        await rig.LogUntilAsync(task, "agent-1", "ready");

        var stopped = await rig.StopAsync(task);

        Assert.Equal(137, stopped.Containers[0].ExitCode);
        Assert.InRange((stopped.ExecutionStoppedAt - stopped.StoppingAt)!.Value.TotalSeconds, 2, 10);
    }

    [Fact]
    public async Task A_program_that_dies_of_SIGTERM_shows_143_under_an_init_process()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", "") with
        {
            Command = ["bash", "-c", "echo ready; exec sleep 1000"],
            LinuxParameters = new() { InitProcessEnabled = true },
        });
        await rig.LogUntilAsync(task, "agent-1", "ready");

        Assert.Equal(143, (await rig.StopAsync(task)).Containers[0].ExitCode);
    }

    [Fact]
    public async Task The_end_of_an_essential_container_stops_the_others_and_the_task()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(
            FargateRig.Container("agent-1", "exit 3"),
            FargateRig.Container("agent-2", $"trap 'echo told; exit 0' TERM; {FargateRig.Wait}"));

        Assert.Equal((EcsStopCode.EssentialContainerExited, "Essential container in task exited"), (stopped.StopCode, stopped.StoppedReason));
        Assert.Equal(3, stopped.Containers[0].ExitCode);
        Assert.Equal("STOPPED", stopped.Containers[1].LastStatus);
    }

    [Fact]
    public async Task Changes_come_in_the_order_of_the_life_cycle()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "exit 0"));

        var changes = await rig.ChangesAsync(stopped.TaskArn);
        Assert.Equal(
            [
                "PROVISIONING", "PENDING", "ACTIVATING", "agent-1 RUNNING", "RUNNING", "agent-1 STOPPED", "RUNNING STOPPED", "DEACTIVATING STOPPED",
                "STOPPING STOPPED", "DEPROVISIONING STOPPED", "STOPPED STOPPED",
            ],
            changes.Select(change => change.ContainerName is { } name ? $"{name} {change.Status}"
                : change.DesiredStatus is "STOPPED" ? $"{change.Status} STOPPED" : change.Status));
        Assert.Equal(changes.OrderBy(change => change.At).Select(change => change.At), changes.Select(change => change.At));
        Assert.Equal("1.4.0", stopped.PlatformVersion);
        Assert.Matches("^arn:aws:ecs:us-east-1:000000000000:task/c/[0-9a-f]{32}$", stopped.TaskArn);
        Assert.Matches("^[0-9a-f]{32}-[0-9]{10}$", stopped.Containers[0].RuntimeId);
        Assert.Equal("family:f", stopped.Group);
    }

    [Fact]
    public async Task Output_without_a_log_configuration_is_lost_as_on_Fargate()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "head -c 1000000 /dev/zero; echo; exit 5") with { LogConfiguration = null });

        Assert.Equal(5, stopped.Containers[0].ExitCode);
        Assert.Null(rig.Fargate.LogFile(stopped.TaskArn, "agent-1"));
    }

    [Fact]
    public async Task A_stream_prefix_cannot_leave_the_logs_folder()
    {
        await using var rig = await StartAsync();
        var container = FargateRig.Container("agent-1", "echo x");
        var stopped = await rig.RunToEndAsync(container with
        {
            LogConfiguration = container.LogConfiguration! with
            {
                Options = new Dictionary<string, string>(container.LogConfiguration.Options!) { ["awslogs-stream-prefix"] = "../../up" },
            },
        });

        Assert.Equal(Path.Combine(rig.EnvironmentFolder, "logs", "_", "_", "up", "agent-1", stopped.TaskId), rig.Fargate.LogFile(stopped.TaskArn, "agent-1"));
        Assert.Equal("x\n", rig.Log(stopped.TaskArn, "agent-1"));
    }

    [Fact]
    public async Task Every_process_of_a_container_is_gone_when_it_ends()
    {
        await using var rig = await StartAsync();
        var marker = $"tidepool-orphan-{Guid.NewGuid():n}";
        var task = await rig.RunAsync(FargateRig.Container(
            "agent-1", $"setsid bash -c 'trap \"\" TERM HUP; (exec -a {marker} sleep 1000) & disown; exec -a {marker} sleep 1000' & echo ready; {FargateRig.Wait}"));
        await rig.LogUntilAsync(task, "agent-1", "ready");
        await Condition.UntilAsync(() => HostProcesses.WithArgument(marker).Count >= 2, "the orphans");

        await rig.StopAsync(task);

        Assert.Empty(HostProcesses.WithArgument(marker));
    }

    [Fact]
    public async Task A_crash_soon_after_the_start_stops_the_task_rather_than_restart_for_ever()
    {
        // Six of the period's 300 s: a busy machine may take some to start a container and see its end.
        await using var rig = await StartAsync(options => options with { TimeScale = 0.02 });
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "exit 1") with { RestartPolicy = new(true) });

        Assert.Equal(EcsStopCode.EssentialContainerExited, stopped.StopCode);
        Assert.Equal(0, stopped.Containers[0].RestartCount);
    }

    [Fact]
    public async Task A_container_is_restarted_in_place_until_it_ends_with_a_code_that_is_ignored()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(
            FargateRig.Container("agent-1", "echo run >> /shared-storage/runs; sleep 0.3; [ $(grep -c run /shared-storage/runs) = 3 ] && exit 7; exit 1") with
            {
                RestartPolicy = new(true, [7], 60),
            });

        Assert.Equal((EcsStopCode.EssentialContainerExited, 7, 2), (stopped.StopCode, stopped.Containers[0].ExitCode, stopped.Containers[0].RestartCount));
    }

    [Fact]
    public async Task Only_a_running_container_can_crash()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "exit 0"));

        var problem = await Assert.ThrowsAsync<ProblemException>(() => rig.Fargate.CrashContainerAsync(stopped.TaskArn, "agent-1", FargateRig.Ct));
        Assert.Equal($"FARGATE007: Container agent-1 of task {stopped.TaskId} does not run. Wait until it is RUNNING.", problem.Message);
    }
}
