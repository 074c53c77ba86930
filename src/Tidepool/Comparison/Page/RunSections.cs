namespace Tidepool.Comparison.Page;

/// <summary>What the storages are, what was not exercised, and how it was run.</summary>
internal static class RunSections
{
    public static Html Of(ComparisonReport report) => Html.Of(
        $"""
        {Html.If(report.Storages.Count > 0, $"""
            <section id="storages" aria-labelledby="storages-h">
            <h2 id="storages-h">The storages</h2>
            <dl class="storages">{Html.Each(report.Storages, storage => Html.Of($"<div><dt>{storage.Name}</dt><dd>{storage.What}</dd></div>"))}</dl>
            </section>

            """)}{Html.If(report.NotExercised.Count > 0, $"""
            <section id="not-exercised" aria-labelledby="not-exercised-h">
            <h2 id="not-exercised-h">What was not exercised</h2>
            <ul>{Html.Each(report.NotExercised, sentence => Html.Of($"<li>{sentence}</li>"))}</ul>
            </section>

            """)}<section id="run" aria-labelledby="run-h">
        <h2 id="run-h">How it was run</h2>
        <dl class="storages">
        <div><dt>where</dt><dd>{Where(report)}</dd></div>
        <div><dt>started</dt><dd>{report.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC</dd></div>
        <div><dt>took</dt><dd>{report.Seconds:0.0} s</dd></div>
        <div><dt>whole</dt><dd>{report.Partial ?? "yes"}</dd></div>
        </dl>
        </section>

        """);

    /// <summary>Where it was run, in some words.</summary>
    public static string Where(ComparisonReport report) => report.Endpoint switch
    {
        "local" => report.Runtime is { } runtime ? $"on this machine's Fargate, runtime {runtime}" : "on this machine's Fargate",
        "aws" => "on AWS",
        var url => $"at {url}",
    };
}
