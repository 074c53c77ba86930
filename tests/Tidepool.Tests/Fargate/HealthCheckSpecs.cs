using System.Globalization;
using System.Text.Json.Nodes;
using Tidepool.Fargate;
using Tidepool.Tasks;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate;

/// <summary>In the sandbox.</summary>
public sealed class HealthCheckSpecs : HealthCheckContract
{
    private protected override Task<FargateRig> StartAsync() => FargateRig.StartAsync();

    [Theory]
    [InlineData("echo this; echo that >&2; exit 3", 3, "this\nthat\n")]
    [InlineData("head -c 5000 /dev/zero | tr '\\0' x; exit 4", 4, null)]
    [InlineData("sleep 1000", -1, "Health check exceeded timeout (2s)")]
    public async Task The_metadata_endpoint_tells_how_the_newest_check_ended(string check, int exitCode, string? output)
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"echo $ECS_CONTAINER_METADATA_URI_V4; {FargateRig.Wait}") with
            {
                HealthCheck = new(["CMD-SHELL", check], Interval: 5, Timeout: 2, Retries: 1),
            });
        await rig.UntilAsync(task, found => found.HealthStatus is EcsHealthStatus.Unhealthy);

        using var http = new HttpClient();
        var health = JsonNode.Parse(await http.GetStringAsync((await rig.LogUntilAsync(task, "agent-1", "\n")).Trim(), FargateRig.Ct))!["Health"]!;
        Assert.Equal(("UNHEALTHY", exitCode, output ?? new string('x', 4096)), ((string?)health["status"], (int?)health["exitCode"], (string?)health["output"]));
        Assert.True(DateTimeOffset.TryParse((string?)health["statusSince"], CultureInfo.InvariantCulture, out _));
    }

    [Fact]
    public async Task A_check_that_took_too_long_is_killed()
    {
        await using var rig = await StartAsync();
        var marker = $"tidepool-check-{Guid.NewGuid():n}";
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", FargateRig.Wait) with
            {
                HealthCheck = new(["CMD", "bash", "-c", $"exec -a {marker} sleep 1000"], Interval: 300, Timeout: 2, Retries: 1),
            });
        await rig.UntilAsync(task, found => found.HealthStatus is EcsHealthStatus.Unhealthy);

        Assert.Empty(HostProcesses.WithArgument(marker));
    }
}

/// <summary>In a real container engine.</summary>
public sealed class EngineHealthCheckSpecs(DockerDaemon daemon) : HealthCheckContract
{
    private protected override Task<FargateRig> StartAsync() => daemon.RigAsync();
}

/// <summary>What health checks are in each runtime.</summary>
public abstract class HealthCheckContract
{
    private protected abstract Task<FargateRig> StartAsync();

    [Fact]
    public async Task A_check_runs_in_the_container_as_its_user_with_its_variables_folder_files_and_processes()
    {
        await using var rig = await StartAsync();
        const string Check =
            """(echo "$(id -u):$(id -g) $PWD $GREETING $(cat /tmp/mine) $(cat /shared-storage/mine)"; tr '\0' ' ' < /proc/1/cmdline) > /shared-storage/seen; exit 3""";
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"echo tmp > /tmp/mine; echo volume > /shared-storage/mine; {FargateRig.Wait}") with
            {
                HealthCheck = new(["CMD-SHELL", Check], Interval: 5, Retries: 1),
                Environment = [new("GREETING", "hello")],
            });
        await rig.UntilAsync(task, found => found.HealthStatus is EcsHealthStatus.Unhealthy);

        Assert.StartsWith(
            "1000:1000 /home/agent hello tmp volume\nbash -c trap 'exit 0' TERM; echo tmp",
            File.ReadAllText(Path.Combine(rig.Fargate.DescribeVolumes(task)[0].HostPath, "seen")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_passes_makes_container_and_task_healthy_and_a_standalone_task_goes_on_when_it_fails_again()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"touch /tmp/ready; until [ -e /shared-storage/sick ]; do sleep 0.02; done; rm /tmp/ready; {FargateRig.Wait}") with
            {
                HealthCheck = new(["CMD", "cat", "/tmp/ready"], Interval: 5, Retries: 2),
            },
            FargateRig.Container("agent-2", FargateRig.Wait) with { Essential = false });
        var healthy = await rig.UntilAsync(task, found => found.HealthStatus is EcsHealthStatus.Healthy);
        Assert.Equal(["HEALTHY", "UNKNOWN"], healthy.Containers.Select(container => container.HealthStatus));

        File.WriteAllText(Path.Combine(rig.Fargate.DescribeVolumes(task)[0].HostPath, "sick"), "");
        var sick = await rig.UntilAsync(task, found => found.HealthStatus is EcsHealthStatus.Unhealthy);
        Assert.Equal(("RUNNING", "RUNNING", null), (sick.LastStatus, sick.DesiredStatus, sick.StopCode));
    }

    [Fact]
    public async Task A_dependent_starts_when_its_dependency_is_healthy()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(
            FargateRig.Container("db", $"sleep 0.3; touch /shared-storage/ready; {FargateRig.Wait}") with { HealthCheck = new(["CMD-SHELL", "[ -e /shared-storage/ready ]"], Interval: 5, Retries: 10) },
            FargateRig.Container("app", "ls /shared-storage; exit 4") with { DependsOn = [new("db", "HEALTHY")] });

        Assert.Equal(("ready\n", 4), (rig.Log(stopped.TaskArn, "app"), stopped.Containers[1].ExitCode));
    }

    [Fact]
    public async Task A_check_that_takes_too_long_has_failed()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", FargateRig.Wait) with { HealthCheck = new(["CMD-SHELL", "sleep 1000"], Interval: 5, Timeout: 2, Retries: 1) });

        Assert.Equal("UNHEALTHY", (await rig.UntilAsync(task, found => found.HealthStatus is not EcsHealthStatus.Unknown)).HealthStatus);
    }

    [Fact]
    public async Task A_check_whose_program_is_not_there_has_failed()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", FargateRig.Wait) with { HealthCheck = new(["CMD", "/no/such/program"], Interval: 5, Retries: 1) });

        Assert.Equal("UNHEALTHY", (await rig.UntilAsync(task, found => found.HealthStatus is not EcsHealthStatus.Unknown)).HealthStatus);
    }
}
