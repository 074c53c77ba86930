using System.Text.RegularExpressions;
using Tidepool.Agent.Artifacts;
using Tidepool.Agent.Jobs;

namespace Tidepool.Agent.Steps;

/// <summary>The tasks PublishPipelineArtifact (<c>publish:</c>) and PublishBuildArtifacts; both put files into the run's container.</summary>
/// <remarks>
/// Microsoft's agent puts pipeline artifacts into a store that no one else can speak to; here both kinds are of type Container.
/// Source: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-pipeline-artifact-v1 and .../publish-build-artifacts-v1
/// </remarks>
internal sealed partial class PublishArtifactTask(JobContext job, StepContext step)
{
    private static readonly char[] NotInNames = ['\\', '/', '"', ':', '<', '>', '|', '*', '?'];

    public Task<JobStatus> RunPipelineAsync(CancellationToken ct) => RunAsync(
        step.Input("path") ?? step.Input("targetPath") ?? job.Folders.Workspace,
        step.Input("artifactName") ?? step.Input("artifact") ?? NameOfJob(job.Variables.Value("System.JobIdentifier") ?? "drop"),
        step.Input("artifactType") ?? step.Input("publishLocation") ?? "pipeline",
        "pipeline",
        ct);

    public Task<JobStatus> RunBuildAsync(CancellationToken ct) => step.IsTrue("StoreAsTar")
        ? Task.FromResult(step.Fail("StoreAsTar is not supported by the built-in agent. Pack the files in a step before."))
        : RunAsync(
            step.Input("PathtoPublish") ?? job.Folders.Staging,
            step.Input("ArtifactName") ?? "drop",
            step.Input("ArtifactType") ?? step.Input("publishLocation") ?? "Container",
            "Container",
            ct);

    private async Task<JobStatus> RunAsync(string path, string name, string type, string supported, CancellationToken ct)
    {
        if (!string.Equals(type, supported, StringComparison.OrdinalIgnoreCase))
        {
            return step.Fail($"The artifact type '{type}' is not supported by the built-in agent. It publishes to the run only: leave the type out.");
        }
        if (name.AsSpan().ContainsAny(NotInNames))
        {
            return step.Fail($"Artifact name is not valid: {name}. It cannot contain '\\', /', \"', ':', '<', '>', '|', '*', and '?'");
        }
        path = Path.GetFullPath(path, job.Folders.Default);
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            return step.Fail($"Path does not exist: {path}");
        }
        var files = ArtifactFiles.Of(path);
        var build = job.Build;
        if (files.Count == 0)
        {
            step.Output.Warning($"Directory '{path}' is empty. Nothing will be added to build artifact '{name}'.");
            return JobStatus.Succeeded;
        }
        step.Output.Write($"Uploading pipeline artifact from {path} for build #{build.Id}");
        try
        {
            await new ArtifactUpload(build, job.Request.JobId) { Name = name, Folder = name, Properties = new Dictionary<string, string>() }
                .RunAsync(path, files, step.Output.Write, ct);
        }
        catch (Exception e) when (e is HttpRequestException or Wire.WireException)
        {
            return step.Fail(e.Message);
        }
        step.Output.Write("Uploading pipeline artifact finished.");
        return JobStatus.Succeeded;
    }

    /// <summary>The artifact's name where none is given: the job's identifier without the parts that say nothing.</summary>
    internal static string NameOfJob(string identifier) => Unsaid().Replace(identifier, "").Replace(".default", "", StringComparison.Ordinal);

    [GeneratedRegex(@"\.?__default", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Unsaid();
}
