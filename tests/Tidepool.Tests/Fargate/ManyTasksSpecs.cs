using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate;

/// <summary>Many tasks at once.</summary>
public sealed class ManyTasksSpecs
{
    private const int Calls = 3;
    private const int TasksPerCall = 10;

    [Fact]
    public async Task Thirty_tasks_at_once_run_are_described_and_leave_no_process_mount_or_folder()
    {
        await using var rig = await FargateRig.StartAsync();
        var marker = $"{1_000_000 + Random.Shared.Next(1_000_000)}";
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container("agent-1", $"sleep {marker} & wait $!")), FargateRig.Ct);
        var tasks = new List<string>();
        for (var i = 0; i < Calls; i++)
        {
            var answer = await rig.Fargate.RunTaskAsync(
                new() { Cluster = "c", TaskDefinition = definition.TaskDefinitionArn, NetworkConfiguration = FargateRig.Network, Count = TasksPerCall }, FargateRig.Ct);
            tasks.AddRange(answer.Tasks.Select(task => task.TaskArn));
        }

        await Task.WhenAll(tasks.Select(rig.RunningAsync));
        var described = await rig.Fargate.DescribeTasksAsync("c", tasks, FargateRig.Ct);
        Assert.Equal(tasks, described.Tasks.Select(task => task.TaskArn));
        Assert.NotEmpty(FoldersOf(rig, tasks));
        await Condition.UntilAsync(() => HostProcesses.WithArgument(marker).Count == tasks.Count, "a process of each task");

        await Task.WhenAll(tasks.Select(rig.StopAsync));

        Assert.Empty(HostProcesses.WithArgument(marker));
        Assert.Empty(FoldersOf(rig, tasks));
        Assert.DoesNotContain(rig.EnvironmentFolder, await File.ReadAllTextAsync("/proc/self/mounts", FargateRig.Ct));
        Assert.DoesNotContain(LoopFiles(), file => file.StartsWith(rig.EnvironmentFolder, StringComparison.Ordinal));
        var cluster = (await rig.Fargate.DescribeClustersAsync(["c"], FargateRig.Ct)).Clusters[0];
        Assert.Equal((0, 0), (cluster.RunningTasksCount, cluster.PendingTasksCount));
    }

    private static IEnumerable<string> FoldersOf(FargateRig rig, IReadOnlyList<string> tasks) =>
        Directory.EnumerateDirectories(rig.EnvironmentFolder, "*", SearchOption.AllDirectories)
            .Where(folder => tasks.Any(task => task.EndsWith(Path.GetFileName(folder), StringComparison.Ordinal)));

    private static IEnumerable<string> LoopFiles() => Directory.EnumerateDirectories("/sys/block", "loop*")
        .Select(device => Path.Combine(device, "loop", "backing_file"))
        .Where(File.Exists)
        .Select(File.ReadAllText);
}
