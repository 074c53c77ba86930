using System.CommandLine;
using Tidepool.Pipelines.Graph;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool rehearse</c>.</summary>
internal sealed class RehearseCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The pipeline's YAML file, in its git repository." };
    private readonly Option<string[]> _stages = new("--stage") { Description = "Run this stage only. Repeatable.", HelpName = "NAME" };
    private readonly Option<string[]> _jobs = new("--job") { Description = "Run this job only. Repeatable.", HelpName = "[STAGE.]NAME" };
    private readonly Option<bool> _needs = new("--needs") { Description = "With --stage and --job: run what they depend on, too." };
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Run again each time a file of the repository changes, until Ctrl-C." };
    private readonly PipelineArguments _inputs;
    private readonly RehearsalArguments _shared;

    private RehearseCommand(Command command)
    {
        command.Arguments.Add(_file);
        _inputs = new(command);
        foreach (var option in new Option[] { _stages, _jobs, _needs, _watch })
        {
            command.Options.Add(option);
        }

        _shared = new(command);
    }

    public static Command Create()
    {
        var command = new Command("rehearse", "Runs a pipeline of yours on this machine, on agents in a local Fargate.");
        var rehearse = new RehearseCommand(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(rehearse._needs) && result.GetResult(rehearse._stages) is null && result.GetResult(rehearse._jobs) is null)
            {
                result.AddError("--needs goes with --stage or --job.");
            }
        });
        command.SetAction(rehearse.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var json = _shared.Json(parsed);
        var pipeline = _inputs.Pipeline(parsed, parsed.GetRequiredValue(_file), Selection(parsed));
        var options = _shared.Options(parsed, Path.GetDirectoryName(pipeline.Path) ?? "/");
        var view = _shared.View(parsed, json);
        var isValid = true;
        var report = await PipelineRehearsal.RunAsync(
            options,
            pipeline,
            TimeProvider.System,
            view,
            async (environment, report) =>
            {
                var watch = parsed.GetValue(_watch);
                await view.ShowResultAsync(environment, report, json, _shared.Keep(parsed) && !watch, ct);
                if (!watch)
                {
                    return report;
                }

                var last = await PipelineRehearsal.WatchAsync(
                    environment, pipeline, report, TimeProvider.System, view, again => view.ShowResultAsync(again, json, CancellationToken.None), ct);
                isValid = last is not null;
                return last ?? report;
            },
            ct);
        return (int)(report.Ok && isValid ? ExitCode.Done : ExitCode.Failed);
    }

    private PipelineSelection Selection(ParseResult parsed) => new()
    {
        Stages = parsed.GetValue(_stages) ?? [],
        Jobs = parsed.GetValue(_jobs) ?? [],
        WithNeeded = parsed.GetValue(_needs),
    };
}
