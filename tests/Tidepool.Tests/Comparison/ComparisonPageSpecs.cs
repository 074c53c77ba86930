using System.Text;
using System.Text.RegularExpressions;
using Tidepool.Comparison;

namespace Tidepool.Tests.Comparison;

/// <summary>The page as text.</summary>
public sealed class ComparisonPageSpecs
{
    private const string Hostile = "</code><script>alert(1)</script><img src=x onerror=\"alert(1)\"> '\" javascript:alert(1)";

    [Fact]
    public void A_full_report_stays_below_1_MB() => Assert.InRange(Encoding.UTF8.GetByteCount(ComparisonPage.Of(SampleReport.Full)), 50_000, 1_000_000);

    [Fact]
    public void Every_cell_leads_to_its_proof_and_back()
    {
        var page = ComparisonPage.Of(SampleReport.Full);
        var places = Regex.Matches(page, " id=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(places.Distinct(), places);
        var links = Regex.Matches(page, "href=\"#([^\"]+)\"").Select(match => match.Groups[1].Value).ToHashSet();
        Assert.Empty(links.Except(places));
        Assert.Empty(places.Where(place => place.StartsWith("proof-", StringComparison.Ordinal) && place is not "proof-h").Except(links));
        Assert.Equal(66, places.Count(place => place.StartsWith("cell-", StringComparison.Ordinal)));
        foreach (var cell in SampleReport.Full.Scenarios.SelectMany(row => row.Cells))
        {
            Assert.All(cell.Tasks.Concat(cell.Proof), line => Assert.Contains($">{line}<", page, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Nothing_that_a_report_says_becomes_markup()
    {
        var full = SampleReport.Full;
        var page = ComparisonPage.Of(full with
        {
            Endpoint = Hostile,
            Runtime = Hostile,
            Partial = Hostile,
            Left = [Hostile],
            NotExercised = [Hostile],
            Storages = [.. full.Storages.Select((storage, at) => at > 0 ? storage : new(storage.Id, Hostile, Hostile))],
            Scenarios =
            [
                new(Hostile, Hostile, Hostile, [full.Scenarios[0].Cells[0] with { Text = Hostile, Observed = Hostile, Expected = Hostile, Verdict = CellReport.Different, Tasks = [Hostile], Proof = [Hostile], Certainty = Hostile, Source = "javascript:alert(1)" }]),
            ],
            Claims = [new(Hostile, Hostile, Hostile, Hostile, false, Hostile, [Hostile], Hostile)],
            Speed = new() { Remarks = [Hostile], Rows = [new(Hostile, Hostile, Hostile, 1, [new("bind", 1, 1, Hostile, [Hostile]), new("efs", null, null, Hostile, [])])], Documented = [new(Hostile, Hostile, Hostile, Hostile)] },
            Cost = full.Cost! with { Region = Hostile, Currency = Hostile, Remarks = [Hostile], BreakEven = [Hostile], Curves = [.. full.Cost.Curves.Select(curve => curve with { Storage = Hostile })], Storages = [new(Hostile, 1, 1, [new(Hostile, 1, Hostile, 1, 1, Hostile, default, true)], Hostile)] },
            Pipeline = new() { File = Hostile, Result = Hostile, How = Hostile, Advice = Hostile, Cheapest = Hostile, Tfvars = Hostile, Pins = [Hostile], Pinned = [Hostile], Traps = [Hostile], Paths = [new(Hostile, [Hostile], [Hostile], true)], Verdicts = [new(Hostile, Hostile, Hostile, 1)] },
        });
        Assert.Single(Regex.Matches(page, "<script"));
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("onerror=\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"javascript:", page, StringComparison.Ordinal);
        Assert.InRange(Regex.Count(page, "&lt;script&gt;"), 40, 200);
    }

    [Fact]
    public void A_partial_report_says_so_before_anything_else()
    {
        var page = ComparisonPage.Of(SampleReport.Partial);
        var main = page[page.IndexOf("<main", StringComparison.Ordinal)..];
        Assert.InRange(main.IndexOf("This report is partial.", StringComparison.Ordinal), 0, main.IndexOf("<section", StringComparison.Ordinal));
        Assert.Contains("vol-0f3a9b1c2d4e5f607: the service answered 503.", main[..main.IndexOf("<section", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.Contains("– not run", main, StringComparison.Ordinal);
        Assert.DoesNotContain("<section id=\"cost\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"#cost\"", page, StringComparison.Ordinal);

        // What a claim rests on was not run: it is named without a link.
        Assert.Contains("task-replaced/bind", main, StringComparison.Ordinal);
        Assert.Contains("No scenario was run.", ComparisonPage.Of(SampleReport.Empty), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_that_differs_is_told_at_the_top_and_its_proof_is_open()
    {
        var page = ComparisonPage.Of(SampleReport.Differing);
        Assert.Contains("Something was seen that the rules do not say:", page, StringComparison.Ordinal);
        Assert.Contains("The other task read what this one wrote.", page[..page.IndexOf("<section", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.Single(Regex.Matches(page, "<details open>"));
    }

    [Theory]
    [InlineData(StorageVerdict.AsItIs, "works", "✓")]
    [InlineData(StorageVerdict.WhenPinned, "pinned", "△")]
    [InlineData(StorageVerdict.WithoutCache, "pinned", "△")]
    [InlineData(StorageVerdict.Fails, "fails", "✕")]
    [InlineData(StorageVerdict.NotKnown, "unknown", "?")]
    public void A_verdict_has_a_sign_and_its_words(string works, string kind, string sign)
    {
        var page = ComparisonPage.Of(SampleReport.Full with { Pipeline = SampleReport.Full.Pipeline! with { Result = PipelineReport.NotRun, Verdicts = [new("bind", works, "why", null)] } });
        Assert.Contains($"""<li class="choice {kind}"><h3>bind mount</h3><p class="works"><span aria-hidden="true">{sign}</span> {works}</p><p>why</p></li>""", page, StringComparison.Ordinal);
        Assert.Contains("the demand <code>FARGATE_TASK -equals $(task)</code> in its pool.", page, StringComparison.Ordinal);
        Assert.Contains("It was not run. File access was watched", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PipelineReport.NotRun, StorageVerdict.NotKnown, "It was not run, and there is no verdict")]
    [InlineData("failed", StorageVerdict.NotKnown, "It is not known which storage works")]
    [InlineData("succeeded", StorageVerdict.WhenPinned, "None of the storages works as the pipeline stands")]
    public void Without_a_storage_that_works_the_verdict_says_how_much_is_known(string result, string works, string lead)
    {
        var pipeline = SampleReport.Full.Pipeline!;
        var page = ComparisonPage.Of(SampleReport.Full with
        {
            Pipeline = pipeline with { Cheapest = null, Result = result, Verdicts = [.. pipeline.Verdicts.Select(verdict => verdict with { Works = works })] },
        });
        Assert.Contains($"<p class=\"lead\"><strong>{lead}</strong></p>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_fetched_from_anywhere() =>
        Assert.DoesNotMatch("(?i)(src|srcset)=|@import|url\\(|<link(?! rel=\"icon\" href=\"data:)", ComparisonPage.Of(SampleReport.Full));
}
