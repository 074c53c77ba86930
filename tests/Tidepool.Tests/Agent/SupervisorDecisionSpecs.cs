using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent.Supervision;

namespace Tidepool.Tests.Agent;

public sealed class SupervisorDecisionSpecs
{
    [Fact]
    public void By_default_every_phase_at_its_longest_fits_into_what_Fargate_gives()
    {
        Assert.Equal(TimeSpan.FromSeconds(114), StopBudget.Of(StopBudget.Drain));
        Assert.True(StopBudget.Of(StopBudget.Drain) < StopBudget.Fargate);
        Assert.Equal(TimeSpan.FromSeconds(49), StopBudget.Of(TimeSpan.Zero));
    }

    [Fact]
    public void A_listener_is_started_again_ever_later_and_given_up_at_the_fifth_end()
    {
        var restarts = new RestartPolicy(once: false, new FakeTimeProvider());

        Assert.Equal(
            [1, 2, 4, 8],
            Enumerable.Range(0, 4).Select(_ => Assert.IsType<AfterListener.StartAgain>(restarts.Decide(2, ranJob: false)).Delay.TotalSeconds));
        Assert.Equal("AGENT014", Assert.IsType<AfterListener.GiveUp>(restarts.Decide(2, ranJob: false)).Code);
    }

    [Fact]
    public void Ends_that_are_long_past_are_no_crash_loop()
    {
        var clock = new FakeTimeProvider();
        var restarts = new RestartPolicy(once: false, clock);

        for (var i = 0; i < 20; i++)
        {
            Assert.IsType<AfterListener.StartAgain>(restarts.Decide(2, ranJob: true));
            clock.Advance(TimeSpan.FromMinutes(3));
        }
    }

    [Theory]
    [InlineData(0, true, true, typeof(AfterListener.Leave))]
    [InlineData(0, true, false, typeof(AfterListener.Leave))]
    [InlineData(0, false, true, typeof(AfterListener.GiveUp))] // nobody told it to end
    [InlineData(1, false, false, typeof(AfterListener.GiveUp))]
    [InlineData(2, true, false, typeof(AfterListener.StartAgain))]
    [InlineData(2, true, true, typeof(AfterListener.GiveUp))] // a second job would come
    [InlineData(3, false, true, typeof(AfterListener.Update))]
    [InlineData(4, true, false, typeof(AfterListener.Update))]
    [InlineData(137, false, true, typeof(AfterListener.StartAgain))]
    public void What_follows_an_exit_code(int code, bool once, bool ranJob, Type follows) =>
        Assert.IsType(follows, new RestartPolicy(once, new FakeTimeProvider()).Decide(code, ranJob));

    [Fact]
    public async Task A_name_that_carries_the_task_is_taken_from_the_agent_that_has_it()
    {
        var configuration = Configuration(name: null, new FakeTimeProvider());

        await configuration.FreeNameAsync(_ => Task.FromResult<PoolAgent?>(Online), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_name_of_the_users_own_is_waited_for_until_its_agent_is_offline()
    {
        var clock = new FakeTimeProvider();
        var looks = 0;
        var waiting = Configuration("mine", clock).FreeNameAsync(
            _ => Task.FromResult<PoolAgent?>(Online with { Online = ++looks < 3 }), TestContext.Current.CancellationToken);

        Assert.Equal(1, looks);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, looks);
        clock.Advance(TimeSpan.FromSeconds(2));

        await waiting;
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task A_name_whose_agent_stays_online_is_given_up()
    {
        var clock = new FakeTimeProvider();

        var refused = await Assert.ThrowsAsync<Tidepool.Agent.AgentException>(() => Configuration("mine", clock).FreeNameAsync(
            _ =>
            {
                clock.Advance(TimeSpan.FromMinutes(3));
                return Task.FromResult<PoolAgent?>(Online);
            },
            TestContext.Current.CancellationToken));

        Assert.Equal(
            "AGENT015: Pool fargate has an agent mine already, and it is online. "
            + "Unset AZP_AGENT_NAME, so that the name carries the task's id, or set it to another name.",
            refused.Message);
    }

    private static readonly PoolAgent Online = new(1, 7, "mine", Enabled: true, Online: true, Job: null);

    private static AgentConfiguration Configuration(string? name, FakeTimeProvider clock) => new(
        Tidepool.Agent.AgentSettings.Of("http://127.0.0.1:1/o", "fargate") with { Name = name },
        name ?? "agent-1-t", folder: null!, new Dictionary<string, string>(), pool: null!, token: null!, reaper: null!, clock);
}
