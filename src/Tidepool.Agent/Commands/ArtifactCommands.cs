using Tidepool.Agent.Artifacts;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Commands;

/// <summary>The commands <c>##vso[artifact.…]</c>.</summary>
internal sealed class ArtifactCommands(JobContext job, StepContext step)
{
    private static readonly string[] NoProperties = ["containerfolder", "artifactname", "artifacttype", "type"];

    public bool TryRun(LoggingCommand command)
    {
        switch (command.Event)
        {
            case "associate":
                Associate(command);
                return true;
            case "upload":
                Upload(command);
                return true;
            default:
                return false;
        }
    }

    private void Associate(LoggingCommand command)
    {
        var name = command.Required("artifactname", "Artifact Name is required.");
        var type = command["artifacttype"] is { Length: > 0 } given ? given
            : command["type"] is { Length: > 0 } alias ? alias
            : Infer(command.Data);
        if (command.Data.Length == 0 && type.ToLowerInvariant() is "container" or "filepath" or "versioncontrol")
        {
            throw new CommandException("Artifact location is required.");
        }
        var build = job.Build;
        var resource = new ArtifactResource { Type = type, Data = command.Data, Properties = Properties(command) };
        step.Background.Start("Associate Artifact", async write =>
        {
            var artifact = await build.AddArtifactAsync(name, job.Request.JobId, resource, CancellationToken.None);
            write($"Associated artifact {artifact.Id} with build {build.Id}");
        });
    }

    private void Upload(LoggingCommand command)
    {
        var name = command.Required("artifactname", "Artifact Name is required.");
        if (command.Data.Length == 0)
        {
            throw new CommandException("Artifact location is required.");
        }
        var path = Path.GetFullPath(command.Data, job.Folders.Default);
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new CommandException($"Path does not exist: {command.Data}");
        }
        var files = ArtifactFiles.Of(path);
        if (files.Count == 0)
        {
            step.Output.Warning($"Directory '{path}' is empty. Nothing will be added to build artifact '{name}'.");
            return;
        }
        var folder = command["containerfolder"] is { Length: > 0 } given ? given : name;
        var upload = new ArtifactUpload(job.Build, job.Request.JobId) { Name = name, Folder = folder, Properties = Properties(command) };
        step.Background.Start("Upload Artifact", write => upload.RunAsync(path, files, write, step.Stop));
    }

    private static Dictionary<string, string> Properties(LoggingCommand command) => command.Properties
        .Where(property => !NoProperties.Contains(property.Key, StringComparer.OrdinalIgnoreCase))
        .ToDictionary(property => property.Key, property => property.Value);

    private static string Infer(string location) => location switch
    {
        ['#', ..] => ArtifactResource.Container,
        ['$', '/' or '\\', ..] => "VersionControl",
        ['\\', '\\', ..] => "FilePath",
        _ => throw new CommandException($"Can't infer artifact type from artifact location: {location}."),
    };
}
