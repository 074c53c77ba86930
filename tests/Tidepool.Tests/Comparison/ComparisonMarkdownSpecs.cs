using Tidepool.Comparison;

namespace Tidepool.Tests.Comparison;

public sealed class ComparisonMarkdownSpecs
{
    [Fact]
    public void A_full_report_has_all_sections_in_order()
    {
        string[] heads =
        [
            "# Storage for agents on Fargate, compared",
            "## The verdict for azure-pipelines.yml",
            "## Who sees the data, and what it survives",
            "### The scenarios",
            "### The storages",
            "## What is commonly said, checked",
            "## Speed that AWS documents",
            "## Cost a month",
            "## What was not exercised",
        ];
        Assert.Equal(heads, ComparisonMarkdown.Of(SampleReport.Full).Split('\n').Where(line => line.StartsWith('#')));
    }

    [Fact]
    public void A_cell_says_what_was_observed_and_how_sure_it_is()
    {
        var text = ComparisonMarkdown.Of(SampleReport.Full);
        Assert.Matches(@"(?m)^\| agent of another task +\| not found +\| not found +\| not found +\| not found +\| found +\| found +\|$", text);
        Assert.Matches(@"(?m)^\| container restarted in place +\| found ‡ ", text);
        Assert.Matches(@"(?m)^\| non-root writer without VOLUME +\| EACCES † ", text);
        Assert.Contains("- service scaled to two, EBS of RunTask, kept: not tried. A service takes no volume that RunTask left.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_that_differs_stands_out_and_says_what_was_to_be_seen()
    {
        var text = ComparisonMarkdown.Of(SampleReport.Differing);
        Assert.Matches(@"(?m)^\| agent of another task +\| \*\*found\*\* \(differs\) ", text);
        Assert.Contains("- **agent of another task, bind mount: not found was to be seen.** The other task read what this one wrote.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_run_that_saw_the_same_makes_the_same_text()
    {
        var full = SampleReport.Full;
        var another = full with
        {
            StartedAt = full.StartedAt.AddDays(3),
            Seconds = 77,
            Scenarios = [.. full.Scenarios.Select(row => row with { Cells = [.. row.Cells.Select(cell => cell with { Tasks = ["arn:aws:ecs:us-east-1:000000000000:task/compare/9"], Proof = ["other"] })] })],
            Speed = full.Speed! with { Rows = [.. full.Speed.Rows.Select(row => row with { Layer = 9, Cells = [] })] },
            Pipeline = full.Pipeline! with { Run = 99, Paths = [], Verdicts = [.. full.Pipeline.Verdicts.Select(verdict => verdict with { Run = 99 })] },
        };
        Assert.Equal(ComparisonMarkdown.Of(full), ComparisonMarkdown.Of(another));
    }

    [Fact]
    public void A_partial_report_says_so_at_the_top_and_leaves_out_what_it_lacks()
    {
        var text = ComparisonMarkdown.Of(SampleReport.Partial);
        Assert.Contains("**This report is partial.** It was stopped after 12.0 s; 9 of 66 cells were tried.", text.Split("\n## ")[0], StringComparison.Ordinal);
        Assert.Matches(@"(?m)^\| agent of another task .*\| not run +\| not run +\| not run +\|$", text);
        Assert.DoesNotContain("## Cost", text, StringComparison.Ordinal);
        Assert.DoesNotContain("## Speed", text, StringComparison.Ordinal);
        Assert.DoesNotContain("## The verdict", text, StringComparison.Ordinal);
        Assert.DoesNotContain("## ", ComparisonMarkdown.Of(SampleReport.Empty), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_source_is_defined_once_and_each_reference_has_one()
    {
        var text = ComparisonMarkdown.Of(SampleReport.Full);
        var defined = text.Split('\n').Where(line => line.StartsWith('[')).ToArray();
        Assert.Equal(defined.Length, defined.Select(line => line.Split(": ")[1]).Distinct().Count());
        var used = System.Text.RegularExpressions.Regex.Matches(text, @"\[(\d+)\](?!:)").Select(match => match.Groups[1].Value).Distinct().Order().ToArray();
        Assert.Equal(used, defined.Select(line => line[1..line.IndexOf(']', StringComparison.Ordinal)]).Order());
    }

    [Fact]
    public void Amounts_have_their_price_its_source_and_its_day()
    {
        var text = ComparisonMarkdown.Of(SampleReport.Full);
        Assert.Matches(@"(?m)^\| gp3 +\| – +\| 9\.60 +\| – +\| 0\.08 a GB-month +\| \[\d+\] 2026-09-28 +\|$", text);
        Assert.Matches(@"(?m)^\| \*\*together\*\* +\| \*\*88\.22\*\* ", text);
        Assert.Contains("- EFS costs less than EBS where fewer than 9 GiB are kept.\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a | b", @"a \| b")]
    [InlineData("<img src=x onerror=alert(1)>", @"\<img src=x onerror=alert(1)>")]
    [InlineData("*bold* _em_ default_owner", @"\*bold\* \_em\_ default_owner")]
    [InlineData("[x](javascript:alert(1))", @"\[x\](javascript:alert(1))")]
    [InlineData("one\n# two", "one # two")]
    [InlineData("# one", @"\# one")]
    [InlineData("a &lt; `b`", @"a &amp;lt; \`b\`")]
    public void Text_is_no_markup(string text, string written) => Assert.Equal(written, MarkdownText.Plain(text));
}
