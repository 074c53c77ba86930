using Tidepool.Agent.Commands;
using Tidepool.Agent.Jobs;
using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Steps;

/// <summary>The tasks CmdLine (<c>script:</c>) and Bash (<c>bash:</c>) as they work on Linux.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/cmd-line-v2 and .../bash-v3</remarks>
internal sealed class ScriptTask(JobContext job, StepContext step, CommandProcessor commands)
{
    public Task<JobStatus> RunCommandLineAsync(CancellationToken ct) =>
        RunAsync(step.Input("script") ?? "", ["--noprofile", "--norc"], ct);

    public Task<JobStatus> RunBashAsync(CancellationToken ct) =>
        string.Equals(step.Input("targetType"), "filePath", StringComparison.OrdinalIgnoreCase)
            ? RunAsync($". {ShellText.Quote(step.Input("filePath") ?? "")} {step.Input("arguments")}".TrimEnd(), [], ct)
            : RunAsync(step.Input("script") ?? "", [], ct);

    private async Task<JobStatus> RunAsync(string script, IReadOnlyList<string> options, CancellationToken ct)
    {
        var output = step.Output;
        var folder = Path.GetFullPath(step.Input("workingDirectory") ?? ".", job.Folders.Default);
        if (!Directory.Exists(folder))
        {
            output.Error($"Not found workingDirectory: {folder}");
            return JobStatus.Failed;
        }
        if (Executable.Find("bash", step.Environment.GetValueOrDefault("PATH")) is not { } bash)
        {
            output.Error("Unable to locate executable file: 'bash'. Install bash in the image of this container.");
            return JobStatus.Failed;
        }

        output.Write("Generating script.");
        if (!script.Contains('\n', StringComparison.Ordinal))
        {
            output.Write("Script contents:");
            output.Write(script);
        }
        var file = await WriteScriptAsync(script);
        output.Write("========================== Starting Command Output ===========================");
        output.Command($"{bash} {string.Join(' ', options.Append(file))}");

        var process = new TaskProcess(job, step, commands) { KeepsErrorLines = step.IsTrue("failOnStderr") };
        return Judge(await process.RunAsync(bash, [.. options, file], StepEnvironment.WithoutReserved(step.Environment), folder, ct), process.ErrorLines, ct);
    }

    private JobStatus Judge(int exitCode, List<string> errorLines, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            // Whoever stopped it says why.
            return JobStatus.Failed;
        }
        if (exitCode != 0)
        {
            step.Output.Error($"Bash exited with code '{exitCode}'.");
        }
        if (errorLines.Count > 0)
        {
            step.Output.Error("Bash wrote one or more lines to the standard error stream.");
            errorLines.ForEach(line => step.Output.Error(line));
        }
        return exitCode != 0 || errorLines.Count > 0 ? JobStatus.Failed : JobStatus.Succeeded;
    }

    /// <summary>Bash reads a script while it runs it, so the file stays until the job's end.</summary>
    private async Task<string> WriteScriptAsync(string script)
    {
        var file = Path.Combine(job.Folders.Temp, $"{Guid.NewGuid()}.sh");
        await File.WriteAllTextAsync(file, script.Replace("\r\n", "\n", StringComparison.Ordinal));
        return file;
    }
}
