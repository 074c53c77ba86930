using Tidepool.Pipelines;

namespace Tidepool.Tests.Pipelines;

public sealed class DemandSpecs
{
    private static readonly Dictionary<string, string> Capabilities = new()
    {
        ["Agent.Version"] = "4.255.0",
        ["FARGATE_TASK"] = "0af1",
        ["empty"] = "",
    };

    [Theory]
    [InlineData("fargate_task", true)]
    [InlineData("empty", true)]
    [InlineData("npm", false)]
    [InlineData("FARGATE_TASK -equals 0AF1", true)]
    [InlineData("FARGATE_TASK -equals 0af", false)]
    [InlineData("npm -equals x", false)]
    [InlineData("Agent.Version -gtVersion 4.255.0", true)]
    [InlineData("Agent.Version -gtVersion 3", true)]
    [InlineData("Agent.Version -GTVERSION 4.255.1", false)]
    [InlineData("Agent.Version -gtVersion 4.255", true)]
    [InlineData("FARGATE_TASK -gtVersion 1.0", false)]
    [InlineData("npm -gtVersion 1.0", false)]
    public void A_demand_is_met_by_what_an_agent_has(string demand, bool met) =>
        Assert.Equal(met, Demand.Parse(demand).IsMetBy(Capabilities));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a -equals")]
    [InlineData("a -contains b")]
    public void What_is_no_demand_is_refused_with_its_text(string text)
    {
        var fault = Assert.Throws<ProblemException>(() => Demand.Parse(text));

        Assert.Equal(
            $"PIPELINE003: Demand '{text}' is not valid. "
            + "Write a capability's name, alone or followed by -equals VALUE or -gtVersion VERSION.",
            fault.Message);
    }

    [Theory]
    [InlineData("  a  ", "a")]
    [InlineData("a   -equals   b c", "a -equals b c")]
    [InlineData("a -gtversion 1.2", "a -gtVersion 1.2")]
    public void A_demand_prints_in_one_form(string text, string printed) => Assert.Equal(printed, Demand.Parse(text).ToString());
}
