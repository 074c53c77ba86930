using Tidepool.Agent.Commands;
using Tidepool.Agent.Jobs;

namespace Tidepool.Agent.Steps;

/// <summary>A process of a step whose lines are commands or go into the log.</summary>
internal sealed class TaskProcess(JobContext job, StepContext step, CommandProcessor commands)
{
    /// <summary>What was written to standard error and was no command; kept only where asked for.</summary>
    public List<string> ErrorLines { get; } = [];

    public bool KeepsErrorLines { get; init; }

    /// <summary>Ends with the exit code.</summary>
    /// <exception cref="IOException">The program could not be started.</exception>
    public Task<int> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string folder, CancellationToken ct) =>
        new StepProcess(job.Host.Reaper, job.Host.Clock, StopSpans.Of(name => job.Variables.Value(name) ?? environment.GetValueOrDefault(name))).RunAsync(
            new() { Path = program, Arguments = arguments, Environment = environment, WorkingDirectory = folder }, OnLine, ct);

    private void OnLine(string line, bool isError)
    {
        if (!commands.TryRun(line))
        {
            step.Output.Write(line);
            if (isError && KeepsErrorLines)
            {
                ErrorLines.Add(line);
            }
        }
    }
}
