using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

public sealed class StepLimitsSpecs : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly JobCancellation _job;

    public StepLimitsSpecs() => _job = new(_clock);

    public void Dispose() => _job.Dispose();

    private StepLimits Limits(int minutes = 0, bool holds = false) =>
        new(new JobStep { TimeoutInMinutes = minutes }, _job, () => holds, _clock);

    private static Task StoppedAsync(StepLimits limits)
    {
        var stopped = new TaskCompletionSource();
        limits.Stop.Register(stopped.SetResult);
        return stopped.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_step_that_outlives_its_timeout_fails_and_is_not_tried_again()
    {
        using var limits = Limits(minutes: 2);
        _clock.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromSeconds(1));
        Assert.False(limits.Stop.IsCancellationRequested);

        _clock.Advance(TimeSpan.FromSeconds(1));
        await StoppedAsync(limits);

        Assert.Equal(new StepEnd(JobStatus.Failed, "The task has timed out.", MayRetry: false), limits.Judge(JobStatus.Succeeded, null));
    }

    [Theory]
    [InlineData(71583)]
    [InlineData(int.MaxValue)]
    public void A_timeout_longer_than_any_timer_is_none(int minutes)
    {
        using var limits = Limits(minutes);

        _clock.Advance(TimeSpan.FromMinutes(71583));

        Assert.False(limits.Stop.IsCancellationRequested);
    }

    [Fact]
    public void A_cancel_that_gives_longer_than_any_timer_gives_no_limit()
    {
        using var limits = Limits(holds: true);

        _job.Cancel(TimeSpan.FromDays(100));
        _clock.Advance(TimeSpan.FromDays(50));

        Assert.True(_job.Requested.IsCancellationRequested);
        Assert.False(limits.Stop.IsCancellationRequested);
    }

    [Fact]
    public async Task A_cancel_stops_a_step_whose_condition_does_not_hold_any_more()
    {
        using var limits = Limits();

        _job.Cancel(TimeSpan.FromMinutes(5));
        await StoppedAsync(limits);

        Assert.Equal(JobStatus.Canceled, limits.Judge(JobStatus.Failed, null).Result);
    }

    [Fact]
    public async Task A_step_that_runs_in_spite_of_a_cancel_has_the_time_that_came_with_it()
    {
        using var limits = Limits(holds: true);
        _job.Cancel(TimeSpan.FromMinutes(5));
        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.False(limits.Stop.IsCancellationRequested);

        _clock.Advance(TimeSpan.FromSeconds(1));
        await StoppedAsync(limits);

        Assert.Equal(JobStatus.Canceled, limits.Judge(JobStatus.Succeeded, null).Result);
    }

    [Fact]
    public void A_step_that_says_it_is_complete_has_the_result_it_said()
    {
        using var limits = Limits();

        limits.Done();

        Assert.True(limits.Stop.IsCancellationRequested);
        Assert.Equal(new StepEnd(JobStatus.SucceededWithIssues, null, MayRetry: false), limits.Judge(JobStatus.Failed, JobStatus.SucceededWithIssues));
    }

    [Theory]
    [InlineData(JobStatus.Succeeded, null, JobStatus.Succeeded)]
    [InlineData(JobStatus.Succeeded, JobStatus.Failed, JobStatus.Failed)]
    [InlineData(JobStatus.Failed, JobStatus.Succeeded, JobStatus.Failed)]
    internal void The_worse_of_task_and_commands_counts(JobStatus ofTask, JobStatus? ofCommands, JobStatus result)
    {
        using var limits = Limits();

        Assert.Equal(result, limits.Judge(ofTask, ofCommands).Result);
    }
}
