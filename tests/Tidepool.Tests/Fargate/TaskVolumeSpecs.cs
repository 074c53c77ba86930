using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate;

public sealed class TaskVolumeSpecs
{
    [Fact]
    public async Task Containers_of_one_task_share_the_volume()
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"echo from-one > /shared-storage/a; {FargateRig.Wait}"),
            FargateRig.Container("agent-2", $"until [ -s /shared-storage/a ]; do sleep 0.01; done; cat /shared-storage/a; {FargateRig.Wait}"));

        Assert.Contains("from-one", await rig.LogUntilAsync(task, "agent-2", "from-one"));

        var volume = Assert.Single(rig.Fargate.DescribeVolumes(task));
        Assert.True(Directory.Exists(volume.HostPath));
        var stopped = await rig.StopAsync(task);
        Assert.False(Directory.Exists(volume.HostPath));
        Assert.Equal(EcsStopCode.UserInitiated, stopped.StopCode);
    }
}
