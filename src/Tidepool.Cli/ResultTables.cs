using System.Globalization;
using Spectre.Console;
using Tidepool.Rehearsal;

namespace Tidepool.Cli;

/// <summary>A report as tables; reads nothing but the report.</summary>
internal static class ResultTables
{
    /// <summary>Width of tables in a file or a pipe, in characters: as wide as a terminal that fills a screen.</summary>
    public const int WidthOfFiles = 160;

    /// <param name="console">Where to.</param>
    /// <param name="report">The report.</param>
    /// <param name="isQuiet">Only what came of it: neither how long it took nor what it does not show.</param>
    public static void Write(IAnsiConsole console, RehearsalReport report, bool isQuiet)
    {
        if (!isQuiet)
        {
            console.WriteLine();
        }

        console.Write(Verdicts(report));
        foreach (var scenario in report.Scenarios.Where(scenario => !scenario.Ok && scenario.Reason is not null))
        {
            console.MarkupLineInterpolated($"[red]{scenario.Name}[/]: {PlainText.Of(scenario.Reason!)}");
        }

        foreach (var line in Conclusions(report))
        {
            console.WriteLine(line);
        }

        if (isQuiet)
        {
            return;
        }

        console.Write(PhaseTable(report));
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"runtime {report.Runtime}, {report.Seconds:0.00} s in all");
        foreach (var missing in report.NotExercised)
        {
            console.MarkupLineInterpolated($"[grey]not shown here: {missing}[/]");
        }
    }

    private static Table Verdicts(RehearsalReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("scenario", "expected", "observed", "", ProofHeading(report));
        foreach (var scenario in report.Scenarios)
        {
            table.AddRow(
                Markup.Escape(scenario.Name),
                Markup.Escape(scenario.Expected),
                Markup.Escape(scenario.Observed),
                scenario.Ok ? "[green]ok[/]" : "[red]NOT OK[/]",
                Markup.Escape(PlainText.Of(Proof(scenario))));
        }

        return table;
    }

    private static string ProofHeading(RehearsalReport report) =>
        report.Scenarios.Any(scenario => scenario.Proof is not null) ? "proof: task/container (device and inode of the volume, and when it was made)" : "run";

    private static string Proof(ScenarioReport scenario) => scenario switch
    {
        { Observed: DemoScenario.Found, Proof: { Build: { } build, Deploy: { } deploy } proof } =>
            $"built in {Place(build)}\nfound in {Place(deploy)}{(proof.Restarts > 0 ? $", restarted {proof.Restarts}×" : "")}\nsha256 {Head(proof.Sha256)} both",
        { Observed: DemoScenario.NotFound, Proof: { Build: { } build, Deploy: { } deploy } proof } =>
            $"built in {Place(build)}, {proof.Control} there\nmissing in {Place(deploy)}: it holds {(proof.Listing is { Length: > 0 } listing ? listing : "nothing")}",
        { Run: { } run } => string.Join(", ", run.Stages.SelectMany(stage => stage.Jobs).Select(job => $"{job.Name} {job.Result}")),
        _ => "",
    };

    private static string Place(VolumeProof volume) =>
        $"{RehearsalEnvironment.TaskId(volume.TaskArn)[..8]}/{volume.Container} ({volume.Device} {volume.Inode}"
        + (volume.BornAt is { } born ? string.Create(CultureInfo.InvariantCulture, $" of {born.ToLocalTime():HH:mm:ss.ff})") : ")");

    private static string Head(string? sha256) => sha256 is { Length: > 12 } ? sha256[..12] : sha256 ?? "";

    /// <summary>What follows, said only of what was seen.</summary>
    private static IEnumerable<string> Conclusions(RehearsalReport report)
    {
        var what = report.Storage switch { "efs" => "An EFS file system", "ebs" => "An EBS volume of each task", _ => "A bind mount" };
        var seen = report.Scenarios.Where(scenario => scenario.Ok).Select(scenario => scenario.Name).ToHashSet();
        if (seen.Contains("same-task"))
        {
            yield return seen.Contains("container-restarted")
                ? $"{what} is good for scratch space and for handing over between the agents of one task, a restart of a container in place included."
                : $"{what} is good for scratch space and for handing over between the agents of one task.";
        }

        if (seen.Contains("other-task") && seen.Contains("task-replaced"))
        {
            yield return report.Storage is "efs"
                ? "It is good for what must last: other tasks see it, and so does a task that replaces another."
                : "It is no good for work directories that must last: no other task sees it, and a task that is replaced takes it along.";
        }
    }

    private static Table PhaseTable(RehearsalReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("phase").AddColumn(new TableColumn("seconds").RightAligned());
        foreach (var phase in report.Phases)
        {
            table.AddRow(Markup.Escape(phase.Name), phase.Seconds.ToString("0.00", CultureInfo.InvariantCulture));
        }

        return table;
    }
}
