using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent.Supervision;

namespace Tidepool.Tests.Agent;

public sealed class JobWatchSpecs
{
    private const string Begin = "2026-11-24 10:00:00Z: Running job: build it";
    private const string End = "2026-11-24 10:00:09Z: Job build it completed with result: Failed";

    private readonly FakeTimeProvider _clock = new();
    private readonly JobWatch _jobs;

    public JobWatchSpecs() => _jobs = new(_clock);

    [Fact]
    public void A_job_runs_from_the_listeners_one_line_to_its_other()
    {
        Assert.False(_jobs.IsRunning);

        _jobs.Read(Begin);
        Assert.True(_jobs.IsRunning);
        Assert.Equal("build it", _jobs.Job);

        _jobs.Read(End);
        Assert.False(_jobs.IsRunning);
        Assert.True(_jobs.HasRun);
    }

    [Theory]
    [InlineData("Running job: build it")]
    [InlineData("2026-11-24 10:00:00Z: Listening for Jobs")]
    [InlineData("x 2026-11-24 10:00:00Z: Running job: build it")]
    public void Other_lines_mean_nothing(string line)
    {
        _jobs.Read(line);

        Assert.False(_jobs.IsRunning);
    }

    [Fact]
    public void A_worker_is_a_job_even_without_a_line()
    {
        _jobs.Look(worker: true, other: true);
        Assert.True(_jobs.IsRunning);

        _jobs.Look(worker: false, other: false);
        Assert.False(_jobs.IsRunning);
        Assert.True(_jobs.HasRun);
    }

    [Fact]
    public void A_worker_that_is_gone_ends_the_job_whose_end_was_never_written()
    {
        _jobs.Read(Begin);
        _jobs.Look(worker: true, other: true);

        _clock.Advance(TimeSpan.FromSeconds(9));
        _jobs.Look(worker: false, other: false);
        Assert.True(_jobs.IsRunning);

        _clock.Advance(TimeSpan.FromSeconds(2));
        _jobs.Look(worker: false, other: true);
        Assert.False(_jobs.IsRunning);
    }

    [Fact]
    public void A_job_that_was_taken_back_before_it_had_a_process_is_forgotten_after_five_minutes()
    {
        _jobs.Read(Begin);

        _clock.Advance(TimeSpan.FromMinutes(5));
        _jobs.Look(worker: false, other: false);
        Assert.True(_jobs.IsRunning);

        _clock.Advance(TimeSpan.FromSeconds(1));
        _jobs.Look(worker: false, other: false);
        Assert.False(_jobs.IsRunning);
    }

    [Fact]
    public void A_long_job_of_an_agent_without_workers_is_not_forgotten()
    {
        _jobs.Read(Begin);

        for (var minute = 0; minute < 60; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            _jobs.Look(worker: false, other: true);
        }

        Assert.True(_jobs.IsRunning);
    }

    [Fact]
    public void Idleness_is_counted_from_the_last_jobs_end()
    {
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), _jobs.IdleFor);

        _jobs.Read(Begin);
        _clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.Zero, _jobs.IdleFor);

        _jobs.Read(End);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), _jobs.IdleFor);
    }

    [Fact]
    public void An_agent_that_does_not_listen_yet_is_not_idle()
    {
        _clock.Advance(TimeSpan.FromSeconds(30));
        _jobs.ListenerStarted();
        Assert.Equal(TimeSpan.Zero, _jobs.IdleFor);

        _clock.Advance(TimeSpan.FromSeconds(8));
        _jobs.Read("2026-11-24 10:00:00Z: Listening for Jobs");
        Assert.Equal(TimeSpan.Zero, _jobs.IdleFor);

        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), _jobs.IdleFor);
    }

    [Fact]
    public async Task Who_waits_for_a_job_hears_of_its_begin_of_its_end_and_that_none_comes_any_more()
    {
        var begun = _jobs.WhenAsync(running: true, TestContext.Current.CancellationToken);
        Assert.False(begun.IsCompleted);
        _jobs.Read(Begin);
        Assert.True(await begun);

        var ended = _jobs.WhenAsync(running: false, TestContext.Current.CancellationToken);
        _jobs.ListenerEnded();
        Assert.True(await ended);

        var next = _jobs.WhenAsync(running: true, TestContext.Current.CancellationToken);
        _jobs.Close();
        Assert.False(await next);
    }
}
