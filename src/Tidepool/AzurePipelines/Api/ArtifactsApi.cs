using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Artifacts;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The artifacts of runs, and the file containers that hold them.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/rest/api/azure/devops/build/artifacts. Of containers the public reference says little; what is here is
/// what Microsoft's agent and Node client ask: https://github.com/microsoft/azure-devops-node-api/blob/master/api/FileContainerApi.ts
/// </remarks>
internal sealed class ArtifactsApi(PipelinesServiceOptions options, BuildResources resources, RunDirectory runs, FileContainers containers)
{
    private const string OctetStream = "application/octet-stream";
    private const string DataStart = "#/";

    public void Map(IEndpointRouteBuilder routes)
    {
        var artifacts = $"{options.Project}/_apis/build/builds/{{buildId}}/artifacts";
        routes.MapGet(artifacts, GetArtifactsAsync);
        routes.MapPost(artifacts, AddArtifactAsync);
        routes.MapGet($"{options.Project}/_apis/pipelines/{{pipelineId}}/runs/{{buildId}}/artifacts", GetArtifactsAsync);
        routes.MapGet(ResourceLocations.Containers, ListContainersAsync);
        var container = $"{ResourceLocations.Containers}/{{containerId}}";
        routes.MapPut(container, PutItemAsync);
        routes.MapGet(container, GetItemsAsync);
        routes.MapDelete(container, RemoveItemAsync);
    }

    private async Task AddArtifactAsync(HttpContext http)
    {
        var run = Changeable(http, http.RouteInt("buildId"));
        var sent = await http.ReadAsync(BuildJson.Default.BuildArtifact);
        if (sent is not { Name: { Length: > 0 } name, Resource: { Type: { Length: > 0 } type, Data: { } data } resource })
        {
            throw Refusal.BadRequest("An artifact needs a name, and a resource with a type and data.");
        }

        if (ItemPath.Parse(name).Text != name || name.Contains('/'))
        {
            throw Refusal.BadRequest($"'{name}' is no name of an artifact.");
        }

        if (type.Equals(ArtifactResource.Container, StringComparison.OrdinalIgnoreCase) && PlaceOf(data).Container != run.Facts.Id)
        {
            throw Refusal.BadRequest($"'{data}' is not in the container of run {run.Facts.Id}.");
        }

        var added = run.Notes.Add(sent with { Name = run.Mask(name), Resource = resource with { Data = run.Mask(data), Url = null, DownloadUrl = null } })
            ?? throw Refusal.ArtifactExists(name, run.Facts.Id);
        await http.WriteAsync(ToWire(http, run, added), BuildJson.Default.BuildArtifact);
    }

    /// <summary>All artifacts; with <c>artifactName</c> one of them, and where a zip is asked for its content.</summary>
    private Task GetArtifactsAsync(HttpContext http)
    {
        var run = runs.FindRun(http.RouteInt("buildId"));
        if (http.QueryText("artifactName") is not { } name)
        {
            return http.WriteListAsync([.. run.Notes.Artifacts.Select(artifact => ToWire(http, run, artifact))], BuildJson.Default.CollectionBuildArtifact);
        }

        var artifact = run.Notes.Artifacts.FirstOrDefault(known => name.Equals(known.Name, StringComparison.OrdinalIgnoreCase))
            ?? throw Refusal.ArtifactNotFound(name, run.Facts.Id);
        if (!http.Wants(ZipAnswer.ContentType, "zip"))
        {
            return http.WriteAsync(ToWire(http, run, artifact), BuildJson.Default.BuildArtifact);
        }

        if (!ArtifactResource.Container.Equals(artifact.Resource!.Type, StringComparison.OrdinalIgnoreCase))
        {
            throw Refusal.BadRequest($"Artifact {name} is of the type {artifact.Resource.Type}; only what is in a container can be downloaded.");
        }

        var (container, path) = PlaceOf(artifact.Resource.Data!);
        return WriteZipAsync(http, artifact.Name!, container, path, top: artifact.Name!);
    }

    private Task ListContainersAsync(HttpContext http)
    {
        http.MustNotBeAgent();
        var asked = http.QueryText("artifactUris")?.Split(',');
        return http.WriteListAsync(
            [
                .. runs.All.Where(run => asked?.Contains(run.Facts.Uri) ?? true).Select(run => new FileContainer
                {
                    Id = run.Facts.Id,
                    ScopeIdentifier = run.Facts.ProjectId,
                    ArtifactUri = run.Facts.Uri,
                    Name = $"build-{run.Facts.Id}",
                    ItemLocation = Location(http, run.Facts.Id, ""),
                    ContentLocation = Location(http, run.Facts.Id, ""),
                    Size = containers.List(run.Facts.Id, ItemPath.Parse(null)).Sum(item => (item.Info as FileInfo)?.Length ?? 0),
                }),
            ],
            BuildJson.Default.CollectionFileContainer);
    }

    private async Task PutItemAsync(HttpContext http)
    {
        var run = Changeable(http, Container(http));
        var path = ItemPath.Parse(http.QueryText("itemPath"));
        var part = FilePart.Parse(http.Request.Headers.ContentRange);
        var isGzip = http.Request.Headers.ContentEncoding.ToString().Equals("gzip", StringComparison.OrdinalIgnoreCase);
        var isWhole = await containers.PutAsync(run.Facts.Id, path, part, isGzip, http.Request.Body, http.RequestAborted);
        var item = isWhole
            ? ToWire(http, run, containers.Find(run.Facts.Id, path)!)
            : Item(http, run, path.Text, isFolder: false, "pendingUpload", length: 0, default, default);
        await http.WriteAsync(item, BuildJson.Default.ContainerItem, isWhole ? StatusCodes.Status201Created : StatusCodes.Status202Accepted);
    }

    /// <summary>What is below a path; where its content is asked for a file's bytes, or all of it in a zip.</summary>
    private async Task GetItemsAsync(HttpContext http)
    {
        http.MustNotBeAgent();
        var run = runs.FindRun(Container(http));
        var path = ItemPath.Parse(http.QueryText("itemPath"));
        if (http.Wants(ZipAnswer.ContentType, "zip"))
        {
            await WriteZipAsync(http, path.IsRoot ? $"{run.Facts.Id}" : path.Text.Split('/')[^1], run.Facts.Id, path, top: path.Text.Split('/')[^1]);
        }
        else if (http.Wants(OctetStream, "OctetStream"))
        {
            var file = containers.Find(run.Facts.Id, path)?.Info as FileInfo
                ?? throw Refusal.NotFound($"Container {run.Facts.Id} has no file {path.Text}.");
            http.Response.ContentType = OctetStream;
            http.Response.ContentLength = file.Length;
            var name = http.QueryText("downloadFileName") ?? file.Name;
            http.Response.Headers.ContentDisposition = $"attachment; filename*=UTF-8''{Uri.EscapeDataString(name)}";
            await http.Response.SendFileAsync(file.FullName, http.RequestAborted);
        }
        else
        {
            var items = containers.List(run.Facts.Id, path);
            var self = path.IsRoot ? null : containers.Find(run.Facts.Id, path);
            var listed = self is { IsFolder: true } ? items.Prepend(self) : items;
            if (http.QueryFlag("isShallow"))
            {
                var depth = path.IsRoot ? 0 : path.Text.Count(character => character == '/') + 1;
                listed = listed.Where(item => item.Path.Count(character => character == '/') <= depth);
            }

            await http.WriteListAsync([.. listed.Select(item => ToWire(http, run, item))], BuildJson.Default.CollectionContainerItem);
        }
    }

    private Task RemoveItemAsync(HttpContext http)
    {
        http.MustBeOwner();
        var path = ItemPath.Parse(http.QueryText("itemPath"));
        containers.Remove(runs.FindRun(Container(http)).Facts.Id, path);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task WriteZipAsync(HttpContext http, string name, long container, ItemPath path, string top)
    {
        var files = containers.List(container, path);
        return ZipAnswer.WriteAsync(http, name, files.Where(item => !item.IsFolder).Select(item => new PackedFile(
            item.Path == path.Text ? top : $"{top}{item.Path[path.Text.Length..]}".TrimStart('/'),
            async (target, ct) =>
            {
                await using var source = File.OpenRead(item.Info.FullName);
                await source.CopyToAsync(target, ct);
            })));
    }

    private static (long Container, ItemPath Path) PlaceOf(string data)
    {
        var parts = data.StartsWith(DataStart, StringComparison.Ordinal) ? data[DataStart.Length..].Split('/', 2) : [];
        return parts is [var id, ..] && long.TryParse(id, out var container)
            ? (container, ItemPath.Parse(parts.ElementAtOrDefault(1)))
            : throw Refusal.BadRequest($"'{data}' is not as in #/CONTAINER/FOLDER.");
    }

    private static int Container(HttpContext http) => http.RouteInt("containerId");

    /// <summary>A job writes into its own run only; an agent, into none.</summary>
    private RunLoop Changeable(HttpContext http, int id)
    {
        var run = runs.FindRun(id);
        http.MustReachPlan(run.Facts.PlanId);
        http.MustNotBeAgent();
        return run;
    }

    private string Location(HttpContext http, int container, string path) =>
        $"{http.Organization(options.Organization)}/{ResourceLocations.Containers}/{container}?itemPath={Uri.EscapeDataString(path)}";

    private BuildArtifact ToWire(HttpContext http, RunLoop run, BuildArtifact artifact)
    {
        var url = $"{resources.UrlOf(http, run)}/artifacts?artifactName={Uri.EscapeDataString(artifact.Name!)}";
        var isHere = ArtifactResource.Container.Equals(artifact.Resource!.Type, StringComparison.OrdinalIgnoreCase);
        return artifact with { Resource = artifact.Resource with { Url = url, DownloadUrl = isHere ? $"{url}&%24format=zip" : artifact.Resource.Data } };
    }

    private ContainerItem ToWire(HttpContext http, RunLoop run, StoredItem item) => Item(
        http,
        run,
        item.Path,
        item.IsFolder,
        "created",
        (item.Info as FileInfo)?.Length,
        item.Info.CreationTimeUtc,
        item.Info.LastWriteTimeUtc);

    private ContainerItem Item(
        HttpContext http, RunLoop run, string path, bool isFolder, string status, long? length, DateTimeOffset created, DateTimeOffset changed) => new()
        {
            ContainerId = run.Facts.Id,
            ScopeIdentifier = run.Facts.ProjectId,
            Path = path,
            ItemType = isFolder ? "folder" : "file",
            Status = status,
            FileLength = isFolder ? null : length,
            FileEncoding = isFolder ? null : 1,
            FileType = isFolder ? null : 1,
            DateCreated = created,
            DateLastModified = changed,
            ItemLocation = $"{Location(http, run.Facts.Id, path)}&metadata=True",
            ContentLocation = Location(http, run.Facts.Id, path),
        };
}
