using System.Security.Cryptography;
using System.Text;
using Tidepool.Comparison.Page;

namespace Tidepool.Comparison;

/// <summary>
/// A comparison as one page of HTML that asks nothing of any other place: read on a phone, on a wide screen or on paper, by keyboard, without script.
/// </summary>
/// <remarks>
/// All text of the report is encoded. Should some ever slip through, the page's own policy lets no script run but the page's, and nothing be
/// fetched (https://www.w3.org/TR/CSP3/#directive-script-src).
/// </remarks>
public static class ComparisonPage
{
    private static readonly string Style = Read("page.css");
    private static readonly string Script = Read("page.js");

    private static readonly (string Id, string Name)[] Contents =
    [
        ("pipeline", "Verdict"),
        ("matrix", "Who sees the data"),
        ("claims", "Claims, checked"),
        ("speed", "Speed"),
        ("cost", "Cost"),
        ("storages", "The storages"),
        ("not-exercised", "Not exercised"),
        ("run", "How it was run"),
        ("proof", "The proof"),
    ];

    /// <summary>The whole page.</summary>
    public static string Of(ComparisonReport report)
    {
        var body = Html.All(
            AnswerSection.Of(report),
            MatrixSection.Of(report),
            ClaimsSection.Of(report),
            SpeedSection.Of(report),
            CostSection.Of(report),
            RunSections.Of(report),
            ProofSection.Of(report));
        return Html.Of(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '{Hash(Script)}'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="tidepool compare">
            <title>Storage for agents on Fargate, compared{(report.Partial is null ? "" : " (partial)")}</title>
            <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 9q3.5-4 7 0t7 0v5H1z' fill='%230b6e78'/%3E%3C/svg%3E">
            <style>{new Html(Style)}</style>
            </head>
            <body>
            <a class="skip" href="#main">Skip to the answer</a>
            <header>
            <p class="maker">tidepool compare</p>
            <h1>Which storage do the agents need?</h1>
            <p class="lead">Bind mount, EBS and EFS on Fargate: who sees the data, what it survives, what it costs. Tried {RunSections.Where(report)}.</p>
            </header>
            <nav aria-label="Contents"><ul>{Html.Each(Contents.Where(entry => body.Text.Contains($"<section id=\"{entry.Id}\"", StringComparison.Ordinal)), entry => Html.Of($"""<li><a href="#{entry.Id}">{entry.Name}</a></li>"""))}</ul></nav>
            <main id="main" tabindex="-1">
            {AnswerSection.Notices(report)}{body}</main>
            <footer><p>Drawn from the report of <code>tidepool compare</code> and from nothing else; <code>--json</code> writes that report. Prices and limits are of the days and pages beside them.</p></footer>
            <script>{new Html(Script)}</script>
            </body>
            </html>

            """).Text;
    }

    private static string Hash(string script) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}";

    private static string Read(string name)
    {
        using var stream = typeof(ComparisonPage).Assembly.GetManifestResourceStream($"Comparison/{name}")
            ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
