namespace Tidepool.Comparison.Page;

/// <summary>The verdict for the user's pipeline: the cheapest storage that works first, then why.</summary>
internal static class PipelineSection
{
    public static Html Of(ComparisonReport report, PipelineReport pipeline) => Html.Of(
        $"""
        <section id="pipeline" aria-labelledby="pipeline-h">
        <h2 id="pipeline-h">The verdict for <code>{pipeline.File}</code></h2>
        <div class="verdict">
        <p class="lead">{Lead(report, pipeline)}</p>
        <p>{pipeline.Advice}</p>
        <ul class="choices">
        {Html.Each(pipeline.Verdicts, Choice)}</ul>
        </div>
        {Html.If(pipeline.Pinned.Count > 0, $"""
            <h3>What the YAML pins already</h3>
            <ul>{Html.Each(pipeline.Pinned, pin => Html.Of($"<li>{Html.Prose(pin)}</li>"))}</ul>

            """)}{Html.If(pipeline.Pins.Count > 0, $"""
            <h3>To pin to one task</h3>
            <ul>{Html.Each(pipeline.Pins, pin => Html.Of($"<li>{Html.Prose(pin)}</li>"))}</ul>

            """)}{Html.If(pipeline.Tfvars is not null, $"""
            <h3>For <code>terraform.tfvars</code></h3>
            <pre class="scroll" tabindex="0" role="region" aria-label="terraform.tfvars">{pipeline.Tfvars?.Trim()}</pre>

            """)}{Paths(pipeline)}{Html.If(pipeline.Traps.Count > 0, $"""
            <h3>Traps, and what was seen besides</h3>
            <ul>{Html.Each(pipeline.Traps, trap => Html.Of($"<li>{Html.Prose(trap)}</li>"))}</ul>

            """)}<p class="quiet">{Ran(pipeline)} {pipeline.How}</p>
        </section>

        """);

    private static Html Lead(ComparisonReport report, PipelineReport pipeline) => pipeline switch
    {
        { Cheapest: { } cheapest } => Html.Of($"The cheapest that works: <strong>{StorageNames.Of(report, cheapest)}</strong>"),
        { Result: PipelineReport.NotRun } => Html.Of($"<strong>It was not run, and there is no verdict</strong>"),
        _ when pipeline.Verdicts.Any(verdict => verdict.Works == StorageVerdict.NotKnown) => Html.Of($"<strong>It is not known which storage works</strong>"),
        _ => Html.Of($"<strong>None of the storages works as the pipeline stands</strong>"),
    };

    private static Html Ran(PipelineReport pipeline) => pipeline.Result is PipelineReport.NotRun
        ? Html.Of($"It was not run.")
        : Html.Of($"Its run {(pipeline.Run is { } run ? Html.Of($"({run}) ") : Html.None)}ended as <em>{pipeline.Result}</em>.");

    private static Html Choice(StorageVerdict verdict)
    {
        var (kind, sign) = verdict.Works switch
        {
            StorageVerdict.AsItIs => ("works", "✓"),
            StorageVerdict.Fails => ("fails", "✕"),
            StorageVerdict.NotKnown => ("unknown", "?"),
            _ => ("pinned", "△"),
        };
        return Html.Of(
            $"""
            <li class="choice {kind}"><h3>{StorageNames.Of(verdict.Storage)}</h3><p class="works"><span aria-hidden="true">{sign}</span> {verdict.Works}</p><p>{verdict.Text}</p>{(verdict.Run is { } run ? Html.Of($"""<p class="quiet">Run {run} shows it.</p>""") : Html.None)}</li>

            """);
    }

    private static Html Paths(PipelineReport pipeline) => pipeline.Paths.Count is 0
        ? Html.None
        : Html.Of(
            $"""
            <h3>What its jobs do with the storage</h3>
            {PageTable.Of(
                "What jobs do with the storage",
                Html.Of($"Paths below the mount, who writes them and who reads them"),
                "cards paths",
                ["path", "written by", "read by", "crosses tasks"],
                Html.Each(pipeline.Paths, path => PageTable.Row(
                    Html.Of($"<code>{path.Path}</code>"),
                    PageTable.Cell("written by", "", Jobs(path.WrittenBy)),
                    PageTable.Cell("read by", "", Jobs(path.ReadBy)),
                    PageTable.Cell("crosses tasks", path.CrossesTasks ? "warn" : "", path.CrossesTasks ? Html.Of($"▲ yes") : Html.Of($"no")))))}
            """);

    private static Html Jobs(IReadOnlyList<string> jobs) =>
        jobs.Count is 0 ? Html.Of($"none") : Html.Each(jobs, job => Html.Of($"""<span class="job">{job}</span> """));
}
