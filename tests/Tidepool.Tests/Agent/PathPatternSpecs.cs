using Tidepool.Agent;

namespace Tidepool.Tests.Agent;

public sealed class PathPatternSpecs
{
    [Theory]
    [InlineData("**", "a/b/c.txt", true)]
    [InlineData("*", "a", true)]
    [InlineData("*", "a/b", false)]
    [InlineData("**/*.log", "x.log", true)]
    [InlineData("**/*.log", "a/b/.x.log", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a/**/d", "a/d", true)]
    [InlineData("a/**/d", "a/b/c/d", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[!a-c]x", "bx", false)]
    [InlineData("*.{js,css}", "a.css", true)]
    [InlineData("*.{js,css}", "a.html", false)]
    [InlineData("{a,b{c,d}}/x", "bd/x", true)]
    [InlineData("{a}", "{a}", true)]
    [InlineData("a*b*c", "aXbYc", true)]
    [InlineData("a*b*c", "aXc", false)]
    [InlineData("[", "[", true)]
    [InlineData("!a", "b", true)]
    [InlineData("A", "a", false)]
    public void A_pattern_matches_as_minimatch_does(string pattern, string path, bool matches) =>
        Assert.Equal(matches, new PathPattern(pattern).Matches(path));

    [Fact]
    public void Later_patterns_take_away_and_add()
    {
        var patterns = PathPattern.Lines("**\n !**/*.map \n\nkeep/**");

        Assert.True(PathPattern.Selects(patterns, "a.js"));
        Assert.False(PathPattern.Selects(patterns, "x/a.map"));
        Assert.True(PathPattern.Selects(patterns, "keep/a.map"));
    }

    [Fact]
    public void Many_stars_take_no_time() => Assert.False(new PathPattern(string.Concat(Enumerable.Repeat("*a", 40))).Matches(new string('a', 39) + "b"));
}
