using Tidepool.Fargate;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

public sealed class ServiceSpecs
{
    [Fact]
    public async Task A_stopped_task_is_replaced_by_a_new_one_with_a_new_and_empty_volume()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, $"ls /shared-storage; touch /shared-storage/mine; echo ready; {FargateRig.Wait}");
        var first = Assert.Single(await RunningAsync(rig, 1));
        await rig.LogUntilAsync(first, "agent-1", "ready");
        var volume = rig.Fargate.DescribeVolumes(first)[0];

        await rig.StopAsync(first);

        var second = Assert.Single(await RunningAsync(rig, 1));
        Assert.NotEqual(first, second);
        Assert.Equal("ready\n", await rig.LogUntilAsync(second, "agent-1", "ready"));
        var replaced = rig.Fargate.DescribeVolumes(second)[0];
        Assert.NotEqual(volume.HostPath, replaced.HostPath);
        Assert.NotEqual((volume.Device, volume.Inode, volume.BornAt), (replaced.Device, replaced.Inode, replaced.BornAt));
        var task = await rig.DescribeAsync(second);
        var service = await DescribeAsync(rig);
        Assert.Equal(("service:agents", service.Deployments[0].Id), (task.Group, task.StartedBy));
        Assert.Matches("^ecs-svc/[0-9]{19}$", task.StartedBy);
    }

    [Fact]
    public async Task A_container_that_crashes_without_a_restart_policy_costs_the_task()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, FargateRig.Wait);
        var first = Assert.Single(await RunningAsync(rig, 1));

        await rig.Fargate.CrashContainerAsync(first, "agent-1", FargateRig.Ct);

        var stopped = await rig.StoppedAsync(first);
        Assert.Equal((137, EcsStopCode.EssentialContainerExited), (stopped.Containers[0].ExitCode, stopped.StopCode));
        Assert.NotEqual(first, Assert.Single(await RunningAsync(rig, 1)));
    }

    [Fact]
    public async Task A_service_grows_shrinks_and_is_deleted()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, FargateRig.Wait);
        var first = await RunningAsync(rig, 1);

        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", DesiredCount = 3 }, FargateRig.Ct);
        var three = await RunningAsync(rig, 3);
        Assert.Contains(first[0], three);

        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", DesiredCount = 1 }, FargateRig.Ct);
        Assert.Equal(first, await RunningAsync(rig, 1));
        var last = await rig.StoppedAsync(three[2]);
        Assert.Equal(EcsStopCode.ServiceSchedulerInitiated, last.StopCode);
        Assert.Equal($"Scaling activity initiated by (deployment {last.StartedBy})", last.StoppedReason);

        var refusal = await Assert.ThrowsAsync<EcsException>(() => rig.Fargate.DeleteServiceAsync(new("agents", "c"), FargateRig.Ct));
        Assert.Equal((EcsErrorType.InvalidParameterException, "The service cannot be stopped while it is scaled above 0."), (refusal.Type, refusal.Message));
        Assert.Equal("DRAINING", (await rig.Fargate.DeleteServiceAsync(new("agents", "c", Force: true), FargateRig.Ct)).Status);
        await UntilAsync(rig, service => service.Status is "INACTIVE");
        Assert.Equal(EcsTaskStatus.Stopped, (await rig.DescribeAsync(first[0])).LastStatus);
        var inactive = await Assert.ThrowsAsync<EcsException>(
            () => rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", DesiredCount = 1 }, FargateRig.Ct));
        Assert.Equal(EcsErrorType.ServiceNotActiveException, inactive.Type);
    }

    [Fact]
    public async Task A_new_deployment_starts_the_new_task_before_the_old_one_stops()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, FargateRig.Wait);
        var first = Assert.Single(await RunningAsync(rig, 1));

        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", ForceNewDeployment = true }, FargateRig.Ct);
        var old = await rig.StoppedAsync(first);
        var service = await UntilAsync(rig, service => service.Deployments is [{ RolloutState: "COMPLETED" }]);

        var second = await rig.DescribeAsync(Assert.Single(await RunningAsync(rig, 1)));
        Assert.True(second.StartedAt <= old.StoppingAt, $"{second.StartedAt:O} {old.StoppingAt:O}");
        Assert.Equal(
            [
                $"(service agents) has started 1 tasks: (task {old.TaskId}).",
                $"(service agents) (deployment {old.StartedBy}) deployment completed.",
                "(service agents) has reached a steady state.",
                $"(service agents) has started 1 tasks: (task {second.TaskId}).",
                $"(service agents) has stopped 1 running tasks: (task {old.TaskId}).",
                $"(service agents) (deployment {second.StartedBy}) deployment completed.",
                "(service agents) has reached a steady state.",
            ],
            service.Events.Reverse().Select(entry => entry.Message));
    }

    [Fact]
    public async Task A_task_that_cannot_start_is_tried_again_ever_more_slowly()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, "", container => container with { Secrets = [new("AZP_TOKEN", "arn:aws:secretsmanager:none")] });
        var service = await UntilAsync(rig, service =>
            service.Deployments[0].FailedTasks >= 3
            && service.Events.Any(entry => entry.Message.EndsWith("is unable to consistently start tasks successfully.", StringComparison.Ordinal)));

        var stopped = (await rig.Fargate.ListTasksAsync("c", "agents", EcsTaskStatus.Stopped, FargateRig.Ct)).TaskArns;
        Assert.InRange(stopped.Count, 2, 5);
        Assert.Equal(0, service.RunningCount);
    }

    private static async Task CreateAsync(FargateRig rig, int count, string script, Func<ContainerDefinition, ContainerDefinition>? change = null)
    {
        var container = FargateRig.Container("agent-1", script);
        await rig.Fargate.RegisterTaskDefinitionAsync(FargateRig.Definition(change?.Invoke(container) ?? container), FargateRig.Ct);
        await rig.Fargate.CreateServiceAsync(
            new() { Cluster = "c", ServiceName = "agents", TaskDefinition = "f", DesiredCount = count, NetworkConfiguration = FargateRig.Network }, FargateRig.Ct);
    }

    private static async Task<EcsService> DescribeAsync(FargateRig rig) => (await rig.Fargate.DescribeServicesAsync("c", ["agents"], FargateRig.Ct)).Services[0];

    private static Task<EcsService> UntilAsync(FargateRig rig, Func<EcsService, bool> until) =>
        rig.Fargate.WaitForServiceAsync("c", "agents", until, FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);

    private static async Task<IReadOnlyList<string>> RunningAsync(FargateRig rig, int count)
    {
        await UntilAsync(
            rig, service => service.RunningCount == count && service.PendingCount == 0 && service.DesiredCount == count && service.Deployments is [{ RolloutState: "COMPLETED" }]);
        return (await rig.Fargate.ListTasksAsync("c", "agents", EcsTaskStatus.Running, FargateRig.Ct)).TaskArns;
    }
}
