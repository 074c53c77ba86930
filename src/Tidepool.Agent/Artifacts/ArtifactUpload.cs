using System.Globalization;
using Tidepool.Agent.Commands;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Artifacts;

/// <summary>Puts files into the run's container and names them as an artifact of the run.</summary>
internal sealed class ArtifactUpload(BuildClient build, Guid job)
{
    /// <summary>Files on their way at once, as Microsoft's agent sends them.</summary>
    private const int AtOnce = 2;

    public required string Name { get; init; }

    /// <summary>Folder in the container.</summary>
    public required string Folder { get; init; }
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <param name="source">The file or folder that the user named.</param>
    /// <param name="write">Takes lines for the log.</param>
    public async Task RunAsync(string source, IReadOnlyList<ArtifactFile> files, Action<string> write, CancellationToken ct)
    {
        var id = build.ContainerId
            ?? throw new CommandException("The service gave this run no file container: build.containerId is missing.");
        var container = build.Container(id);
        write($"Uploading {files.Count} files");
        long size = 0;
        await Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct },
            async (file, token) =>
            {
                await container.UploadAsync($"{Folder.TrimEnd('/')}/{file.Name}", file.Source, token);
                Interlocked.Add(ref size, new FileInfo(file.Source).Length);
            });
        write("File upload succeed.");
        var place = $"#/{id.ToString(CultureInfo.InvariantCulture)}/{Folder}";
        write($"Upload '{source}' to file container: '{place}'");
        var artifact = await build.AddArtifactAsync(
            Name,
            job,
            new()
            {
                Type = ArtifactResource.Container,
                Data = place,
                Properties = new Dictionary<string, string>(Properties)
                {
                    ["localpath"] = source,
                    ["artifactsize"] = size.ToString(CultureInfo.InvariantCulture),
                },
            },
            ct);
        write($"Associated artifact {artifact.Id} with build {build.Id}");
    }
}
