using System.CommandLine;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool interrupt</c>.</summary>
internal sealed class InterruptCommand
{
    private readonly Argument<string> _task = new("TASK") { Description = "Id or ARN of a task on FARGATE_SPOT." };

    private readonly Option<string?> _environment = RehearsalArguments.EnvironmentOption();

    public static Command Create()
    {
        var interrupt = new InterruptCommand();
        var command = new Command("interrupt", "Interrupts a task on Fargate Spot in the environment that serve keeps up, as AWS does when it wants the capacity back.")
        {
            interrupt._task, interrupt._environment,
        };
        command.SetAction(interrupt.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var environment = ServedEnvironments.Find(StateFolder.Find(Environment.GetEnvironmentVariable), parsed.GetValue(_environment));
        var arn = await SpotInterruption.AskAsync(environment.Ecs, parsed.GetRequiredValue(_task), ct);
        Console.WriteLine($"{arn} has its notice: its containers got SIGTERM, and get SIGKILL after their stopTimeout (30 s unless set), 120 s from now at the latest.");
        return (int)ExitCode.Done;
    }
}
