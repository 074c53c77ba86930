using Tidepool.Agent.Commands;
using Tidepool.Agent.Jobs;

namespace Tidepool.Agent.Steps;

/// <summary>The task PowerShell (<c>pwsh:</c> and <c>powershell:</c>), with the PowerShell that is on PATH.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/powershell-v2. Run here by no PowerShell yet: the machine it was
/// written on has none, and the test uses a stand-in of that name.
/// </remarks>
internal sealed class PowerShellTask(JobContext job, StepContext step, CommandProcessor commands)
{
    private static readonly string[] Preferences = ["Default", "Stop", "Continue", "SilentlyContinue"];

    public async Task<JobStatus> RunAsync(CancellationToken ct)
    {
        if (Executable.Find("pwsh", step.Environment.GetValueOrDefault("PATH")) is not { } pwsh)
        {
            return step.Fail("Unable to locate executable file: 'pwsh'. Install PowerShell in the image of this container, or write the step as bash.");
        }
        var preference = step.Input("errorActionPreference") ?? "stop";
        if (!Preferences.Contains(preference, StringComparer.OrdinalIgnoreCase))
        {
            return step.Fail($"Invalid ErrorActionPreference '{preference}'. The value must be one of: 'Default', 'Stop', 'Continue', or 'SilentlyContinue'");
        }
        var folder = Path.GetFullPath(step.Input("workingDirectory") ?? ".", job.Folders.Default);
        if (!Directory.Exists(folder))
        {
            return step.Fail($"Not found workingDirectory: {folder}");
        }
        if (Script() is not { } script)
        {
            return step.Fail($"Invalid file path '{step.Input("filePath")}'. A path to a .ps1 file is required.");
        }
        step.Output.Write("Generating script.");
        var file = Path.Combine(job.Folders.Temp, $"{Guid.NewGuid()}.ps1");
        await File.WriteAllTextAsync(file, Compose(preference, script), ct);
        string[] arguments = ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", $". '{file.Replace("'", "''", StringComparison.Ordinal)}'"];
        step.Output.Write("========================== Starting Command Output ===========================");
        step.Output.Command($"{pwsh} {string.Join(' ', arguments)}");

        var process = new TaskProcess(job, step, commands) { KeepsErrorLines = step.IsTrue("failOnStderr") };
        var exitCode = await process.RunAsync(pwsh, arguments, StepEnvironment.WithoutReserved(step.Environment), folder, ct);
        if (ct.IsCancellationRequested)
        {
            return JobStatus.Failed;
        }
        if (exitCode != 0)
        {
            step.Output.Error($"PowerShell exited with code '{exitCode}'.");
        }
        if (process.ErrorLines.Count > 0)
        {
            step.Output.Error("PowerShell wrote one or more lines to the standard error stream.");
            step.Output.Error(string.Join('\n', process.ErrorLines));
        }
        return exitCode != 0 || process.ErrorLines.Count > 0 ? JobStatus.Failed : JobStatus.Succeeded;
    }

    /// <summary>Null for a file that is no script.</summary>
    private string? Script()
    {
        if (string.Equals(step.Input("targetType"), "inline", StringComparison.OrdinalIgnoreCase))
        {
            return step.Input("script") ?? "";
        }
        var file = Path.GetFullPath(step.Input("filePath") ?? "", job.Folders.Default);
        return file.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase) && File.Exists(file)
            ? $". '{file.Replace("'", "''", StringComparison.Ordinal)}' {step.Input("arguments")}".TrimEnd()
            : null;
    }

    /// <summary>The script with the preferences before it, and the exit code of its last program after it.</summary>
    private string Compose(string preference, string script)
    {
        List<string> lines = [$"$ErrorActionPreference = '{preference}'"];
        if (step.Input("warningPreference") is { } warning)
        {
            lines.Add($"$WarningPreference = '{warning}'");
        }
        lines.Add(script);
        if (!step.IsTrue("ignoreLASTEXITCODE"))
        {
            lines.Add("if (!(Test-Path -LiteralPath variable:\\LASTEXITCODE)) {");
            lines.Add("    Write-Host '##vso[task.debug]$LASTEXITCODE is not set.'");
            lines.Add("} else {");
            lines.Add("    Write-Host ('##vso[task.debug]$LASTEXITCODE: {0}' -f $LASTEXITCODE)");
            lines.Add("    exit $LASTEXITCODE");
            lines.Add("}");
        }
        return string.Join('\n', lines) + '\n';
    }
}
