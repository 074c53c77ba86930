using Tidepool.Rehearsal;

namespace Tidepool.Tests.Rehearsal;

public sealed class StateFolderSpecs
{
    [Theory]
    [InlineData("/var/state", "/home/a", "/var/state/tidepool/environments")]
    [InlineData(null, "/home/a", "/home/a/.local/state/tidepool/environments")]
    [InlineData("", "/home/a", "/home/a/.local/state/tidepool/environments")]
    [InlineData("relative", "/home/a", "/home/a/.local/state/tidepool/environments")]
    public void It_follows_the_base_directory_specification(string? xdg, string? home, string expected) =>
        Assert.Equal(expected, StateFolder.Find(name => name == "XDG_STATE_HOME" ? xdg : home));

    [Fact]
    public void Without_a_place_it_says_what_to_set()
    {
        var refusal = Assert.Throws<ProblemException>(() => StateFolder.Find(_ => null));
        Assert.Equal(
            "REHEARSAL001: Neither XDG_STATE_HOME nor HOME holds an absolute path, so there is no place for volumes and logs. "
            + "Set XDG_STATE_HOME to a folder on a disk with room.",
            refusal.Message);
    }
}
