using Spectre.Console;
using Tidepool.Deployment;

namespace Tidepool.Cli;

/// <summary>What the checks saw: a table in a terminal, a line for each check elsewhere.</summary>
internal static class DoctorTable
{
    public static void Write(DoctorReport report)
    {
        if (Console.IsOutputRedirected)
        {
            WritePlain(report);
        }
        else
        {
            WriteTable(report);
        }
    }

    private static void WriteTable(DoctorReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("check", "", "seen, and the mend");
        foreach (var check in report.Checks)
        {
            table.AddRow(Markup.Escape(check.Title), $"[{Colour(check.Status)}]{Word(check.Status)}[/]", Markup.Escape(string.Join('\n', Text(check))));
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(Summary(report));
    }

    private static void WritePlain(DoctorReport report)
    {
        foreach (var check in report.Checks)
        {
            var lines = Text(check).ToList();
            Console.Out.WriteLine($"{Word(check.Status),-7} {check.Title}: {lines[0]}");
            foreach (var line in lines.Skip(1))
            {
                Console.Out.WriteLine($"        {line}");
            }
        }

        Console.Out.WriteLine(Summary(report));
    }

    private static IEnumerable<string> Text(CheckResult check)
    {
        yield return PlainText.Of(check.Code is null ? check.Seen : $"{check.Code}: {check.Seen}");
        if (check.Mend is not null)
        {
            yield return $"→ {PlainText.Of(check.Mend)}";
        }

        // A page about what is in order helps nobody.
        if (check.Link is not null && check.Mend is not null && !check.Mend.Contains(check.Link, StringComparison.Ordinal))
        {
            yield return $"  see {check.Link}";
        }
    }

    private static string Summary(DoctorReport report)
    {
        int Count(CheckStatus status) => report.Checks.Count(check => check.Status == status);
        return $"ok {Count(CheckStatus.Ok)}, to know {Count(CheckStatus.Note)}, warnings {Count(CheckStatus.Warning)}, "
            + $"failed {Count(CheckStatus.Failed)}, not looked at {Count(CheckStatus.Skipped)}";
    }

    private static string Word(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "ok",
        CheckStatus.Note => "note",
        CheckStatus.Warning => "warning",
        CheckStatus.Failed => "FAILED",
        CheckStatus.Skipped => "skipped",
        _ => throw new InvalidOperationException($"Unhandled {nameof(CheckStatus)} {status}."),
    };

    private static string Colour(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "green",
        CheckStatus.Failed => "red",
        CheckStatus.Warning => "yellow",
        _ => "grey",
    };
}
