using Tidepool.Fargate;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

/// <summary>What services do about tasks that fail or are not healthy, with real processes.</summary>
public sealed class ServiceHealthSpecs
{
    private static readonly HealthCheck Ready = new(["CMD-SHELL", "[ -e /shared-storage/ready ]"], Interval: 5, Retries: 2);

    [Fact]
    public async Task An_unhealthy_task_is_replaced_and_stops_when_its_replacement_is_healthy()
    {
        await using var rig = await FargateRig.StartAsync();
        await RegisterAsync(rig, $"touch /shared-storage/ready; {FargateRig.Wait}", Ready);
        await CreateAsync(rig, new());
        await UntilAsync(rig, IsSteady);
        var first = await OnlyAsync(rig);
        File.Delete(Path.Combine(rig.Fargate.DescribeVolumes(first)[0].HostPath, "ready"));

        var stopped = await rig.StoppedAsync(first);
        var service = await UntilAsync(rig, IsSteady);
        var second = await rig.DescribeAsync(await OnlyAsync(rig));
        Assert.Equal(
            (EcsStopCode.ServiceSchedulerInitiated, "Task failed container health checks", EcsHealthStatus.Unhealthy), (stopped.StopCode, stopped.StoppedReason, stopped.HealthStatus));
        Assert.Equal(EcsHealthStatus.Healthy, second.HealthStatus);
        Assert.True(second.StartedAt < stopped.StoppingAt, $"{second.StartedAt:O} {stopped.StoppingAt:O}");
        Assert.Equal(
            [
                $"(service agents) has started 1 tasks: (task {second.TaskId}). Amazon ECS replaced 1 tasks due to an unhealthy status.",
                $"(service agents) (task {stopped.TaskId}) failed container health checks.",
                $"(service agents) has stopped 1 running tasks: (task {stopped.TaskId}).",
                "(service agents) has reached a steady state.",
            ],
            service.Events.Take(4).Reverse().Select(entry => entry.Message));
    }

    [Fact]
    public async Task A_deployment_is_not_completed_and_the_old_task_stays_until_the_new_one_is_healthy()
    {
        await using var rig = await FargateRig.StartAsync();
        await RegisterAsync(rig, FargateRig.Wait, null);
        await CreateAsync(rig, new());
        await UntilAsync(rig, IsSteady);
        var old = await OnlyAsync(rig);

        await UpdateAsync(rig, await RegisterAsync(rig, FargateRig.Wait, Ready with { Retries = 10 }));
        var both = await UntilAsync(rig, service => service.RunningCount == 2);
        Assert.Equal(("IN_PROGRESS", "RUNNING"), (both.Deployments[0].RolloutState, (await rig.DescribeAsync(old)).DesiredStatus));
        var tasks = (await rig.Fargate.ListTasksAsync("c", "agents", null, FargateRig.Ct)).TaskArns;
        File.WriteAllText(Path.Combine(rig.Fargate.DescribeVolumes(Assert.Single(tasks, task => task != old))[0].HostPath, "ready"), "");

        Assert.Equal(EcsStopCode.ServiceSchedulerInitiated, (await rig.StoppedAsync(old)).StopCode);
        await UntilAsync(rig, IsSteady);
    }

    [Theory]
    [InlineData("exit 1", false)]
    [InlineData("sleep 1000 & wait $!", true)]
    public async Task A_deployment_whose_tasks_fail_is_rolled_back_while_the_old_task_runs_on(string script, bool isChecked)
    {
        await using var rig = await FargateRig.StartAsync();
        var good = await RegisterAsync(rig, FargateRig.Wait, null);
        await CreateAsync(rig, new(Enable: true, Rollback: true));
        var completed = (await UntilAsync(rig, IsSteady)).Deployments[0];
        var old = await OnlyAsync(rig);

        await UpdateAsync(rig, await RegisterAsync(rig, script, isChecked ? Ready with { Retries = 1 } : null));
        var failing = await UntilAsync(rig, service => service.Deployments.Count == 2);
        var back = await UntilAsync(rig, service => service.Deployments[0].Id == completed.Id && IsSteady(service));

        Assert.Equal((good, 0), (back.TaskDefinition, back.Deployments[0].FailedTasks));
        Assert.Equal($"ECS deployment {completed.Id} completed.", back.Deployments[0].RolloutStateReason);
        Assert.Equal(old, await OnlyAsync(rig));
        var texts = back.Events.Select(entry => entry.Message).ToArray();
        Assert.Contains($"(service agents) (deployment {failing.Deployments[0].Id}) deployment failed: tasks failed to start.", texts);
        Assert.Contains($"(service agents) rolling back to deployment {completed.Id}.", texts);
        Assert.Equal(isChecked, texts.Any(text => text.EndsWith("failed container health checks.", StringComparison.Ordinal)));

        // Where there is room the replacement of an unhealthy task starts before that task is counted.
        Assert.Equal(
            isChecked ? 4 : 3, (await rig.Fargate.ListTasksAsync("c", "agents", EcsTaskStatus.Stopped, FargateRig.Ct)).TaskArns.Count);
    }

    [Fact]
    public async Task A_first_deployment_that_fails_stalls_and_a_new_one_mends_the_service()
    {
        await using var rig = await FargateRig.StartAsync();
        await RegisterAsync(rig, "exit 1", null);
        await CreateAsync(rig, new(Enable: true, Rollback: true));
        var failed = await UntilAsync(rig, service => service.Deployments[0].RolloutState is "FAILED");
        Assert.Equal(("PRIMARY", 3, "ECS deployment circuit breaker: tasks failed to start."), (failed.Deployments[0].Status, failed.Deployments[0].FailedTasks, failed.Deployments[0].RolloutStateReason));

        await UpdateAsync(rig, await RegisterAsync(rig, FargateRig.Wait, null));
        Assert.NotEqual(failed.Deployments[0].Id, (await UntilAsync(rig, IsSteady)).Deployments[0].Id);
        Assert.Equal(3, (await rig.Fargate.ListTasksAsync("c", "agents", EcsTaskStatus.Stopped, FargateRig.Ct)).TaskArns.Count);
    }

    private static bool IsSteady(EcsService service) =>
        service.Deployments is [{ RolloutState: EcsRolloutState.Completed }]
        && service.Events[0].Message.EndsWith("has reached a steady state.", StringComparison.Ordinal);

    private static async Task<string> OnlyAsync(FargateRig rig) => Assert.Single((await rig.Fargate.ListTasksAsync("c", "agents", null, FargateRig.Ct)).TaskArns);

    private static async Task<string> RegisterAsync(FargateRig rig, string script, HealthCheck? check) => (await rig.Fargate.RegisterTaskDefinitionAsync(
        FargateRig.Definition(FargateRig.Container("agent-1", script) with { HealthCheck = check }), FargateRig.Ct)).TaskDefinitionArn;

    private static Task CreateAsync(FargateRig rig, DeploymentCircuitBreaker breaker) => rig.Fargate.CreateServiceAsync(
        new()
        {
            Cluster = "c",
            ServiceName = "agents",
            TaskDefinition = "f",
            DesiredCount = 1,
            NetworkConfiguration = FargateRig.Network,
            DeploymentConfiguration = new(DeploymentCircuitBreaker: breaker),
        },
        FargateRig.Ct);

    private static Task UpdateAsync(FargateRig rig, string definition) =>
        rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", TaskDefinition = definition }, FargateRig.Ct);

    private static Task<EcsService> UntilAsync(FargateRig rig, Func<EcsService, bool> until) =>
        rig.Fargate.WaitForServiceAsync("c", "agents", until, FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);
}
