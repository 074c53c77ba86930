using Tidepool.Agent.Listening;
using Tidepool.Agent.Wire;

namespace Tidepool.Tests.Agent;

public sealed class AgentTimingSpecs
{
    [Theory]
    [InlineData(600, 60)] // the service's ten minutes
    [InlineData(30, 10)]
    [InlineData(1, 1)]
    [InlineData(-5, 1)]
    public void A_lease_is_renewed_every_minute_or_three_times_in_its_life(int left, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), JobLease.NextRenewal(TimeSpan.FromSeconds(left)));

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(2, 0.5)]
    [InlineData(5, 4)]
    [InlineData(30, 15)]
    public void Tries_come_ever_slower_up_to_a_limit(int failures, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Retry.DelayAfter(failures));

    [Theory]
    [InlineData("http://inside:8080/local/_apis/oauth2/token", true, "http://outside:9/local/_apis/oauth2/token")]
    [InlineData("https://dev.azure.com/o/_apis/oauth2/token", false, "https://dev.azure.com/o/_apis/oauth2/token")]
    public void Urls_of_a_server_get_the_host_it_was_reached_by(string given, bool onPremises, string used) =>
        Assert.Equal(used, ServiceUrl.Rewrite(given, "http://outside:9/local", onPremises));
}
