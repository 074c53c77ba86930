using System.Globalization;
using System.Text.RegularExpressions;
using Tidepool.Fargate;
using Tidepool.Tasks;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate;

/// <summary>In the sandbox.</summary>
public sealed partial class TaskDiskSpecs : TaskDiskContract
{
    private protected override Task<FargateRig> StartRigAsync() => FargateRig.StartAsync();

    [Fact]
    public async Task Layers_are_on_the_tasks_disk_too()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("filler", $"{Df} /shared-storage /tmp ~; (fallocate -l 21G ~/a || fallocate -l 19G ~/a) 2>&1; echo end; {FargateRig.Wait}"),
            FargateRig.Container("writer", $"until [ -e /shared-storage/go ]; do sleep 0.01; done; (head -c 3000000000 /dev/zero > /tmp/c) 2>&1; rm /tmp/c; echo end; {FargateRig.Wait}"));

        var filled = await rig.LogUntilAsync(task, "filler", "end");
        Assert.Single(filled.Split('\n')[1..4].Distinct());
        Assert.EndsWith("\nfallocate: fallocate failed: No space left on device\nend\n", filled);
        Go(rig, task);
        Assert.Equal("head: error writing 'standard output': No space left on device\nend\n", await rig.LogUntilAsync(task, "writer", "end"));
        Assert.Equal(EcsTaskStatus.Running, (await rig.DescribeAsync(task)).LastStatus);
    }

    [Fact]
    public async Task The_metric_is_the_disks_own_figure_and_falls_with_what_is_deleted()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container(
            "agent-1",
            $"metric() {{ curl -s $ECS_CONTAINER_METADATA_URI_V4/task | grep -o '\"EphemeralStorageMetrics\":{{[^}}]*}}'; }}; fallocate -l 1000M /shared-storage/a; fallocate -l 500M ~/b; metric; rm /shared-storage/a; metric; echo end; {FargateRig.Wait}"));

        var metrics = Metrics(await rig.LogUntilAsync(task, "agent-1", "end"));
        Assert.Equal([1500, 500], metrics.Select(metric => metric.Utilized));
        Assert.All(metrics, metric => Assert.Equal(20 * 1024, metric.Reserved));
    }
}

/// <summary>In a real container engine.</summary>
public sealed class EngineTaskDiskSpecs(DockerDaemon daemon) : TaskDiskContract
{
    // The engine is asked for layers at most every ten seconds; the first answer comes after the first question.
    private const string Ask =
        "while sleep 0.2; do exec 3<>/dev/tcp/169.254.170.2/80; printf 'GET %s HTTP/1.0\\r\\n\\r\\n' \"${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}/task\" >&3; cat <&3 | grep -o '\"EphemeralStorageMetrics\":{[^}]*}'; done";

    private protected override Task<FargateRig> StartRigAsync() => daemon.RigAsync();

    [Fact]
    public async Task The_metric_counts_the_image_the_volumes_and_the_writable_layers()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container(
            "agent-1", $"fallocate -l 1000M /shared-storage/a; fallocate -l 30M /tmp/b; ({Ask})& {FargateRig.Wait}"));
        using var client = daemon.Connect();
        var image = (await client.Images.InspectImageAsync(TestImage.Agent, FargateRig.Ct)).Size >> 20;

        await Condition.UntilAsync(
            () => Metrics(rig.Log(task, "agent-1")).LastOrDefault() is var (utilized, _) && utilized >= 1030 + image && utilized <= 1040 + image,
            "the metric with the layer in it");
    }
}

/// <summary>What holds in every container runtime where Tidepool may mount.</summary>
public abstract partial class TaskDiskContract
{
    private protected const long GiB = 1L << 30;
    private protected const string Df = "df --block-size=1 --output=avail";

    private protected abstract Task<FargateRig> StartRigAsync();

    [Fact]
    public async Task All_containers_of_a_task_see_one_disk_of_at_least_the_size_that_was_asked_for_and_an_empty_volume()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"{Df} /shared-storage; ls -A /shared-storage; echo end; {FargateRig.Wait}"),
            FargateRig.Container("agent-2", $"{Df} /shared-storage; ls -A /shared-storage; echo end; {FargateRig.Wait}"));

        var one = (await rig.LogUntilAsync(task, "agent-1", "end")).Split('\n');
        Assert.Equal(one, (await rig.LogUntilAsync(task, "agent-2", "end")).Split('\n'));
        Assert.Equal(["Avail", "end", ""], [one[0].Trim(), .. one[2..]]);
        Assert.InRange(long.Parse(one[1].Trim(), CultureInfo.InvariantCulture), 19.9 * GiB, 20.5 * GiB);
    }

    [Fact]
    public async Task At_its_limit_a_task_finds_its_disk_full_and_no_other_does()
    {
        await using var rig = await StartAsync();
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(
                FargateRig.Container("filler", $"fallocate -l 20500M /shared-storage/a && echo fits; (fallocate -l 2G /shared-storage/b) 2>&1; echo end; {FargateRig.Wait}"),
                FargateRig.Container("writer", $"until [ -e /shared-storage/go ]; do sleep 0.01; done; (head -c 3000000000 /dev/zero > /shared-storage/c) 2>&1; rm /shared-storage/c; echo end; {FargateRig.Wait}")) with
            {
                EphemeralStorage = new(21),
            },
            FargateRig.Ct);
        var task = await rig.RunAsync(definition.TaskDefinitionArn);
        var other = await rig.RunAsync(FargateRig.Container("agent-1", $"until [ -e /shared-storage/go ]; do sleep 0.01; done; fallocate -l 19G /shared-storage/mine && echo fits; {FargateRig.Wait}"));

        Assert.Equal("fits\nfallocate: fallocate failed: No space left on device\nend\n", await rig.LogUntilAsync(task, "filler", "end"));
        Go(rig, task);
        Assert.Equal("head: error writing 'standard output': No space left on device\nend\n", await rig.LogUntilAsync(task, "writer", "end"));
        await rig.RunningAsync(other);
        Go(rig, other);
        Assert.Equal("fits\n", await rig.LogUntilAsync(other, "agent-1", "\n"));
        Assert.Equal(EcsTaskStatus.Running, (await rig.DescribeAsync(task)).LastStatus);
    }

    private protected async Task<FargateRig> StartAsync()
    {
        var rig = await StartRigAsync();
        if (rig.Fargate.Runtime.NotExercised.FirstOrDefault(line => line.StartsWith("The size of the task's disk: ", StringComparison.Ordinal)) is { } line)
        {
            await rig.DisposeAsync();
            Assert.Skip(line);
        }

        return rig;
    }

    private protected static void Go(FargateRig rig, string task) => File.WriteAllText(Path.Combine(rig.Fargate.DescribeVolumes(task)[0].HostPath, "go"), "");

    private protected static IReadOnlyList<(int Utilized, int Reserved)> Metrics(string log) =>
    [
        .. Metric().Matches(log).Select(match => (
            int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))),
    ];

    [GeneratedRegex("""\{"Utilized":(\d+),"Reserved":(\d+)\}""")]
    private static partial Regex Metric();
}
