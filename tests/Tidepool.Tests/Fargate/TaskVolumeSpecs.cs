using Tidepool.Fargate;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate;

/// <summary>In the sandbox.</summary>
public sealed class TaskVolumeSpecs : TaskVolumeContract
{
    private protected override Task<FargateRig> StartAsync() => FargateRig.StartAsync();
}

/// <summary>In a real container engine.</summary>
public sealed class EngineTaskVolumeSpecs(DockerDaemon daemon) : TaskVolumeContract
{
    private protected override Task<FargateRig> StartAsync() => daemon.RigAsync();
}

/// <summary>What holds in every container runtime.</summary>
public abstract class TaskVolumeContract
{
    private protected abstract Task<FargateRig> StartAsync();

    private const UnixFileMode Rwxr_xr_x = (UnixFileMode)0x1ed;

    [Fact]
    public async Task Containers_of_one_task_share_the_volume_and_it_goes_with_the_task()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"echo from-one > /shared-storage/a; {FargateRig.Wait}"),
            FargateRig.Container("agent-2", $"until [ -s /shared-storage/a ]; do sleep 0.01; done; cat /shared-storage/a; {FargateRig.Wait}"));

        await rig.LogUntilAsync(task, "agent-2", "from-one");
        var volume = Assert.Single(rig.Fargate.DescribeVolumes(task));
        Assert.Equal("bind-mount-storage", volume.Name);
        Assert.Equal("from-one\n", File.ReadAllText(Path.Combine(volume.HostPath, "a")));

        var stopped = await rig.StopAsync(task);
        Assert.Equal((EcsStopCode.UserInitiated, "Task stopped by user"), (stopped.StopCode, stopped.StoppedReason));
        Assert.False(Directory.Exists(volume.HostPath));
        var gone = Assert.Single(rig.Fargate.DescribeVolumes(task));
        Assert.Equal((true, volume.Inode, volume.Device, volume.BornAt), (gone.Removed, gone.Inode, gone.Device, gone.BornAt));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(rig.EnvironmentFolder, "tasks")));
    }

    [Fact]
    public async Task Tasks_of_one_definition_never_share_a_volume()
    {
        await using var rig = await StartAsync();
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container("agent-1", $"echo found: $(ls /shared-storage); touch /shared-storage/mine; {FargateRig.Wait}")), FargateRig.Ct);
        var first = await rig.RunAsync(definition.TaskDefinitionArn);
        await rig.LogUntilAsync(first, "agent-1", "found:");
        var second = await rig.RunAsync(definition.TaskDefinitionArn);

        Assert.Equal("found:\n", await rig.LogUntilAsync(second, "agent-1", "\n"));
        var (one, other) = (rig.Fargate.DescribeVolumes(first)[0], rig.Fargate.DescribeVolumes(second)[0]);
        Assert.NotEqual(one.HostPath, other.HostPath);
        Assert.NotEqual((one.Device, one.Inode, one.BornAt), (other.Device, other.Inode, other.BornAt));
    }

    [Fact]
    public async Task A_container_restarted_in_place_after_a_crash_finds_its_files_and_its_layer()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"echo found: $(ls /shared-storage /home/agent /tmp | grep kept); touch /shared-storage/kept-v ~/kept-h /tmp/kept-t; {FargateRig.Wait}") with
            {
                RestartPolicy = new(true),
            },
            FargateRig.Container("agent-2", FargateRig.Wait));
        await rig.RunningAsync(task);
        await rig.LogUntilAsync(task, "agent-1", "found:");
        var before = await rig.DescribeAsync(task);
        await Condition.UntilAsync(() => TimeProvider.System.GetUtcNow() - before.Containers[0].StartedAt > TimeSpan.FromMilliseconds(150), "the attempt period");

        await rig.Fargate.CrashContainerAsync(task, "agent-1", FargateRig.Ct);
        var restarted = await rig.UntilAsync(task, shown => shown.Containers[0] is { RestartCount: 1, LastStatus: "RUNNING" });

        var log = await rig.LogUntilAsync(task, "agent-1", "kept-t");
        Assert.Equal("found:\nfound: kept-h kept-v kept-t\n".Split().Order(), log.Split().Order());
        Assert.Equal(("RUNNING", before.Containers[0].RuntimeId), (restarted.LastStatus, restarted.Containers[0].RuntimeId));
        Assert.Equal(before.Containers[1].StartedAt, restarted.Containers[1].StartedAt);
        Assert.Contains(
            await rig.ChangesAsync(task, change => change.Kind is TaskStateChangeKind.ContainerRestart), change => change is { Kind: TaskStateChangeKind.Container, ContainerName: "agent-1", Status: "STOPPED", ExitCode: 137 });
    }

    [Fact]
    public async Task Without_a_VOLUME_at_its_path_a_volume_is_roots_and_refuses_the_agents_write()
    {
        await using var rig = await StartAsync();
        Assert.SkipUnless(rig.Fargate.Runtime.OwnersEnforced, "This user has no range in /etc/subuid, so owners are not enforced.");
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"stat -c 'is %u:%g %a' /data; id -u; touch /data/x 2>&1; {FargateRig.Wait}") with
        {
            MountPoints = [new("bind-mount-storage", "/data")],
        });

        Assert.Equal("is 0:0 755\n1000\ntouch: cannot touch '/data/x': Permission denied\n", await rig.LogUntilAsync(task, "agent-1", "denied"));
        var volume = Assert.Single(rig.Fargate.DescribeVolumes(task));
        Assert.Equal((0, 0, Rwxr_xr_x, true), (volume.Uid, volume.Gid, volume.Mode, volume.OwnersEnforced));
    }

    [Fact]
    public async Task At_the_images_VOLUME_a_volume_has_the_images_owner_and_takes_the_agents_write()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"touch /shared-storage/x && stat -c 'is %u:%g %a' /shared-storage; {FargateRig.Wait}"));

        Assert.Equal("is 1000:1000 755\n", await rig.LogUntilAsync(task, "agent-1", "\n"));
        var volume = Assert.Single(rig.Fargate.DescribeVolumes(task));
        Assert.Equal((1000, 1000, Rwxr_xr_x), (volume.Uid, volume.Gid, volume.Mode));
    }

    [Fact]
    public async Task An_init_container_that_runs_as_root_can_give_a_volume_to_the_agent()
    {
        await using var rig = await StartAsync();
        Assert.SkipUnless(rig.Fargate.Runtime.OwnersEnforced, "This user has no range in /etc/subuid, so owners are not enforced.");
        var stopped = await rig.RunToEndAsync(
            FargateRig.Container("init", "chown 1000:1000 /data") with { User = "root", Essential = false, MountPoints = [new("bind-mount-storage", "/data")] },
            FargateRig.Container("agent-1", "touch /data/x && stat -c %u /data/x") with
            {
                MountPoints = [new("bind-mount-storage", "/data")],
                DependsOn = [new("init", "SUCCESS")],
            });

        Assert.Equal([0, 0], stopped.Containers.Select(container => container.ExitCode));
        Assert.Equal("1000\n", rig.Log(stopped.TaskArn, "agent-1"));
    }

    [Fact]
    public async Task A_read_only_mount_refuses_one_container_only()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("writer", $"touch /shared-storage/x && echo wrote; {FargateRig.Wait}"),
            FargateRig.Container("reader", $"touch /shared-storage/y 2>&1; {FargateRig.Wait}") with
            {
                MountPoints = [new("bind-mount-storage", "/shared-storage", ReadOnly: true)],
            },
            FargateRig.Container("borrower", $"until ls /shared-storage/x; do sleep 0.01; done; touch /shared-storage/z 2>&1; {FargateRig.Wait}") with
            {
                MountPoints = [],
                VolumesFrom = [new("writer", ReadOnly: true)],
            });

        await rig.LogUntilAsync(task, "writer", "wrote");
        Assert.Equal("touch: cannot touch '/shared-storage/y': Read-only file system\n", await rig.LogUntilAsync(task, "reader", "\n"));
        Assert.EndsWith("touch: cannot touch '/shared-storage/z': Read-only file system\n", await rig.LogUntilAsync(task, "borrower", "Read-only"));
    }

    [Fact]
    public async Task With_a_read_only_root_the_volume_stays_writable()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(
            FargateRig.Container("agent-1", "touch /tmp/x ~/x /usr/x /x 2>&1 | grep -c Read-only; touch /shared-storage/x") with { ReadonlyRootFilesystem = true });

        Assert.Equal(("4\n", 0), (rig.Log(stopped.TaskArn, "agent-1"), stopped.Containers[0].ExitCode));
    }

    [Fact]
    public async Task Whatever_a_job_leaves_in_a_volume_is_removed()
    {
        await using var rig = await StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container(
            "agent-1", "mkdir -p /shared-storage/a/b /tmp/t && touch /shared-storage/a/b/c && ln -s /etc /shared-storage/a/link && chmod 0 /shared-storage/a/b /shared-storage/a /tmp/t"));

        Assert.Equal(0, stopped.Containers[0].ExitCode);
        Assert.True(Assert.Single(rig.Fargate.DescribeVolumes(stopped.TaskArn)).Removed);
        Assert.Empty(Directory.GetDirectories(Path.Combine(rig.EnvironmentFolder, "tasks")));
        Assert.True(File.Exists("/etc/passwd"));
    }
}
