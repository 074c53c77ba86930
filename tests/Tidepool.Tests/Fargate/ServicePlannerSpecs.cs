using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate;

public sealed class ServicePlannerSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly FargateTimes Times = new(1);

    [Theory]
    [InlineData(2, 0, 2)]
    [InlineData(2, 1, 1)]
    [InlineData(2, 2, 0)]
    [InlineData(0, 0, 0)]
    public void A_service_starts_as_many_tasks_as_it_lacks(int desired, int there, int started) =>
        Assert.Equal(started, Plan(desired, Tasks("new", there)).Start);

    [Fact]
    public void A_task_that_is_being_stopped_is_replaced_at_once()
    {
        var plan = Plan(1, [Task("a", "new") with { IsWanted = false }]);
        Assert.Equal((1, 0), (plan.Start, plan.Stop.Count));
    }

    [Fact]
    public void A_service_that_shrinks_stops_the_newest() =>
        Assert.Equal(["new-3", "new-2"], Plan(1, Tasks("new", 3)).Stop);

    [Fact]
    public void A_service_without_desire_stops_all() => Assert.Equal(3, Plan(0, [.. Tasks("old", 1), .. Tasks("new", 2)]).Stop.Count);

    [Fact]
    public void A_deployment_starts_the_new_task_before_it_stops_the_old_one()
    {
        var old = Task("old", "old");
        var first = Plan(1, [old]);
        Assert.Equal((1, 0), (first.Start, first.Stop.Count));

        var starting = Plan(1, [old, Task("new", "new") with { RunningSince = null }]);
        Assert.Equal((0, 0, null), (starting.Start, starting.Stop.Count, starting.WakeAt));

        var young = Plan(1, [old, Task("new", "new") with { RunningSince = Now.AddSeconds(-39) }]);
        Assert.Equal((0, 0, Now.AddSeconds(1)), (young.Start, young.Stop.Count, young.WakeAt));

        var healthy = Plan(1, [old, Task("new", "new") with { RunningSince = Now.AddSeconds(-40) }]);
        Assert.Equal(["old"], healthy.Stop);
    }

    [Fact]
    public void With_0_and_100_percent_the_old_task_stops_first()
    {
        var percent = new DeploymentConfiguration(0, 100);
        var first = Plan(1, [Task("old", "old")], percent);
        Assert.Equal((1, "old"), (first.Start, Assert.Single(first.Stop)));
    }

    [Fact]
    public void A_deployment_never_exceeds_the_maximum()
    {
        var plan = Plan(4, Tasks("old", 4), new(100, 150));
        Assert.Equal((2, 0), (plan.Start, plan.Stop.Count));
    }

    [Fact]
    public void Old_tasks_that_do_not_run_are_stopped_at_once() =>
        Assert.Equal(["old"], Plan(1, [Task("old", "old") with { RunningSince = null }, Task("new", "new") with { RunningSince = null }]).Stop);

    [Fact]
    public void A_throttled_service_waits()
    {
        var plan = ServicePlanner.Plan(Snapshot(1, [], new()) with { StartNotBefore = Now.AddSeconds(5) }, Now, Times);
        Assert.Equal((0, Now.AddSeconds(5)), (plan.Start, plan.WakeAt));
    }

    [Fact]
    public void A_service_that_shrinks_stops_unprotected_tasks_first_and_protected_ones_not_at_all()
    {
        var tasks = Tasks("new", 3);
        tasks[2] = tasks[2] with { ProtectedUntil = Now.AddMinutes(5) };
        tasks[0] = tasks[0] with { ProtectedUntil = Now.AddMinutes(9) };

        var toTwo = Plan(2, tasks);
        Assert.Equal("new-2", Assert.Single(toTwo.Stop));
        Assert.Equal((0, null), (toTwo.Spared.Count, toTwo.WakeAt));

        var toNone = Plan(0, tasks);
        Assert.Equal("new-2", Assert.Single(toNone.Stop));
        Assert.Equal(["new-3", "new-1"], toNone.Spared);
        Assert.Equal(Now.AddMinutes(5), toNone.WakeAt);
    }

    [Fact]
    public void A_protection_that_has_just_ended_protects_no_more() =>
        Assert.Equal(["new-1"], Plan(0, [Tasks("new", 1)[0] with { ProtectedUntil = Now }]).Stop);

    [Fact]
    public void A_deployment_starts_the_new_task_and_leaves_a_protected_old_one()
    {
        var old = Task("old", "old") with { ProtectedUntil = Now.AddMinutes(5) };
        var first = Plan(1, [old]);
        Assert.Equal((1, 0, 0), (first.Start, first.Stop.Count, first.Spared.Count));

        var young = Plan(1, [old, Task("new", "new") with { RunningSince = Now.AddSeconds(-39) }]);
        Assert.Equal((0, 0, 0, Now.AddSeconds(1)), (young.Start, young.Stop.Count, young.Spared.Count, young.WakeAt));

        var healthy = Plan(1, [old, Task("new", "new")]);
        Assert.Equal((0, 0, Now.AddMinutes(5)), (healthy.Start, healthy.Stop.Count, healthy.WakeAt));
        Assert.Equal(["old"], healthy.Spared);
    }

    [Fact]
    public void A_deployment_that_may_exceed_nothing_waits_for_a_protected_old_task()
    {
        var plan = Plan(1, [Task("old", "old") with { ProtectedUntil = Now.AddMinutes(5) }], new DeploymentConfiguration(0, 100));
        Assert.Equal((0, 0, Now.AddMinutes(5)), (plan.Start, plan.Stop.Count, plan.WakeAt));
    }

    [Fact]
    public void Where_there_are_health_checks_they_say_which_task_is_healthy_and_time_does_not()
    {
        var starting = Plan(1, [Task("old", "old"), Task("new", "new") with { Health = "UNKNOWN" }]);
        Assert.Equal((0, 0, null), (starting.Start, starting.Stop.Count, starting.WakeAt));
        Assert.Equal(["old"], Plan(1, [Task("old", "old"), Task("new", "new") with { Health = "HEALTHY", RunningSince = Now }]).Stop);
    }

    [Fact]
    public void An_unhealthy_task_goes_when_its_replacement_is_healthy()
    {
        var unhealthy = Task("sick", "new") with { Health = "UNHEALTHY" };
        var first = Plan(2, [unhealthy, Task("well", "new")]);
        Assert.Equal((1, 1, 0, 0), (first.Start, first.Replacements, first.Stop.Count, first.Unhealthy.Count));

        var young = Plan(2, [unhealthy, Task("well", "new"), Task("other", "new") with { Health = "UNKNOWN" }]);
        Assert.Equal((0, 0), (young.Start, young.Unhealthy.Count));

        var healthy = Plan(2, [unhealthy, Task("well", "new"), Task("other", "new") with { Health = "HEALTHY" }]);
        Assert.Equal((0, "sick"), (healthy.Start, Assert.Single(healthy.Unhealthy)));
    }

    [Fact]
    public void Of_an_unhealthy_task_and_its_unhealthy_replacement_one_goes()
    {
        var plan = Plan(1, [Task("sick", "new") with { Health = "UNHEALTHY" }, Task("sick too", "new") with { Health = "UNHEALTHY" }]);
        Assert.Equal(("sick", 1), (Assert.Single(plan.Unhealthy), plan.Start));
    }

    [Fact]
    public void Where_the_maximum_allows_no_replacement_beside_them_unhealthy_tasks_go_one_at_a_time()
    {
        var percent = new DeploymentConfiguration(0, 100);
        ServiceTask[] tasks = [Task("a", "new") with { Health = "UNHEALTHY" }, Task("b", "new") with { Health = "UNHEALTHY" }];
        var first = Plan(2, tasks, percent);
        Assert.Equal((1, "a"), (first.Start, Assert.Single(first.Unhealthy)));

        var starting = Plan(2, [tasks[0] with { IsWanted = false }, tasks[1], Task("c", "new") with { Health = "UNKNOWN" }], percent);
        Assert.Equal((0, 0), (starting.Start, starting.Unhealthy.Count));

        var next = Plan(2, [tasks[1], Task("c", "new") with { Health = "HEALTHY" }], percent);
        Assert.Equal((1, "b"), (next.Start, Assert.Single(next.Unhealthy)));
    }

    [Fact]
    public void A_throttled_service_stops_no_unhealthy_task_for_room()
    {
        var snapshot = Snapshot(1, [Task("a", "new") with { Health = "UNHEALTHY" }], new(0, 100)) with { StartNotBefore = Now.AddSeconds(5) };
        Assert.Equal((0, 0), (ServicePlanner.Plan(snapshot, Now, Times).Start, ServicePlanner.Plan(snapshot, Now, Times).Unhealthy.Count));
    }

    [Fact]
    public void A_failed_deployment_starts_nothing_and_leaves_the_old_tasks()
    {
        ServiceTask[] tasks = [Task("old", "old"), Task("old-2", "old"), Task("new", "new")];
        var plan = ServicePlanner.Plan(Snapshot(2, tasks, new()) with { IsFailed = true }, Now, Times);
        Assert.Equal((0, 0), (plan.Start, plan.Stop.Count));
        Assert.Equal(3, ServicePlanner.Plan(Snapshot(0, tasks, new()) with { IsFailed = true }, Now, Times).Stop.Count);
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(0, 2, 0.1)]
    [InlineData(0, 3, 0.2)]
    [InlineData(0, 30, 5)]
    [InlineData(1, 2, 30)]
    [InlineData(1, 30, 900)]
    public void Tasks_that_never_run_hold_back_the_next_ever_longer(double scale, int failures, double seconds) =>
        Assert.Equal(seconds, new FargateTimes(scale).Throttle(failures, reachedRunning: false).TotalSeconds);

    [Fact]
    public void Tasks_that_ran_are_held_back_by_this_machine_only() =>
        Assert.Equal(5, new FargateTimes(1).Throttle(30, reachedRunning: true).TotalSeconds);

    private static ServicePlan Plan(int desired, IReadOnlyList<ServiceTask> tasks, DeploymentConfiguration? percent = null) =>
        ServicePlanner.Plan(Snapshot(desired, tasks, percent ?? new()), Now, Times);

    private static ServiceSnapshot Snapshot(int desired, IReadOnlyList<ServiceTask> tasks, DeploymentConfiguration percent) => new()
    {
        DesiredCount = desired,
        PrimaryDeploymentId = "new",
        Deployment = percent,
        Tasks = tasks,
    };

    private static ServiceTask Task(string arn, string deployment) => new(arn, deployment, true, Now.AddHours(-1));

    private static ServiceTask[] Tasks(string deployment, int count) =>
        [.. Enumerable.Range(1, count).Select(i => Task($"{deployment}-{i}", deployment))];
}
