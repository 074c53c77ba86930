using Tidepool.Fargate;
using Tidepool.Tasks;
using Tidepool.Tests.Fargate.Api;

namespace Tidepool.Tests.Fargate;

public sealed class SpotSpecs
{
    private const string Reason = "Your Spot Task was interrupted.";

    [Fact]
    public void An_interrupted_task_is_told_while_it_is_RUNNING_and_its_stop_code_is_the_last_once_its_processes_ended()
    {
        var task = Running(Container("a") with { StopTimeout = 120 }, Container("b"));
        task.Observe(life => life.WithInterruption(TaskDriver.Start));
        Assert.Equal([new TaskEffect.Stop("a"), new TaskEffect.Stop("b")], task.TakeEffects());
        Assert.Equal(
            ("RUNNING", "STOPPED", EcsStopCode.TerminationNotice, Reason),
            (task.Life.Task.LastStatus, task.Life.Task.DesiredStatus, task.Life.Task.StopCode, task.Life.Task.StoppedReason));
        task.AdvanceTo(29);
        Assert.Empty(task.TakeEffects());
        task.AdvanceTo(30);
        Assert.Equal([new TaskEffect.Kill("b")], task.TakeEffects());
        task.Ended("b", 137);
        Assert.Equal(("RUNNING", EcsStopCode.TerminationNotice), (task.Life.Task.LastStatus, task.Life.Task.StopCode));
        task.Ended("a", 0);
        Assert.Equal(["RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"], task.Statuses[^4..]);
        Assert.Equal((EcsStopCode.SpotInterruption, Reason), (task.Life.Task.StopCode, task.Life.Task.StoppedReason));
    }

    [Fact]
    public void All_that_is_left_after_120_seconds_is_killed()
    {
        var task = Running(Container("db"), Container("app") with { StopTimeout = 119, DependsOn = [new("db", "START")] });
        task.Observe(life => life.WithInterruption(TaskDriver.Start));
        Assert.Equal([new TaskEffect.Stop("app")], task.TakeEffects());
        task.AdvanceTo(119);
        Assert.Equal([new TaskEffect.Kill("app")], task.TakeEffects());
        task.Ended("app", 137);
        Assert.Equal([new TaskEffect.Stop("db")], task.TakeEffects());
        Assert.Equal(TaskDriver.Start.AddSeconds(120), task.WakeAt);
        task.AdvanceTo(120);
        Assert.Equal([new TaskEffect.Kill("db")], task.TakeEffects());
    }

    [Fact]
    public void A_task_that_is_to_stop_stops_for_its_first_reason()
    {
        var task = Running(Container("a"));
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        task.Observe(life => life.WithInterruption(TaskDriver.Start));
        task.Ended("a", 0);
        Assert.Equal(("UserInitiated", "why"), (task.Life.Task.StopCode, task.Life.Task.StoppedReason));
    }

    [Fact]
    public async Task A_services_task_gets_its_notice_and_its_time_and_is_replaced()
    {
        await using var rig = await StartAsync();
        await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container(
                "agent-1", $"trap 'echo told; until [ -e /shared-storage/done ]; do sleep 0.02; done; exit 7' TERM; echo ready; {FargateRig.Wait}") with
            { StopTimeout = 120 }),
            FargateRig.Ct);
        await rig.Fargate.CreateServiceAsync(
            new()
            {
                Cluster = "c",
                ServiceName = "agents",
                TaskDefinition = "f",
                DesiredCount = 1,
                LaunchType = null,
                CapacityProviderStrategy = [new("FARGATE_SPOT")],
                NetworkConfiguration = FargateRig.Network,
            },
            FargateRig.Ct);
        var task = await RunningAsync(rig, without: null);
        await rig.LogUntilAsync(task, "agent-1", "ready");

        var notice = await rig.Fargate.InterruptTaskAsync(task, FargateRig.Ct);
        Assert.Equal(("RUNNING", "STOPPED", EcsStopCode.TerminationNotice, Reason), (notice.LastStatus, notice.DesiredStatus, notice.StopCode, notice.StoppedReason));
        await rig.LogUntilAsync(task, "agent-1", "told");
        var replacement = await RunningAsync(rig, without: task);
        Assert.Equal(("RUNNING", EcsStopCode.TerminationNotice), await StateAsync(rig, task));
        Assert.Equal("FARGATE_SPOT", (await rig.DescribeAsync(replacement)).CapacityProviderName);

        File.WriteAllText(Path.Combine(rig.Fargate.DescribeVolumes(task)[0].HostPath, "done"), "");
        var stopped = await rig.StoppedAsync(task);
        Assert.Equal((EcsStopCode.SpotInterruption, Reason, 7), (stopped.StopCode, stopped.StoppedReason, stopped.Containers[0].ExitCode));
    }

    [Fact]
    public async Task Over_HTTP_a_task_is_interrupted_by_an_operation_of_Tidepools_own_and_the_aws_command_line_shows_it()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        await rig.AskAsync("PutClusterCapacityProviders", """{"cluster":"c","capacityProviders":["FARGATE_SPOT"],"defaultCapacityProviderStrategy":[]}""");
        var run = await rig.AwsAsync(
            "ecs", "run-task", "--cluster", "c", "--task-definition", "f", "--capacity-provider-strategy", "capacityProvider=FARGATE_SPOT", "--network-configuration", EcsRig.Network);
        var arn = (string)run!["tasks"]![0]!["taskArn"]!;
        await rig.Rig.RunningAsync(arn);

        var answer = await rig.AskOwnAsync("InterruptTask", $$"""{"task":"{{arn}}"}""");
        Assert.Equal(("RUNNING", "TerminationNotice"), ((string?)answer["task"]!["lastStatus"], (string?)answer["task"]!["stopCode"]));
        await rig.AwsAsync("ecs", "wait", "tasks-stopped", "--cluster", "c", "--tasks", arn);
        var stopped = (await rig.AwsAsync("ecs", "describe-tasks", "--cluster", "c", "--tasks", arn))!["tasks"]![0]!;
        Assert.Equal(("SpotInterruption", Reason), ((string?)stopped["stopCode"], (string?)stopped["stoppedReason"]));
    }

    [Fact]
    public async Task A_task_on_other_capacity_or_one_that_does_not_run_is_not_interrupted()
    {
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", FargateRig.Wait));
        var problem = await Assert.ThrowsAsync<ProblemException>(() => rig.Fargate.InterruptTaskAsync(task, FargateRig.Ct));
        Assert.Equal(
            $"FARGATE008: Task {EcsArns.NameOf(task)} cannot be interrupted: it is on FARGATE, whose capacity AWS does not take back. Start it with the capacity provider FARGATE_SPOT.",
            problem.Message);

        var answer = await rig.Fargate.RunTaskAsync(
            new() { Cluster = "c", TaskDefinition = "f", LaunchType = null, CapacityProviderStrategy = [new("FARGATE_SPOT")], NetworkConfiguration = FargateRig.Network }, FargateRig.Ct);
        await rig.StopAsync(answer.Tasks[0].TaskArn);
        problem = await Assert.ThrowsAsync<ProblemException>(() => rig.Fargate.InterruptTaskAsync(answer.Tasks[0].TaskArn, FargateRig.Ct));
        Assert.StartsWith($"FARGATE009: Task {answer.Tasks[0].TaskId} cannot be interrupted: it is STOPPED", problem.Message, StringComparison.Ordinal);
    }

    private static async Task<FargateRig> StartAsync()
    {
        var rig = await FargateRig.StartAsync();
        await rig.Fargate.PutClusterCapacityProvidersAsync(new("c", ["FARGATE", "FARGATE_SPOT"], []), FargateRig.Ct);
        return rig;
    }

    private static ContainerDefinition Container(string name) => new() { Name = name, Image = "tidepool-agent" };

    private static TaskDriver Running(params ContainerDefinition[] containers)
    {
        var task = new TaskDriver(scale: 0, containers);
        task.Run([.. containers.Select(container => container.Name)]);
        return task;
    }

    private static async Task<string> RunningAsync(FargateRig rig, string? without)
    {
        await rig.Fargate.WaitForServiceAsync("c", "agents", service => service is { RunningCount: 1, PendingCount: 0 }, FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);
        return Assert.Single((await rig.Fargate.ListTasksAsync("c", "agents", null, FargateRig.Ct)).TaskArns, task => task != without);
    }

    private static async Task<(string, string?)> StateAsync(FargateRig rig, string task)
    {
        var described = await rig.DescribeAsync(task);
        return (described.LastStatus, described.StopCode);
    }
}
