using Tidepool.Agent.Posix;

namespace Tidepool.Tests.Agent;

public sealed class AgentProcessTableSpecs
{
    [Fact]
    public void A_name_may_hold_spaces_and_brackets() => Assert.Equal(
        new ProcessEntry(42, 7, 40, "a) b (c"), ProcessTable.Parse("42 (a) b (c) S 7 41 40 0 -1 4194560"));

    [Theory]
    [InlineData("42 (dead) Z 7 41 40 0")]
    [InlineData("")]
    public void A_zombie_and_a_process_that_is_gone_are_left_out(string stat) => Assert.Null(ProcessTable.Parse(stat));

    [Fact]
    public void Descendants_are_found_whatever_the_order()
    {
        ProcessEntry[] all = [new(4, 3, 4, "grandchild"), new(3, 2, 3, "child"), new(2, 1, 2, "agent"), new(5, 1, 5, "other")];

        Assert.Equal([3, 4], ProcessTable.DescendantsOf(2, all).Select(process => process.Id).Order());
    }
}
