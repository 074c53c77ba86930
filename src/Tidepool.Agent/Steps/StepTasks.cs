using Tidepool.Agent.Commands;
using Tidepool.Agent.Jobs;
using Tidepool.Agent.Tasks;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Steps;

/// <summary>Which task the agent runs how.</summary>
internal sealed class StepTasks(JobContext job)
{
    /// <summary>Tasks that the agent has itself, whatever their version; all others are fetched.</summary>
    private static readonly Dictionary<Guid, Func<JobContext, StepContext, CommandProcessor, CancellationToken, Task<JobStatus>>> BuiltIn = new()
    {
        [TaskReference.CmdLine] = (job, step, commands, ct) => new ScriptTask(job, step, commands).RunCommandLineAsync(ct),
        [TaskReference.Bash] = (job, step, commands, ct) => new ScriptTask(job, step, commands).RunBashAsync(ct),
        [TaskReference.PowerShell] = (job, step, commands, ct) => new PowerShellTask(job, step, commands).RunAsync(ct),
        [TaskReference.Checkout] = (job, step, _, ct) => new CheckoutTask(job, step).RunAsync(ct),
        [TaskReference.PublishPipelineArtifact] = (job, step, _, ct) => new PublishArtifactTask(job, step).RunPipelineAsync(ct),
        [TaskReference.PublishBuildArtifacts] = (job, step, _, ct) => new PublishArtifactTask(job, step).RunBuildAsync(ct),
        [TaskReference.DownloadPipelineArtifact] = (job, step, _, ct) => new DownloadArtifactTask(job, step).RunPipelineAsync(ct),
        [TaskReference.Download] = (job, step, _, ct) => new DownloadArtifactTask(job, step).RunPipelineAsync(ct),
        [TaskReference.DownloadBuildArtifacts] = (job, step, _, ct) => new DownloadArtifactTask(job, step).RunBuildAsync(ct),
    };

    public static bool IsBuiltIn(TaskReference task) => BuiltIn.ContainsKey(task.Id);

    public Task<JobStatus> RunAsync(StepRun run, StepContext step, CommandProcessor commands, CancellationToken ct) =>
        run.Package is { } package
            ? new NodeTask(job, step, commands, package).RunAsync(run.Phase, ct)
            : BuiltIn[run.Step.Reference.Id](job, step, commands, ct);
}
