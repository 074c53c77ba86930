using System.CommandLine;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool cancel</c>.</summary>
internal sealed class CancelCommand
{
    private readonly Argument<int> _run = new("RUN") { Description = "The run's id, as 'tidepool runs' lists it." };
    private readonly Option<string?> _environment = RehearsalArguments.EnvironmentOption();

    public static Command Create()
    {
        var cancel = new CancelCommand();
        var command = new Command("cancel", "Cancels a run of the environment that serve keeps up. Steps that run are stopped; what has always() as its condition still runs.")
        {
            cancel._run, cancel._environment,
        };
        command.SetAction(cancel.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var environment = ServedEnvironments.Find(StateFolder.Find(Environment.GetEnvironmentVariable), parsed.GetValue(_environment));
        var run = await ServedRuns.CancelAsync(environment, parsed.GetRequiredValue(_run), ct);
        Console.Out.WriteLine(run.Result is { } result ? $"run {run.Id} ended: {result}" : $"run {run.Id} is being canceled");
        return (int)ExitCode.Done;
    }
}
