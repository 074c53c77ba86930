using System.CommandLine;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool cancel</c>.</summary>
internal sealed class CancelCommand
{
    private readonly Argument<int> _run = new("RUN") { Description = "The run's id, as 'tidepool runs' lists it." };
    private readonly Option<string?> _stage = new("--stage") { Description = "Cancel this stage only.", HelpName = "NAME" };
    private readonly Option<string?> _environment = RehearsalArguments.EnvironmentOption();

    public static Command Create()
    {
        var cancel = new CancelCommand();
        var command = new Command("cancel", "Cancels a run of the environment that serve keeps up. Steps that run are stopped; what has always() as its condition still runs.")
        {
            cancel._run, cancel._stage, cancel._environment,
        };
        command.SetAction(cancel.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var environment = ServedEnvironments.Find(StateFolder.Find(Environment.GetEnvironmentVariable), parsed.GetValue(_environment));
        var stage = parsed.GetValue(_stage);
        var run = await ServedRuns.CancelAsync(environment, parsed.GetRequiredValue(_run), stage, ct);
        Console.Out.WriteLine(stage is not null ? $"stage {stage} of run {run.Id} is being canceled"
            : run.Result is { } result ? $"run {run.Id} ended: {result}" : $"run {run.Id} is being canceled");
        return (int)ExitCode.Done;
    }
}
