using Tidepool.Agent.Commands;
using Tidepool.Agent.Jobs;
using Tidepool.Agent.Steps;

namespace Tidepool.Agent.Tasks;

/// <summary>A task that was fetched, run by the Node that is on PATH. Its exit code says nothing; its commands say how it went.</summary>
/// <remarks>Source: https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Worker/Handlers/NodeHandler.cs</remarks>
internal sealed class NodeTask(JobContext job, StepContext step, CommandProcessor commands, TaskPackage package)
{
    public async Task<JobStatus> RunAsync(TaskPhase phase, CancellationToken ct)
    {
        var task = step.Step.Reference;
        Introduce();
        if (package.Definition.Of(phase) is not { Count: > 0 } handlers)
        {
            return step.Fail($"The task {task.Name} {task.Version} names no program in its task.json.");
        }
        if (TaskHandler.Best(handlers) is not { } handler)
        {
            return step.Fail(
                $"The task {task.Name} {task.Version} cannot run here: it has programs for {string.Join(", ", handlers.Select(one => one.Name))}, "
                + "and the built-in agent runs those for Node. Run it with Microsoft's agent.");
        }
        if (Executable.Find("node", step.Environment.GetValueOrDefault("PATH")) is not { } node)
        {
            return step.Fail($"Unable to locate executable file: 'node'. The task {task.Name} {task.Version} is a program for Node: install it in the image of this container.");
        }
        var program = Path.Combine(package.Folder, Fill(handler.Target));
        if (!File.Exists(program))
        {
            return step.Fail($"File not found: '{program}'. The package of the task {task.Name} {task.Version} lacks it.");
        }
        var folder = Fill(handler.WorkingDirectory) is { Length: > 0 } given ? Path.GetFullPath(given, package.Folder) : job.Folders.Default;
        step.Debug($"Using node path: {node}");
        var environment = new TaskEnvironment(job, step, package.Definition).Build();
        var exitCode = await new TaskProcess(job, step, commands).RunAsync(node, [program], environment, folder, ct);
        return ct.IsCancellationRequested || exitCode == 0
            ? JobStatus.Succeeded
            : step.Fail($"Exit code {exitCode} returned from process: file name '{node}', arguments '\"{program}\"'.");
    }

    private string Fill(string text) => step.Variables.Fill(
        Macros.Replace(text, name => step.Inputs.GetValueOrDefault(name) ?? (name is "currentDirectory" ? package.Folder : null)), job.Host.Environment).Trim();

    private void Introduce()
    {
        const string Rule = "==============================================================================";
        var definition = package.Definition;
        step.Output.Write(Rule);
        step.Output.Write($"Task         : {definition.FriendlyName}");
        step.Output.Write($"Description  : {definition.Description}");
        step.Output.Write($"Version      : {step.Step.Reference.Version}");
        step.Output.Write($"Author       : {definition.Author}");
        step.Output.Write($"Help         : {definition.Help}");
        step.Output.Write(Rule);
    }
}
