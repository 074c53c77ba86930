using Tidepool.Rehearsal;

namespace Tidepool.Tests.Rehearsal;

public sealed class UnifiedDiffSpecs
{
    [Fact]
    public void Texts_that_are_equal_have_no_difference() => Assert.Equal("", UnifiedDiff.Of("a", "x\ny\n", "b", "x\ny\n"));

    [Fact]
    public void Changes_are_shown_with_three_lines_around_and_far_ones_apart()
    {
        var old = string.Concat(Enumerable.Range(1, 20).Select(i => $"{i}\n"));
        var now = old.Replace("2\n3\n4\n", "2\nthree\n4\n", StringComparison.Ordinal).Replace("18\n", "", StringComparison.Ordinal) + "21\n";

        Assert.Equal(
            """
            --- a
            +++ b
            @@ -1,6 +1,6 @@
             1
             2
            -3
            +three
             4
             5
             6
            @@ -15,6 +15,6 @@
             15
             16
             17
            -18
             19
             20
            +21

            """,
            UnifiedDiff.Of("a", old, "b", now));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_difference_leads_from_one_text_to_the_other(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var old = Lines(random);
            var now = Lines(random);
            var diff = UnifiedDiff.Of("a", old, "b", now);
            Assert.Equal(now, Patched(old, diff));
        }
    }

    private static string Lines(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(0, 30)).Select(_ => $"{(char)('a' + random.Next(4))}\n"));

    private static string Patched(string text, string diff)
    {
        var lines = text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');
        var (at, result) = (0, new List<string>());
        foreach (var line in diff.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            if (line.StartsWith("@@ -", StringComparison.Ordinal))
            {
                var numbers = line[4..line.IndexOf(' ', 4)].Split(',');
                var first = int.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture) - (numbers[1] == "0" ? 0 : 1);
                result.AddRange(lines[at..first]);
                at = first;
            }
            else if (line[0] == '+')
            {
                result.Add(line[1..]);
            }
            else
            {
                Assert.Equal(lines[at], line[1..]);
                at++;
                if (line[0] == ' ')
                {
                    result.Add(line[1..]);
                }
            }
        }

        result.AddRange(lines[at..]);
        return string.Concat(result.Select(line => $"{line}\n"));
    }
}
