using Tidepool.Agent.Commands;

namespace Tidepool.Tests.Agent;

public sealed class LoggingCommandSpecs
{
    [Fact]
    public void A_command_is_found_anywhere_in_a_line()
    {
        Assert.True(LoggingCommand.TryParse("noise ##vso[Task.SetVariable variable=a;IsSecret=TRUE]the value", out var command));

        Assert.Equal(("task", "setvariable", "the value"), (command.Area, command.Event, command.Data));
        Assert.Equal("a", command["Variable"]);
        Assert.True(command.IsTrue("issecret"));
        Assert.False(command.IsTrue("isoutput"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("##vso[task.setvariable")]
    [InlineData("##VSO[task.debug]x")] // the prefix's case counts
    [InlineData("##vso[task]x")]
    [InlineData("##vso[a.b.c]x")]
    [InlineData("##[group]x")]
    public void Anything_else_is_a_line_to_show(string line) => Assert.False(LoggingCommand.TryParse(line, out _));

    [Fact]
    public void Escapes_are_undone_in_properties_and_data()
    {
        Assert.True(LoggingCommand.TryParse("##vso[task.logissue type=error;code=a%3Bb%5D]x%0D%0Ay%AZP25z%41", out var command));

        Assert.Equal("a;b]", command["code"]);
        Assert.Equal("x\r\ny%z%41", command.Data);
    }

    [Fact]
    public void A_value_keeps_its_equals_signs()
    {
        Assert.True(LoggingCommand.TryParse("##vso[a.b k = v=w ;empty=; ;nothing]", out var command));

        Assert.Equal(new Dictionary<string, string> { ["k"] = "v=w", ["empty"] = "" }, command.Properties);
        Assert.Equal("", command.Data);
    }
}
