using System.CommandLine;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool rehearse</c>.</summary>
internal static class RehearseCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The pipeline's YAML file, in its git repository." };
        var parameters = RehearsalArguments.ParametersOption();
        var command = new Command("rehearse", "Runs a pipeline of yours on this machine, on agents in a local Fargate.") { file, parameters };
        var arguments = new RehearsalArguments(command);
        command.SetAction((parsed, ct) =>
            RunAsync(parsed, parsed.GetRequiredValue(file), RehearsalArguments.Pairs(parsed.GetValue(parameters) ?? []), arguments, ct));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, string file, Dictionary<string, string> parameters, RehearsalArguments arguments, CancellationToken ct)
    {
        var json = arguments.Json(parsed);
        var path = Path.GetFullPath(file);
        var options = arguments.Options(parsed, Path.GetDirectoryName(path) ?? "/");
        var view = arguments.View(parsed, json);
        var report = await PipelineRehearsal.RunAsync(
            options,
            path,
            parameters,
            TimeProvider.System,
            view,
            (environment, report) => view.ShowResultAsync(environment, report, json, arguments.Keep(parsed), ct),
            ct);
        return (int)(report.Ok ? ExitCode.Done : ExitCode.Failed);
    }
}
