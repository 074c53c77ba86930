using Docker.DotNet.Models;
using Tidepool.Fargate.Runtimes.Engine;

namespace Tidepool.Tests.Fargate.Runtimes;

/// <summary>The networks of tasks, and the one that is made ahead.</summary>
public sealed class EngineHolderSpecs(DockerDaemon daemon)
{
    private static CancellationToken Ct => FargateRig.Ct;

    [Fact]
    public async Task The_network_of_the_next_task_is_made_ahead_and_the_next_task_takes_it()
    {
        await using var rig = await daemon.RigAsync();
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(FargateRig.Definition(FargateRig.Container("agent-1", FargateRig.Wait)), Ct);
        var first = Assert.Single(await RunningHoldersAsync(rig, 1));

        var task = await rig.RunAsync(definition.TaskDefinitionArn);
        await rig.RunningAsync(task);

        Assert.Equal(first, await NetworkOfAsync(rig, task));
        var second = Assert.Single(await RunningHoldersAsync(rig, 2), holder => holder != first);
        var next = await rig.RunAsync(definition.TaskDefinitionArn);
        await rig.RunningAsync(next);
        Assert.Equal(second, await NetworkOfAsync(rig, next));
    }

    [Fact]
    public async Task Tasks_that_start_at_once_have_a_network_each()
    {
        await using var rig = await daemon.RigAsync();
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(FargateRig.Definition(FargateRig.Container("agent-1", FargateRig.Wait)), Ct);
        var tasks = (await rig.Fargate.RunTaskAsync(
            new() { Cluster = "c", TaskDefinition = definition.TaskDefinitionArn, NetworkConfiguration = FargateRig.Network, Count = 3 }, Ct)).Tasks;

        var networks = await Task.WhenAll(tasks.Select(async task =>
        {
            await rig.RunningAsync(task.TaskArn);
            return await NetworkOfAsync(rig, task.TaskArn);
        }));

        Assert.Equal(3, networks.Distinct().Count());
    }

    [Fact]
    public async Task A_network_made_ahead_that_is_gone_is_not_taken()
    {
        await using var rig = await daemon.RigAsync();
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(FargateRig.Definition(FargateRig.Container("agent-1", FargateRig.Wait)), Ct);
        var gone = Assert.Single(await RunningHoldersAsync(rig, 1));
        using (var engine = daemon.Connect())
        {
            await engine.Containers.KillContainerAsync(gone, new(), Ct);
        }

        var task = await rig.RunAsync(definition.TaskDefinitionArn);

        await rig.RunningAsync(task);
        Assert.NotEqual(gone, await NetworkOfAsync(rig, task));
    }

    [Fact]
    public async Task An_environment_that_ends_while_a_network_is_being_made_leaves_nothing_in_the_engine()
    {
        string folder;
        await using (var rig = await daemon.RigAsync())
        {
            folder = rig.EnvironmentFolder;
            await rig.Fargate.RegisterTaskDefinitionAsync(FargateRig.Definition(FargateRig.Container("agent-1", FargateRig.Wait)), Ct);
        }

        Assert.DoesNotContain(folder, await EngineLeftovers.EnvironmentsAsync(daemon.Socket, Ct));
    }

    /// <summary>Waits for a number of them, and answers their ids.</summary>
    private async Task<IReadOnlyList<string>> RunningHoldersAsync(FargateRig rig, int count)
    {
        using var engine = daemon.Connect();
        var filters = EngineLabels.Filter(rig.EnvironmentFolder);
        IReadOnlyList<string> found = [];
        await Condition.UntilAsync(
            () =>
            {
                var containers = engine.Containers.ListContainersAsync(new() { Filters = filters }, Ct).GetAwaiter().GetResult();
                found = [.. containers.Where(IsHolder).Select(container => container.ID)];
                return found.Count == count;
            },
            $"{count} networks");
        return found;
    }

    private async Task<string> NetworkOfAsync(FargateRig rig, string task)
    {
        using var engine = daemon.Connect();
        var containers = await engine.Containers.ListContainersAsync(new() { Filters = EngineLabels.Filter(rig.EnvironmentFolder) }, Ct);
        var container = containers.Single(container => container.Labels.TryGetValue("com.amazonaws.ecs.task-arn", out var arn) && arn == task);
        return (await engine.Containers.InspectContainerAsync(container.ID, Ct)).HostConfig!.NetworkMode["container:".Length..];
    }

    private static bool IsHolder(ContainerListResponse container) => container.Labels[EngineLabels.Role] == EngineLabels.Holder;
}
