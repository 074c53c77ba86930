using System.Globalization;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate;

public sealed class TaskDiskSpecs
{
    private const long GiB = 1L << 30;

    [Fact]
    public async Task Volumes_and_layers_of_a_task_share_one_disk_of_the_tasks_size()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"{Df} /shared-storage /tmp ~; ls -A /shared-storage /tmp ~; echo end; {FargateRig.Wait}"),
            FargateRig.Container("agent-2", $"{Df} /shared-storage /tmp ~; echo end; {FargateRig.Wait}"));

        var (one, other) = (await rig.LogUntilAsync(task, "agent-1", "end"), await rig.LogUntilAsync(task, "agent-2", "end"));
        var sizes = one.Split('\n')[1..4].Concat(other.Split('\n')[1..4]).Distinct();
        Assert.InRange(long.Parse(Assert.Single(sizes).Trim(), CultureInfo.InvariantCulture), 20 * GiB, 21 * GiB);
        Assert.DoesNotContain("lost+found", one);
    }

    [Fact]
    public async Task At_the_limit_a_write_gets_ENOSPC_in_every_container_of_the_task_and_in_no_other()
    {
        await using var rig = await StartAsync();
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(
                FargateRig.Container("filler", $"fallocate -l 21G /shared-storage/a && echo fits; (fallocate -l 2G /tmp/b) 2>&1; echo end; {FargateRig.Wait}"),
                FargateRig.Container("writer", $"until [ -e /shared-storage/go ]; do sleep 0.01; done; (head -c 3000000000 /dev/zero > ~/c) 2>&1; rm ~/c; echo end; {FargateRig.Wait}")) with
            {
                EphemeralStorage = new(21),
            },
            FargateRig.Ct);
        var task = await rig.RunAsync(definition.TaskDefinitionArn);
        var other = await rig.RunAsync(FargateRig.Container("agent-1", $"until [ -e /shared-storage/go ]; do sleep 0.01; done; fallocate -l 19G /tmp/mine && echo fits; {FargateRig.Wait}"));

        Assert.Equal("fits\nfallocate: fallocate failed: No space left on device\nend\n", await rig.LogUntilAsync(task, "filler", "end"));
        File.WriteAllText(Path.Combine(rig.Fargate.DescribeVolumes(task)[0].HostPath, "go"), "");
        File.WriteAllText(Path.Combine(rig.Fargate.DescribeVolumes(other)[0].HostPath, "go"), "");
        Assert.Equal("head: error writing 'standard output': No space left on device\nend\n", await rig.LogUntilAsync(task, "writer", "end"));
        Assert.Equal("fits\n", await rig.LogUntilAsync(other, "agent-1", "\n"));
        Assert.Equal(EcsTaskStatus.Running, (await rig.DescribeAsync(task)).LastStatus);
    }

    private const string Df = "df --block-size=1 --output=avail";

    private static async Task<FargateRig> StartAsync(Func<FargateOptions, FargateOptions>? change = null)
    {
        var rig = await FargateRig.StartAsync(change);
        if (rig.Fargate.Runtime.NotExercised.FirstOrDefault(line => line.StartsWith("The size of the task's disk: ", StringComparison.Ordinal)) is { } line)
        {
            await rig.DisposeAsync();
            Assert.Skip(line);
        }

        return rig;
    }
}
