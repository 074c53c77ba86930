using Tidepool.Agent.Commands;
using Tidepool.Agent.Jobs;

namespace Tidepool.Agent.Steps;

/// <summary>A process of a step whose lines are commands or go into the log.</summary>
internal sealed class TaskProcess(JobContext job, StepContext step, CommandProcessor commands)
{
    /// <summary>As many as become errors of their own; a program may write millions.</summary>
    public const int MostErrorLines = 10;

    /// <summary>The first lines that were written to standard error and were no commands; kept only where asked for.</summary>
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
            if (isError && KeepsErrorLines && ErrorLines.Count < MostErrorLines)
            {
                ErrorLines.Add(line);
            }
        }
    }
}
