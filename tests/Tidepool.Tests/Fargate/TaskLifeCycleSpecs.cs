using Tidepool.Fargate;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

public sealed class TaskLifeCycleSpecs
{
    [Fact]
    public void A_task_goes_through_every_status_in_order_with_awss_delays()
    {
        var task = new TaskDriver(scale: 1, Container("a"));
        task.AdvanceTo(9);
        Assert.Equal(["PROVISIONING"], task.Statuses);
        task.AdvanceTo(12);
        Assert.Equal(["PROVISIONING", "PENDING", "ACTIVATING"], task.Statuses);
        Assert.Equal([new TaskEffect.Prepare()], task.TakeEffects());

        task.Observe(life => life.WithPrepared());
        task.AdvanceTo(32);
        Assert.Equal([new TaskEffect.Start("a")], task.TakeEffects());
        task.Started("a");
        Assert.Equal("RUNNING", task.Statuses[^1]);

        task.Observe(life => life.WithStop("UserInitiated", "why"));
        Assert.Equal(["RUNNING", "DEACTIVATING", "STOPPING"], task.Statuses[^3..]);
        Assert.Equal([new TaskEffect.Stop("a")], task.TakeEffects());
        task.Ended("a", 143);
        Assert.Equal("DEPROVISIONING", task.Statuses[^1]);
        Assert.Equal([new TaskEffect.RemoveStorage()], task.TakeEffects());
        task.Observe(life => life.WithStorageGone());
        Assert.Equal("DEPROVISIONING", task.Statuses[^1]);
        task.AdvanceTo(42);
        Assert.Equal("STOPPED", task.Statuses[^1]);

        var stopped = task.Life.Task;
        Assert.Equal(("STOPPED", "UserInitiated", "why"), (stopped.DesiredStatus, stopped.StopCode, stopped.StoppedReason));
        Assert.Equal(
            [10.0, 12, 32, 32, 32, 32, 32, 42],
            new[] { stopped.CreatedAt, stopped.PullStartedAt, stopped.PullStoppedAt, stopped.StartedAt, stopped.ConnectivityAt, stopped.StoppingAt, stopped.ExecutionStoppedAt, stopped.StoppedAt }
                .Select(time => (time!.Value - TaskDriver.Start).TotalSeconds));
    }

    [Fact]
    public void Scaled_to_nothing_aws_takes_no_time()
    {
        var task = new TaskDriver(scale: 0, Container("a"));
        Assert.Equal(["PROVISIONING", "PENDING", "ACTIVATING"], task.Statuses);
        Assert.Equal([new TaskEffect.Prepare()], task.TakeEffects());
    }

    [Fact]
    public void A_task_stopped_while_it_is_prepared_waits_for_that_and_starts_nothing()
    {
        var task = new TaskDriver(scale: 0, Container("a"));
        task.TakeEffects();
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        Assert.Equal("ACTIVATING", task.Statuses[^1]);

        task.Observe(life => life.WithPrepared());
        Assert.Equal(["STOPPING", "DEPROVISIONING"], task.Statuses[^2..]);
        Assert.Equal([new TaskEffect.RemoveStorage()], task.TakeEffects());
        task.Observe(life => life.WithStorageGone());
        Assert.Equal("STOPPED", task.Statuses[^1]);
        Assert.Equal("STOPPED", Assert.Single(task.Life.Task.Containers).LastStatus);
    }

    [Fact]
    public void A_task_stopped_before_it_is_activated_has_nothing_to_remove()
    {
        var task = new TaskDriver(scale: 1, Container("a"));
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        task.AdvanceTo(10);
        Assert.Equal(["PROVISIONING", "DEPROVISIONING", "STOPPED"], task.Statuses);
        Assert.Empty(task.TakeEffects());
    }

    [Fact]
    public void A_container_that_does_not_stop_is_killed_after_its_stop_timeout_which_is_not_scaled()
    {
        var task = new TaskDriver(scale: 0, Container("a") with { StopTimeout = 120 }, Container("b"));
        task.Run("a", "b");
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        Assert.Equal([new TaskEffect.Stop("a"), new TaskEffect.Stop("b")], task.TakeEffects());
        task.AdvanceTo(29);
        Assert.Empty(task.TakeEffects());
        task.AdvanceTo(30);
        Assert.Equal([new TaskEffect.Kill("b")], task.TakeEffects());
        task.AdvanceTo(119);
        Assert.Empty(task.TakeEffects());
        Assert.Equal(TaskDriver.Start.AddSeconds(120), task.WakeAt);
        task.AdvanceTo(120);
        Assert.Equal([new TaskEffect.Kill("a")], task.TakeEffects());
    }

    [Fact]
    public void In_a_hurry_containers_get_no_time()
    {
        var task = new TaskDriver(scale: 0, Container("a"));
        task.Run("a");
        task.Times = task.Times with { Hurry = true };
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        Assert.Equal([new TaskEffect.Stop("a"), new TaskEffect.Kill("a")], task.TakeEffects());
    }

    [Fact]
    public void Containers_stop_in_the_reverse_order_of_their_dependencies()
    {
        var task = new TaskDriver(scale: 0, Container("db"), Container("app") with { DependsOn = [new("db", "START")] });
        task.Run("db", "app");
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        Assert.Equal([new TaskEffect.Stop("app")], task.TakeEffects());
        task.Ended("app", 0);
        Assert.Equal([new TaskEffect.Stop("db")], task.TakeEffects());
    }

    [Theory]
    [InlineData("START", null, true)]
    [InlineData("COMPLETE", null, false)]
    [InlineData("COMPLETE", 1, true)]
    [InlineData("SUCCESS", null, false)]
    [InlineData("SUCCESS", 0, true)]
    public void A_container_waits_for_its_dependency(string condition, int? exitCode, bool starts)
    {
        var task = new TaskDriver(scale: 0, Container("init") with { Essential = false }, Container("app") with { DependsOn = [new("init", condition)] });
        task.TakeEffects();
        task.Observe(life => life.WithPrepared());
        Assert.Equal([new TaskEffect.Start("init")], task.TakeEffects());
        task.Started("init");
        if (exitCode is { } code)
        {
            task.Ended("init", code);
        }

        Assert.Equal(starts ? [new TaskEffect.Start("app")] : [], task.TakeEffects());
    }

    [Fact]
    public void A_dependency_that_fails_ends_a_task_whose_essential_container_needs_its_success()
    {
        var task = new TaskDriver(scale: 0, Container("init") with { Essential = false }, Container("app") with { DependsOn = [new("init", "SUCCESS")] });
        task.Observe(life => life.WithPrepared());
        task.Started("init");
        task.Ended("init", 3);

        Assert.Equal(
            ("TaskFailedToStart", "dependency graph: failed to resolve container ordering dependency [init] for target [app] as dependency did not exit successfully."),
            (task.Life.Task.StopCode, task.Life.Task.StoppedReason));
        Assert.Equal("DEPROVISIONING", task.Life.Task.LastStatus);
        Assert.Null(task.Life.Of("app").Container.ExitCode);
    }

    [Fact]
    public void A_dependency_is_given_up_after_its_start_timeout()
    {
        var task = new TaskDriver(scale: 0, Container("init") with { Essential = false, StartTimeout = 5 }, Container("app") with { DependsOn = [new("init", "SUCCESS")] });
        task.Observe(life => life.WithPrepared());
        task.Started("init");
        task.AdvanceTo(4);
        Assert.Null(task.Life.Stop);
        Assert.Equal(TaskDriver.Start.AddSeconds(5), task.WakeAt);
        task.AdvanceTo(5);
        Assert.Equal("TaskFailedToStart", task.Life.Stop?.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(137)]
    public void Any_exit_of_an_essential_container_stops_the_task(int exitCode)
    {
        var task = new TaskDriver(scale: 0, Container("a"), Container("b"));
        task.Run("a", "b");
        task.Ended("b", exitCode);
        Assert.Equal(("EssentialContainerExited", "Essential container in task exited"), (task.Life.Task.StopCode, task.Life.Task.StoppedReason));
        Assert.Equal([new TaskEffect.Stop("a")], task.TakeEffects());
    }

    [Fact]
    public void The_exit_of_another_container_does_not()
    {
        var task = new TaskDriver(scale: 0, Container("a"), Container("b") with { Essential = false });
        task.Run("a", "b");
        task.Ended("b", 1);
        Assert.Equal("RUNNING", task.Life.Task.LastStatus);
    }

    [Theory]
    [InlineData(1, 60, 137, true)]
    [InlineData(1, 59.9, 137, false)]
    [InlineData(1, 60, 7, false)]
    [InlineData(0.1, 6, 137, true)]
    [InlineData(0, 0.11, 137, true)]
    [InlineData(0, 0.09, 137, false)]
    public void A_container_is_restarted_in_place_only_if_it_ran_for_the_scaled_attempt_period(double scale, double ranSeconds, int exitCode, bool restarted)
    {
        var task = new TaskDriver(scale, Container("a") with { RestartPolicy = new(true, [7], 60) });
        task.AdvanceTo(100);
        task.Run("a");
        task.AdvanceTo(100 + ranSeconds);
        task.Ended("a", exitCode);

        Assert.Equal(restarted ? [new TaskEffect.Start("a")] : [new TaskEffect.RemoveStorage()], task.TakeEffects());
        Assert.Equal(restarted ? 1 : 0, task.Life.Of("a").Container.RestartCount);
        Assert.Equal(restarted ? "RUNNING" : "DEPROVISIONING", task.Life.Task.LastStatus);
    }

    [Fact]
    public void A_container_of_a_stopping_task_is_not_restarted()
    {
        var task = new TaskDriver(scale: 0, Container("a") with { RestartPolicy = new(true) });
        task.Run("a");
        task.AdvanceTo(10);
        task.Observe(life => life.WithStop("UserInitiated", "why"));
        task.Ended("a", 0);
        Assert.DoesNotContain(new TaskEffect.Start("a"), task.TakeEffects());
        Assert.Equal("DEPROVISIONING", task.Life.Task.LastStatus);
    }

    [Fact]
    public void What_fails_before_the_start_is_told_as_it_was()
    {
        var task = new TaskDriver(scale: 0, Container("a"));
        task.Observe(life => life.WithPreparationFailed("CannotCreateVolumeError: no space"));
        Assert.Equal(
            ("TaskFailedToStart", "CannotCreateVolumeError: no space", "STOPPED"),
            (task.Life.Task.StopCode, task.Life.Task.StoppedReason, task.Life.Task.DesiredStatus));
        Assert.Equal([new TaskEffect.Prepare(), new TaskEffect.RemoveStorage()], task.TakeEffects());
    }

    private static ContainerDefinition Container(string name) => new() { Name = name, Image = "tidepool-agent" };
}
