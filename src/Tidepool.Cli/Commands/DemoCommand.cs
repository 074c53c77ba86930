using System.CommandLine;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var command = new Command("demo", "Shows what a bind mount on Fargate keeps and what it loses, by trying it on this machine.");
        var arguments = new RehearsalArguments(command);
        command.SetAction((parsed, ct) => RunAsync(parsed, arguments, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RehearsalArguments arguments, CancellationToken ct)
    {
        var json = arguments.Json(parsed);
        var options = arguments.Options(parsed, Installation.Root);
        var view = arguments.View(parsed, json);
        var report = await Demo.RunAsync(
            options,
            TimeProvider.System,
            view,
            (environment, report) => view.ShowResultAsync(environment, report, json, arguments.Keep(parsed), ct),
            ct);
        return (int)(report.Ok ? ExitCode.Done : ExitCode.Failed);
    }
}
