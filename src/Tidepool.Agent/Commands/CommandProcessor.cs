using Tidepool.Agent.Jobs;

namespace Tidepool.Agent.Commands;

/// <summary>Does what the logging commands of one step say.</summary>
/// <param name="stopStep">Ends the step's processes, for <c>task.complete done=true</c>.</param>
/// <remarks>Source of the texts: https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Misc/layoutbin/en-US/strings.json</remarks>
internal sealed class CommandProcessor(JobContext job, StepContext step, Action stopStep)
{
    private const string Reference = "Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)";

    private readonly TaskCommands _task = new(job, step, stopStep);
    private readonly BuildCommands _build = new(job, step);
    private readonly ArtifactCommands _artifact = new(job, step);
    private bool _failed;

    /// <summary>The worst result that a command gave the step; null where none did.</summary>
    public JobStatus? Result => _failed ? JobStatus.Failed.Merge(_task.Result) : _task.Result;

    /// <summary>Acts on a line that is a command; false leaves the line to be shown.</summary>
    public bool TryRun(string line)
    {
        if (!line.Contains(LoggingCommand.Keyword, StringComparison.Ordinal))
        {
            return false;
        }
        if (!LoggingCommand.TryParse(line, out var command))
        {
            step.Output.Warning(
                $"'{line}' contains logging command keyword '##vso', but it's not a legal command. "
                + "Please see the list of accepted commands: https://go.microsoft.com/fwlink/?LinkId=817296");
            return false;
        }
        try
        {
            Run(command);
        }
        catch (Exception e) when (e is CommandException or IOException or UnauthorizedAccessException)
        {
            step.Output.Error($"Unable to process command '{line}' successfully. {Reference}");
            step.Output.Error(e.Message);
            _failed = true;
        }
        if (command is not { Area: "task", Event: "debug" })
        {
            step.Debug($"Processed: {line}");
        }
        return true;
    }

    private void Run(LoggingCommand command)
    {
        // No path, no environment and no attachment can hold one, and .NET throws at a path that does.
        if (command.Data.Contains('\0') || command.Properties.Values.Any(value => value.Contains('\0')))
        {
            throw new CommandException($"##vso[{command.Area}.{command.Event}] contains a null character.");
        }
        if (command.Area is not ("task" or "build" or "artifact" or "results" or "codecoverage" or "telemetry" or "release"))
        {
            step.Output.Warning($"Cannot find command extension for ##vso[{command.Area}.command]. {Reference}");
            return;
        }
        if (!step.Policy.Allows(command))
        {
            step.Output.Warning($"##vso[{command.Area}.{command.Event}] is not allowed in this step due to policy restrictions. {Reference}");
            return;
        }
        var isKnown = command.Area switch
        {
            "task" => _task.TryRun(command),
            "build" => _build.TryRun(command),
            "artifact" => _artifact.TryRun(command),
            _ => TryPassOver(command),
        };
        if (!isKnown)
        {
            throw new CommandException(
                $"##vso[{command.Area}.{command.Event}] is not a recognized command for {command.Area} command extension. {Reference}.");
        }
    }

    /// <summary>Commands whose far side is no part of what agents talk to here.</summary>
    private bool TryPassOver(LoggingCommand command)
    {
        switch (command.Area, command.Event)
        {
            case ("results" or "codecoverage", "publish" or "enable"):
                step.Output.Warning($"##vso[{command.Area}.{command.Event}] was accepted, but the built-in agent publishes no results: the files stay where they are.");
                return true;
            case ("telemetry", "publish"):
                // Tasks of Microsoft's send it with every run, and nobody waits for it.
                step.Debug("Telemetry is not published by the built-in agent.");
                return true;
            case ("release", _):
                throw new CommandException($"release commands are not supported for Build flow. {Reference}");
            default:
                return false;
        }
    }
}
