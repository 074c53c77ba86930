using Tidepool.Fargate;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate.Runtimes;

/// <summary>Namespaces and kernel parameters that a task definition asks for, in a real engine.</summary>
public sealed class EngineNamespaceSpecs(DockerDaemon daemon)
{
    private const string Processes = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done";

    [Theory]
    [InlineData("task", true)]
    [InlineData(null, false)]
    public async Task Containers_share_their_processes_only_where_the_definition_says_so(string? pidMode, bool shared)
    {
        await using var rig = await daemon.RigAsync();
        var marker = $"marker-{Guid.NewGuid():n}";
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(
                FargateRig.Container("agent-1", $"exec -a {marker} sleep 1000") with { HealthCheck = new(["CMD-SHELL", "true"], Interval: 5) },
                FargateRig.Container("agent-2", $"{Processes}; echo end; {FargateRig.Wait}") with { DependsOn = [new("agent-1", "HEALTHY")] }) with
            {
                PidMode = pidMode,
            },
            FargateRig.Ct);
        var task = await rig.RunAsync(definition.TaskDefinitionArn);
        var log = await rig.LogUntilAsync(task, "agent-2", "\nend\n");

        Assert.Equal(shared, log.Contains(marker, StringComparison.Ordinal));
        Assert.Equal(shared, log.Contains("hold-network", StringComparison.Ordinal));
        var stopped = await rig.StopAsync(task);
        Assert.Equal(0, stopped.Containers[1].ExitCode);
        Assert.Empty(HostProcesses.WithArgument(marker));
    }

    [Fact]
    public async Task Every_process_of_a_container_is_gone_when_it_ends_though_the_task_shares_its_processes()
    {
        await using var rig = await daemon.RigAsync();
        var marker = $"marker-{Guid.NewGuid():n}";
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(
                FargateRig.Container("short", $"(setsid bash -c 'exec -a {marker} sleep 1000' &); exit 3") with { Essential = false },
                FargateRig.Container("long", FargateRig.Wait)) with
            {
                PidMode = "task",
            },
            FargateRig.Ct);
        var task = await rig.RunAsync(definition.TaskDefinitionArn);
        await rig.UntilAsync(task, found => found.Containers[0].LastStatus is EcsTaskStatus.Stopped);

        Assert.Equal("RUNNING", (await rig.RunningAsync(task)).Containers[1].LastStatus);
        await Condition.UntilAsync(() => HostProcesses.WithArgument(marker).Count == 0, "the end of what the container left behind");
    }

    [Fact]
    public async Task A_task_that_shares_its_processes_with_the_holder_finds_no_volumes_of_other_tasks_there()
    {
        await using var rig = await daemon.RigAsync();
        var other = await rig.RunAsync(FargateRig.Container("agent-1", $"echo ready; {FargateRig.Wait}"));
        await rig.LogUntilAsync(other, "agent-1", "ready");
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container("agent-1", "ls /proc/1/root/.tidepool /proc/1/root/.tidepool/volumes") with
            {
                User = "root",
                LinuxParameters = new() { Capabilities = new(Add: ["SYS_PTRACE"]) },
            }) with
            {
                PidMode = "task",
            },
            FargateRig.Ct);
        var stopped = await rig.StoppedAsync(await rig.RunAsync(definition.TaskDefinitionArn));

        var log = rig.Log(stopped.TaskArn, "agent-1");
        Assert.Contains("sockets\n", log, StringComparison.Ordinal);
        Assert.DoesNotContain(EcsArns.NameOf(other), log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task System_controls_of_the_network_hold_for_all_containers_and_others_for_their_own()
    {
        await using var rig = await daemon.RigAsync();
        const string Show = "cat /proc/sys/net/ipv4/tcp_keepalive_time /proc/sys/kernel/msgmax";
        var stopped = await rig.RunToEndAsync(
            FargateRig.Container("agent-1", $"{Show}; {FargateRig.Wait}") with
            {
                SystemControls = [new("net.ipv4.tcp_keepalive_time", "100"), new("kernel.msgmax", "4096")],
            },
            FargateRig.Container("agent-2", $"until [ -e /shared-storage/x ]; do {Show}; touch /shared-storage/x; done") with
            {
                SystemControls = [new("net.ipv4.tcp_keepalive_time", "300")],
                DependsOn = [new("agent-1", "START")],
            });

        Assert.Equal("300\n4096\n", rig.Log(stopped.TaskArn, "agent-1"));
        Assert.Equal("300\n8192\n", rig.Log(stopped.TaskArn, "agent-2"));
    }

    [Fact]
    public async Task Standard_input_of_an_interactive_container_stays_open()
    {
        await using var rig = await daemon.RigAsync();
        var ended = await rig.RunToEndAsync(FargateRig.Container("agent-1", "cat; exit 4"));
        Assert.Equal(4, ended.Containers[0].ExitCode);

        var task = await rig.RunAsync(FargateRig.Container("agent-1", "echo ready; cat; exit 4") with { Interactive = true });
        await rig.LogUntilAsync(task, "agent-1", "ready");
        Assert.Equal(137, (await rig.StopAsync(task)).Containers[0].ExitCode);
    }
}
