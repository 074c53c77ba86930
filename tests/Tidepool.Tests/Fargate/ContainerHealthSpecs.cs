using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

public sealed class ContainerHealthSpecs
{
    private static readonly CommandEnd Passed = new(0, "fine");
    private static readonly CommandEnd Failed = new(1, "no");

    [Fact]
    public void Checks_come_an_interval_after_the_start_and_after_each_other()
    {
        var task = Running(Checked("a", new(["CMD", "true"], Interval: 10)));
        Assert.Equal(TaskDriver.Start.AddSeconds(42), task.WakeAt);
        task.AdvanceTo(42);
        Assert.Equal([new TaskEffect.CheckHealth("a", 0)], task.TakeEffects());
        task.AdvanceTo(50);
        Assert.Empty(task.TakeEffects());
        task.Check("a", Passed);
        task.AdvanceTo(59.9);
        Assert.Empty(task.TakeEffects());
        task.AdvanceTo(60);
        Assert.Equal([new TaskEffect.CheckHealth("a", 0)], task.TakeEffects());
    }

    [Theory]
    [InlineData(1, 30, 30)]
    [InlineData(0.1, 30, 3)]
    [InlineData(0, 30, 0.6)]
    [InlineData(0, 5, 0.1)]
    public void Intervals_are_scaled_and_never_to_nothing(double scale, int interval, double seconds) =>
        Assert.Equal(seconds, new FargateTimes(scale).HealthInterval(new(["CMD", "true"], interval)).TotalSeconds, 6);

    [Fact]
    public void A_container_is_unhealthy_after_as_many_failures_in_a_row_as_retries_say_and_healthy_after_one_pass()
    {
        var task = Running(Checked("a", new(["CMD", "true"], Retries: 2)));
        Assert.Equal("UNKNOWN", task.Life.Task.HealthStatus);
        task.Check("a", Failed);
        Assert.Equal("UNKNOWN", task.Life.Task.HealthStatus);
        task.Check("a", Passed);
        Assert.Equal("HEALTHY", task.Life.Task.HealthStatus);
        task.Check("a", Failed);
        Assert.Equal("HEALTHY", task.Life.Task.HealthStatus);
        task.Check("a", Failed);
        Assert.Equal(("UNHEALTHY", "UNHEALTHY"), (task.Life.Task.HealthStatus, task.Life.Task.Containers[0].HealthStatus));
        Assert.Equal(("RUNNING", null), (task.Life.Task.LastStatus, task.Life.Stop));
        task.Check("a", Passed);
        Assert.Equal("HEALTHY", task.Life.Task.HealthStatus);
    }

    [Fact]
    public void Failures_in_the_start_period_do_not_count_and_a_pass_ends_it()
    {
        var task = Running(Checked("a", new(["CMD", "true"], Retries: 1, StartPeriod: 100)));
        task.AdvanceTo(131);
        task.Check("a", Failed);
        Assert.Equal("UNKNOWN", task.Life.Task.HealthStatus);
        task.AdvanceTo(132);
        task.Check("a", Failed);
        Assert.Equal("UNHEALTHY", task.Life.Task.HealthStatus);

        var early = Running(Checked("a", new(["CMD", "true"], Retries: 1, StartPeriod: 100)));
        early.Check("a", Passed);
        early.Check("a", Failed);
        Assert.Equal("UNHEALTHY", early.Life.Task.HealthStatus);
    }

    [Fact]
    public void A_check_that_could_not_be_asked_for_tells_nothing()
    {
        var task = Running(Checked("a", new(["CMD", "true"], Retries: 1)));
        task.Check("a", Passed);
        task.Check("a", null);
        Assert.Equal("HEALTHY", task.Life.Task.HealthStatus);
    }

    [Theory]
    [InlineData("UNHEALTHY", "UNKNOWN", "UNHEALTHY")]
    [InlineData("UNHEALTHY", "HEALTHY", "UNHEALTHY")]
    [InlineData("HEALTHY", "UNKNOWN", "UNKNOWN")]
    [InlineData("HEALTHY", "HEALTHY", "HEALTHY")]
    public void A_tasks_health_is_the_worst_of_its_essential_containers(string first, string second, string whole)
    {
        HealthCheck check = new(["CMD", "true"], Retries: 1);
        var task = Running(Checked("a", check), Checked("b", check), Checked("c", check) with { Essential = false });
        foreach (var (name, status) in new[] { ("a", first), ("b", second), ("c", "UNHEALTHY") })
        {
            if (status is not "UNKNOWN")
            {
                task.Check(name, status is "HEALTHY" ? Passed : Failed);
            }
        }

        Assert.Equal(whole, task.Life.Task.HealthStatus);
    }

    [Fact]
    public void A_dependent_waits_until_its_dependency_is_healthy()
    {
        var task = Dependent(startTimeout: null);
        task.AdvanceTo(100);
        Assert.DoesNotContain(new TaskEffect.Start("app"), task.TakeEffects());
        task.Check("db", Passed);
        Assert.Contains(new TaskEffect.Start("app"), task.TakeEffects());
        task.Started("app");
        Assert.Equal("RUNNING", task.Life.Task.LastStatus);

        // Looked at for the start only.
        task.Check("db", Failed);
        Assert.Equal(("UNKNOWN", "RUNNING"), (task.Life.Task.HealthStatus, task.Life.Task.LastStatus));
    }

    [Fact]
    public void A_dependency_that_is_not_healthy_within_its_start_timeout_is_given_up()
    {
        var task = Dependent(startTimeout: 20);
        task.AdvanceTo(51.9);
        Assert.Null(task.Life.Stop);
        task.AdvanceTo(52);
        Assert.Equal(
            ("TaskFailedToStart", "dependency graph: container ordering dependency [db] for target [app] has timed out."),
            (task.Life.Stop?.Code, task.Life.Stop?.Reason));
    }

    [Fact]
    public void A_task_runs_without_a_container_that_gave_its_dependency_up_and_is_not_essential()
    {
        var task = new TaskDriver(
            1, Container("main"), Checked("db", new(["CMD", "false"])) with { Essential = false, StartTimeout = 20 },
            Container("extra") with { Essential = false, DependsOn = [new("db", "HEALTHY")] });
        task.AdvanceTo(12);
        task.Observe(life => life.WithPrepared());
        task.AdvanceTo(32);
        task.Started("main");
        task.Started("db");
        Assert.Equal("ACTIVATING", task.Life.Task.LastStatus);
        task.AdvanceTo(52);
        Assert.Equal(("RUNNING", "STOPPED"), (task.Life.Task.LastStatus, task.Life.Of("extra").Container.LastStatus));
    }

    [Fact]
    public void A_restart_in_place_begins_anew_and_a_check_of_the_run_before_tells_nothing()
    {
        var task = Running(Checked("a", new(["CMD", "true"], Retries: 1)) with { RestartPolicy = new(true, RestartAttemptPeriod: 60) });
        task.Check("a", Passed);
        task.AdvanceTo(200);
        task.TakeEffects();
        task.Ended("a", 1);
        task.Started("a");
        Assert.Equal("UNKNOWN", task.Life.Task.HealthStatus);
        task.Observe(life => life.WithChecked("a", 0, Failed, TaskDriver.Start.AddSeconds(201)));
        Assert.Equal("UNKNOWN", task.Life.Task.HealthStatus);
        task.AdvanceTo(230);
        Assert.Equal(new TaskEffect.CheckHealth("a", 1), task.TakeEffects()[^1]);
    }

    [Fact]
    public void A_stopping_task_is_not_checked_any_more()
    {
        var task = Running(Checked("a", new(["CMD", "true"])));
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        task.AdvanceTo(1000);
        Assert.Empty(task.TakeEffects().OfType<TaskEffect.CheckHealth>());
    }

    private static TaskDriver Dependent(int? startTimeout)
    {
        var task = new TaskDriver(
            1, Checked("db", new(["CMD", "true"])) with { StartTimeout = startTimeout }, Container("app") with { DependsOn = [new("db", "HEALTHY")] });
        task.AdvanceTo(12);
        task.Observe(life => life.WithPrepared());
        task.AdvanceTo(32);
        task.Started("db");
        return task;
    }

    // The containers start 32 s after the task, with AWS's delays.
    private static TaskDriver Running(params ContainerDefinition[] containers)
    {
        var task = new TaskDriver(1, containers);
        task.AdvanceTo(12);
        task.Observe(life => life.WithPrepared());
        task.AdvanceTo(32);
        foreach (var container in containers)
        {
            task.Started(container.Name);
        }

        task.TakeEffects();
        return task;
    }

    private static ContainerDefinition Container(string name) => new() { Name = name, Image = "tidepool-agent" };

    private static ContainerDefinition Checked(string name, HealthCheck check) => Container(name) with { HealthCheck = check };
}
