namespace Tidepool.Tests.Fargate.Runtimes;

/// <summary>A task in Podman, through its service with Docker's API.</summary>
public sealed class PodmanSpecs
{
    [Fact]
    public async Task A_task_runs_in_Podman_and_the_runtime_says_what_Podman_leaves_out()
    {
        await using var podman = new DockerDaemon { Podman = true };
        await using var rig = await podman.RigAsync();
        var definition = FargateRig.Definition(
            FargateRig.Container("one", $"echo from one > /shared-storage/a; stat -c '%u:%g %a' /shared-storage; {FargateRig.Wait}"),
            FargateRig.Container("other", $"until [ -s /shared-storage/a ]; do sleep 0.05; done; cat /shared-storage/a; stat -c '%u:%g %a' /data; {FargateRig.Wait}") with
            {
                MountPoints = [new("bind-mount-storage", "/shared-storage"), new("more", "/data")],
            },
            FargateRig.Container("brief", "exit 3") with { Essential = false });
        var registered = await rig.Fargate.RegisterTaskDefinitionAsync(
            definition with { Volumes = [.. definition.Volumes, new() { Name = "more" }] }, FargateRig.Ct);
        var task = await rig.RunAsync(registered.TaskDefinitionArn);

        await rig.LogUntilAsync(task, "other", "0:0 755\n");
        var running = await rig.UntilAsync(task, shown => shown is { LastStatus: "RUNNING" } && shown.Containers[2].ExitCode is not null);
        Assert.Equal(("1000:1000 755\n", "from one\n0:0 755\n", 3), (rig.Log(task, "one"), rig.Log(task, "other"), running.Containers[2].ExitCode));
        Assert.Equal(4, running.Attachments[0].Details.Count(detail => detail.Name is not "subnetId"));

        var stopped = await rig.StopAsync(task);
        Assert.Equal([0, 0, 3], stopped.Containers.Select(container => container.ExitCode));
        Assert.All(rig.Fargate.DescribeVolumes(task), volume => Assert.True(volume.Removed));
        Assert.StartsWith("Podman ", rig.Fargate.Runtime.Mode);
        Assert.Contains(rig.Fargate.Runtime.NotExercised, line => line.StartsWith("The content of a VOLUME", StringComparison.Ordinal));
    }
}
