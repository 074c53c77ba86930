using Tidepool.Fargate;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

public sealed class DeploymentBreakerSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly FargateTimes Times = new(1);
    private static readonly DeploymentCircuitBreaker WithRollback = new(Enable: true, Rollback: true);

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    [InlineData(6, 3)]
    [InlineData(7, 4)]
    [InlineData(25, 13)]
    [InlineData(399, 200)]
    [InlineData(5000, 200)]
    public void It_takes_half_of_the_desired_count_but_3_to_200(int desired, int threshold) =>
        Assert.Equal(threshold, DeploymentBreaker.Threshold(WithRollback, desired));

    [Theory]
    [InlineData("COUNT", 1, 10, 1)]
    [InlineData("BOUNDED_PERCENT", 10, 10, 3)]
    [InlineData("BOUNDED_PERCENT", 100, 10, 10)]
    [InlineData("UNBOUNDED_PERCENT", 10, 10, 1)]
    [InlineData("UNBOUNDED_PERCENT", 10, 5000, 500)]
    public void Another_threshold_can_be_set(string type, int value, int desired, int threshold) =>
        Assert.Equal(threshold, DeploymentBreaker.Threshold(WithRollback with { ThresholdConfiguration = new(type, value) }, desired));

    [Fact]
    public void A_deployment_whose_tasks_fail_is_given_up_and_the_service_goes_back_to_the_one_that_was_completed()
    {
        var service = Broken(Completed(WithRollback));
        var (good, bad) = (service.Service.Deployments[1], service.Primary);
        var back = DeploymentBreaker.Look(service, Now);

        Assert.Equal((good.Id, "PRIMARY", "IN_PROGRESS", "f:1"), (back.Primary.Id, back.Primary.Status, back.Primary.RolloutState, back.Service.TaskDefinition));
        Assert.Equal($"ECS deployment circuit breaker: rolling back to deploymentId {good.Id}.", back.Primary.RolloutStateReason);
        var failed = back.Service.Deployments[1];
        Assert.Equal(
            (bad.Id, "ACTIVE", "FAILED", "ECS deployment circuit breaker: tasks failed to start.", 3),
            (failed.Id, failed.Status, failed.RolloutState, failed.RolloutStateReason, failed.FailedTasks));
        Assert.Equal(
            [$"(service s) rolling back to deployment {good.Id}.", $"(service s) (deployment {bad.Id}) deployment failed: tasks failed to start."],
            back.Service.Events.Take(2).Select(entry => entry.Message));

        // Shown until the service has gone back.
        Assert.Equal(2, back.Counted([], Now, Times).Service.Deployments.Count);
        var done = back.Counted([Task(good.Id)], Now, Times);
        Assert.Equal((good.Id, "COMPLETED"), (Assert.Single(done.Service.Deployments).Id, done.Primary.RolloutState));
    }

    [Fact]
    public void A_deployment_that_it_goes_back_to_is_none_to_go_back_to_until_it_is_completed_again()
    {
        var back = DeploymentBreaker.Look(Broken(Completed(WithRollback)), Now);
        var stalled = DeploymentBreaker.Look(Fail(back, 3), Now);
        Assert.Equal(("FAILED", back.Primary.Id), (stalled.Primary.RolloutState, stalled.Primary.Id));
        Assert.Same(stalled, DeploymentBreaker.Look(stalled, Now));
        Assert.True(stalled.Snapshot([]).IsFailed);
        Assert.NotEqual("COMPLETED", stalled.Counted([Task(stalled.Primary.Id)], Now, Times).Primary.RolloutState);
    }

    [Fact]
    public void Without_roll_back_or_anything_to_go_back_to_a_failed_deployment_stays_the_primary_one()
    {
        var stays = DeploymentBreaker.Look(Broken(Completed(WithRollback with { Rollback = false })), Now);
        Assert.Equal(("FAILED", "PRIMARY", "f:2"), (stays.Primary.RolloutState, stays.Primary.Status, stays.Service.TaskDefinition));
        var first = DeploymentBreaker.Look(Fail(Service(WithRollback).WithDeployment("f:1", null, Now), 3), Now);
        Assert.Equal(("FAILED", 1), (first.Primary.RolloutState, first.Service.Deployments.Count));
    }

    [Fact]
    public void Nothing_is_given_up_below_the_threshold_without_a_breaker_or_after_completion()
    {
        Assert.All(
            [
                Fail(Completed(WithRollback).WithDeployment("f:2", null, Now), 2),
                Broken(Completed(new())),
                Broken(Completed(null)),
                Fail(Completed(WithRollback), 5),
            ],
            service => Assert.Same(service, DeploymentBreaker.Look(service, Now)));
    }

    [Fact]
    public void A_task_that_becomes_healthy_sets_the_count_back_and_one_that_stays_so_does_not()
    {
        var service = Fail(Service(WithRollback).WithDeployment("f:1", null, Now).WithDesiredCount(2), 2);
        var healthy = Task(service.Primary.Id);
        var reset = service.Counted([healthy], Now, Times);
        Assert.Equal(0, reset.Primary.FailedTasks);
        Assert.Equal(2, Fail(reset, 2).Counted([healthy], Now, Times).Primary.FailedTasks);

        var cumulative = Fail(Service(WithRollback with { ResetOnHealthyTask = false }).WithDeployment("f:1", null, Now).WithDesiredCount(2), 2);
        Assert.Equal(2, cumulative.Counted([Task(cumulative.Primary.Id)], Now, Times).Primary.FailedTasks);
    }

    private static ServiceState Service(DeploymentCircuitBreaker? breaker) => new(new()
    {
        ServiceArn = "arn",
        ServiceName = "s",
        ClusterArn = "arn",
        TaskDefinition = "f:1",
        DesiredCount = 1,
        DeploymentConfiguration = new(DeploymentCircuitBreaker: breaker),
    });

    private static ServiceState Completed(DeploymentCircuitBreaker? breaker)
    {
        var service = Service(breaker).WithDeployment("f:1", null, Now);
        return service.Counted([Task(service.Primary.Id)], Now, Times);
    }

    private static ServiceState Broken(ServiceState service) => Fail(service.WithDeployment("f:2", null, Now), 3);

    private static ServiceState Fail(ServiceState service, int times) =>
        Enumerable.Range(0, times).Aggregate(service, (state, _) => state.WithFailedTask(state.Primary.Id));

    private static TaskLife Task(string deployment)
    {
        var container = new ContainerDefinition { Name = "a", Image = "tidepool-agent" };
        return new(
            new()
            {
                TaskArn = $"task of {deployment}",
                ClusterArn = "arn",
                TaskDefinitionArn = "arn",
                Group = "g",
                StartedBy = deployment,
                LastStatus = EcsTaskStatus.Running,
                StartedAt = Now.AddHours(-1),
            },
            new(new() { ContainerDefinitions = [container] }, "arn", 1),
            [new(container, new() { ContainerArn = "arn", TaskArn = "arn", Name = "a", Image = "tidepool-agent" })],
            Now);
    }
}
