using System.Text;
using System.Text.RegularExpressions;
using Tidepool.Comparison;

namespace Tidepool.Tests.Comparison;

/// <summary>The page as a reader has it before them, in a real browser.</summary>
public sealed class ComparisonBrowserSpecs(Chromium chromium)
{
    // For each text that shows and is fainter than 4.5 to 1 (WCAG 2.2, 1.4.3): what it says, its colours, and the ratio.
    private const string FaintTexts =
        """
        (() => {
          const parse = text => { const part = text.match(/[\d.]+/g).map(Number); return { rgb: part.slice(0, 3), alpha: part[3] ?? 1 }; };
          const over = (top, below) => top.rgb.map((value, at) => value * top.alpha + below[at] * (1 - top.alpha));
          const behind = element => {
            if (!element) return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
            return over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement));
          };
          const light = rgb => rgb.map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
            .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
          return SHOWN_TEXTS.flatMap(element => {
            const style = getComputedStyle(element);
            const back = behind(element);
            const front = over(parse(element instanceof SVGElement ? style.fill : style.color), back);
            const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
            const ratio = (high + 0.05) / (low + 0.05);
            return ratio >= 4.5 ? [] : [`${element.textContent.trim().slice(0, 40)}: ${front} on ${back} is ${ratio.toFixed(2)}`];
          });
        })()
        """;

    // Elements that have text of their own which takes room on the screen.
    private const string ShownTexts =
        """
        [...new Set([...function* () {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            if (walker.currentNode.data.trim() && element.checkVisibility() && element.getClientRects().length && !element.closest('script, style, title, desc')) yield element;
          }
        }()])]
        """;

    private static readonly Dictionary<string, ComparisonReport> Reports = new()
    {
        ["full"] = SampleReport.Full,
        ["differing"] = SampleReport.Differing,
        ["partial"] = SampleReport.Partial,
        ["empty"] = SampleReport.Empty,
    };

    [Theory]
    [InlineData("full")]
    [InlineData("differing")]
    [InlineData("partial")]
    [InlineData("empty")]
    public async Task The_page_is_as_wide_as_its_window_complains_of_nothing_and_fetches_nothing(string report)
    {
        await using var page = await chromium.OpenAsync(ComparisonPage.Of(Reports[report]));
        foreach (var open in (bool[])[false, true])
        {
            await page.ValueAsync<bool>($"document.querySelectorAll('details').forEach(one => one.open = {(open ? "true" : "false")}), true");
            foreach (var width in (int[])[320, 380, 800, 1400, 2000])
            {
                await page.SizeAsync(width);
                Assert.Equal(width, await page.ValueAsync<int>("innerWidth"));
                Assert.InRange(await page.ValueAsync<int>("document.documentElement.scrollWidth"), 1, width);
            }
        }

        Assert.Empty(page.Complaints);
        Assert.DoesNotContain(page.Requests, address => !address.StartsWith("file:///", StringComparison.Ordinal) && !address.StartsWith("data:", StringComparison.Ordinal));
        Assert.Single(page.Requests, address => address.StartsWith("file:///", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(380)]
    [InlineData(800)]
    [InlineData(1400)]
    public async Task All_rows_show_in_letters_that_can_be_read_and_no_table_has_to_be_scrolled(int width)
    {
        await using var page = await chromium.OpenAsync(ComparisonPage.Of(SampleReport.Full));
        await page.SizeAsync(width);
        Assert.Equal(11, await page.ValueAsync<int>("[...document.querySelectorAll('.matrix tbody tr')].filter(row => row.getClientRects().length).length"));
        Assert.Equal(66, await page.ValueAsync<int>("[...document.querySelectorAll('.matrix td a')].filter(cell => cell.checkVisibility()).length"));
        Assert.Equal(SampleReport.Full.Claims.Count, await page.ValueAsync<int>("document.querySelectorAll('.claims tbody tr').length"));
        Assert.Empty(await page.ValuesAsync($"{ShownTexts}.filter(element => parseFloat(getComputedStyle(element).fontSize) * (element.closest('svg')?.getScreenCTM().a ?? 1) < 13.9).map(element => element.textContent)"));
        Assert.Empty(await page.ValuesAsync("[...document.querySelectorAll('.scroll')].filter(region => region.scrollWidth > region.clientWidth).map(region => region.ariaLabel)"));

        // A column that is squeezed breaks its words into letters.
        Assert.Empty(await page.ValuesAsync("[...document.querySelectorAll('td div')].filter(cell => cell.textContent && cell.checkVisibility() && cell.clientWidth < 60).map(cell => cell.textContent)"));
        Assert.Equal(1, await page.ValueAsync<int>("[...document.querySelectorAll('svg[role=img]')].filter(plot => plot.getClientRects().length && plot.querySelector('title') && plot.querySelector('desc')).length"));
    }

    [Fact]
    public async Task A_wide_table_on_a_narrow_screen_is_still_a_table_to_who_cannot_see_it()
    {
        await using var page = await chromium.OpenAsync(ComparisonPage.Of(SampleReport.Full));
        await page.SizeAsync(380);
        var roles = await page.RolesAsync();
        Assert.Equal(11 + 8 + 4 + 3 + 9 + 2, roles["rowheader"]);
        Assert.InRange(roles["cell"], 66 + 32, 400);
        Assert.InRange(roles["columnheader"], 7 + 5 + 8, 60);
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task All_text_stands_out_from_what_is_behind_it(string scheme)
    {
        await using var page = await chromium.OpenAsync(ComparisonPage.Of(SampleReport.Differing with { Partial = "It was stopped.", Left = ["a volume"] }));
        await page.SchemeAsync(scheme);
        await page.ValueAsync<bool>("document.querySelectorAll('details').forEach(one => one.open = true), true");
        Assert.Equal(scheme is "dark", await page.ValueAsync<bool>("getComputedStyle(document.body).backgroundColor === 'rgb(14, 22, 24)'"));
        foreach (var width in (int[])[380, 1400])
        {
            await page.SizeAsync(width);
            Assert.InRange(await page.ValueAsync<int>($"{ShownTexts}.length"), 500, 10_000);
            Assert.Empty(await page.ValuesAsync(FaintTexts.Replace("SHOWN_TEXTS", ShownTexts, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Tab_reaches_every_proof_and_Enter_opens_it()
    {
        await using var page = await chromium.OpenAsync(ComparisonPage.Of(SampleReport.Full));
        await page.SchemeAsync("light");
        var opened = new HashSet<string>();
        var links = 0;
        while (true)
        {
            await page.PressAsync("Tab", 9);
            if (await page.ValueAsync<string>("document.activeElement === document.body ? '' : getComputedStyle(document.activeElement).outlineStyle") is not { Length: > 0 } outline)
            {
                break;
            }

            Assert.Equal("solid", outline);
            links += await page.ValueAsync<bool>("document.activeElement.matches('.matrix td a')") ? 1 : 0;
            if (await page.ValueAsync<bool>("document.activeElement.matches('summary')"))
            {
                await page.PressAsync("Enter", 13, "\r");
                opened.Add(await page.ValueAsync<string>("document.activeElement.parentElement.open ? document.activeElement.nextElementSibling.id : ''"));
                await page.PressAsync("Enter", 13, "\r");
            }
        }

        Assert.Equal(66, links);
        Assert.Equal(66, opened.Count(id => id.StartsWith("proof-", StringComparison.Ordinal)));
        Assert.Equal(24, opened.Count(id => id.StartsWith("speed-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Enter_on_a_cell_shows_its_proof_and_all_of_it_opens_at_once()
    {
        await using var page = await chromium.OpenAsync(ComparisonPage.Of(SampleReport.Full));
        await page.ValueAsync<bool>("document.querySelector('#cell-task-replaced-efs').focus(), true");
        await page.PressAsync("Enter", 13, "\r");
        Assert.Equal("#proof-task-replaced-efs", await page.ValueAsync<string>("location.hash"));
        Assert.True(await page.ValueAsync<bool>("document.querySelector('#proof-task-replaced-efs').checkVisibility()"));
        await page.ValueAsync<bool>("document.querySelector('#proof button').click(), true");
        Assert.Equal(90, await page.ValueAsync<int>("[...document.querySelectorAll('#proof details')].filter(one => one.open).length"));
    }

    [Fact]
    public async Task On_paper_there_are_all_sections_and_the_proofs_that_are_open()
    {
        await using var page = await chromium.OpenAsync(ComparisonPage.Of(SampleReport.Full));
        var paper = Encoding.Latin1.GetString(await page.PrintAsync());
        Assert.StartsWith("%PDF-", paper, StringComparison.Ordinal);
        foreach (var head in await page.ValuesAsync("[...document.querySelectorAll('h2')].map(head => head.textContent)"))
        {
            Assert.Contains($"/Title ({head})", paper, StringComparison.Ordinal);
        }

        Assert.InRange(Pages(paper), 3, 10);
        await page.ValueAsync<bool>("document.querySelectorAll('#proof details').forEach(one => one.open = true), true");
        Assert.InRange(Pages(Encoding.Latin1.GetString(await page.PrintAsync())), 16, 80);

        static int Pages(string paper) => Regex.Count(paper, @"/Type /Page\b(?!s)");
    }
}
