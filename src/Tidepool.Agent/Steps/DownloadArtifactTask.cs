using System.Globalization;
using Tidepool.Agent.Artifacts;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Steps;

/// <summary>The tasks DownloadPipelineArtifact (<c>download:</c>) and DownloadBuildArtifacts; both read the containers of runs.</summary>
/// <remarks>
/// A single pipeline artifact goes into the path itself, several into a folder each; build artifacts always into a folder each. That patterns
/// may begin with the artifact's name or leave it out is inferred from what both tasks are documented to take.
/// Source: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/download-pipeline-artifact-v2 and .../download-build-artifacts-v1
/// </remarks>
internal sealed class DownloadArtifactTask(JobContext job, StepContext step)
{
    /// <summary>Files on their way at once.</summary>
    private const int AtOnce = 4;

    public Task<JobStatus> RunPipelineAsync(CancellationToken ct)
    {
        var name = step.Input("artifactName") ?? step.Input("artifact");
        var alias = step.Input("alias") is { } given && !Is(given, "current") ? given : null;
        var path = step.Input("path") ?? step.Input("targetPath");
        if (path is null && step.Step.Reference.Id == TaskReference.Download)
        {
            path = Path.Combine(job.Folders.Workspace, alias ?? "", name ?? "");
        }
        return RunAsync(
            alias is null ? RunId("source", "buildType", "runVersion", "buildVersionToDownload", "runId", "pipelineId") : RunOf(alias),
            name,
            step.Input("patterns") ?? step.Input("itemPattern") ?? "**",
            path ?? job.Folders.Workspace,
            folderEach: name is null,
            ct);
    }

    public Task<JobStatus> RunBuildAsync(CancellationToken ct) => RunAsync(
        RunId("buildType", "buildType", "buildVersionToDownload", "buildVersionToDownload", "buildId", "runId"),
        Is(step.Input("downloadType") ?? "single", "single") ? step.Input("artifactName") ?? "drop" : null,
        step.Input("itemPattern") ?? "**",
        step.Input("downloadPath") ?? job.Folders.Staging,
        folderEach: true,
        ct);

    /// <summary>The run that the inputs name: 0 for this one; null, with an error, for one that cannot be found.</summary>
    private int? RunId(string source, string sourceAlias, string version, string versionAlias, string id, string idAlias)
    {
        if (Is(step.Input(source) ?? step.Input(sourceAlias) ?? "current", "current"))
        {
            return 0;
        }
        if (step.IsTrue("preferTriggeringPipeline") && Number(job.Variables.Value("build.triggeredBy.buildId")) is { } triggering)
        {
            return triggering;
        }
        var wanted = step.Input(version) ?? step.Input(versionAlias) ?? "latest";
        if (!Is(wanted, "specific"))
        {
            step.Output.Error($"Artifacts of the {wanted} run are not supported by the built-in agent. Name a run by its id: {version}: specific, {id}: …");
            return null;
        }
        var text = step.Input(id) ?? step.Input(idAlias);
        if (Number(text) is { } number)
        {
            return number;
        }
        step.Output.Error($"Run Id is not valid: {text}");
        return null;
    }

    private int? RunOf(string alias)
    {
        var run = Number(job.Variables.Value($"resources.pipeline.{alias}.runID"));
        if (run is null)
        {
            step.Output.Error($"The pipeline resource '{alias}' names no run: there is no variable resources.pipeline.{alias}.runID.");
        }
        return run;
    }

    private async Task<JobStatus> RunAsync(int? run, string? name, string patterns, string path, bool folderEach, CancellationToken ct)
    {
        if (run is not { } id)
        {
            return JobStatus.Failed;
        }
        var build = id == 0 ? job.Build : job.Build.OfRun(id);
        var target = Path.GetFullPath(path, job.Folders.Default);
        try
        {
            if (step.IsTrue("cleanDestinationFolder") && Directory.Exists(target))
            {
                Directory.Delete(target, recursive: true);
            }
            Directory.CreateDirectory(target);
            var artifacts = await build.ListArtifactsAsync(ct);
            var wanted = name is null ? artifacts : [.. artifacts.Where(artifact => Is(artifact.Name, name))];
            if (wanted.Count == 0)
            {
                if (name is not null)
                {
                    return step.Fail($"Artifact {name} was not found for build {build.Id}.");
                }
                step.Output.Warning($"No artifacts are available in the run {build.Id}.");
                return JobStatus.Succeeded;
            }
            step.Output.Write($"Download from the specified build: #{build.Id}");
            step.Output.Write($"Download artifact to: {target}");
            foreach (var artifact in wanted)
            {
                if (!Is(artifact.Resource.Type ?? "", ArtifactResource.Container))
                {
                    return step.Fail($"The artifact {artifact.Name} is of type {artifact.Resource.Type}: the built-in agent downloads artifacts of type Container.");
                }
                if (folderEach && (artifact.Name is "." or ".." || artifact.Name.Contains('/', StringComparison.Ordinal)))
                {
                    return step.Fail($"The artifact '{artifact.Name}' cannot have a folder of its own: its name is a path. Download it alone, by its name.");
                }
                await DownloadAsync(build, artifact, PathPattern.Lines(patterns), folderEach ? Path.Combine(target, artifact.Name) : target, ct);
            }
            step.Output.Write("Downloading artifact finished.");
            return JobStatus.Succeeded;
        }
        catch (Exception e) when (e is HttpRequestException or Wire.WireException)
        {
            return step.Fail(e.Message);
        }
    }

    private async Task DownloadAsync(
        BuildClient build, BuildArtifact artifact, IReadOnlyList<PathPattern> patterns, string target, CancellationToken ct)
    {
        if (artifact.Resource.Data?.Split('/', 3) is not ["#", var number, var folder]
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var containerId))
        {
            throw new IOException($"The artifact {artifact.Name} names no place in a container: '{artifact.Resource.Data}'.");
        }
        folder = folder.Trim('/');
        var container = build.Container(containerId);
        var files = (await container.ListAsync(folder, ct))
            .Where(item => Is(item.ItemType ?? "", "file"))
            .Select(item => (Item: item, Name: item.Path.Trim('/')))
            .Where(file => file.Name.StartsWith($"{folder}/", StringComparison.Ordinal))
            .Select(file => (file.Item, Name: file.Name[(folder.Length + 1)..]))
            .Where(file => PathPattern.Selects(patterns, file.Name, $"{artifact.Name}/{file.Name}"))
            .ToList();
        step.Output.Write($"{artifact.Name}: {files.Count} files");
        await Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct },
            async (file, token) =>
            {
                var place = Path.GetFullPath(file.Name, target);
                if (!place.StartsWith($"{target.TrimEnd('/')}/", StringComparison.Ordinal))
                {
                    throw new IOException($"The artifact {artifact.Name} has a file outside of its folder: '{file.Name}'.");
                }
                await container.DownloadAsync(file.Item.Path, place, token);
            });
    }

    private static bool Is(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
