using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Pipelines as the builds' part of the API has them: to read. They are made with the pipelines' part.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/build/definitions</remarks>
internal sealed class DefinitionsApi(PipelinesServiceOptions options, BuildResources resources, RunDirectory runs)
{
    private const int Yaml = 2;

    public void Map(IEndpointRouteBuilder routes)
    {
        var all = $"{options.Project}/_apis/build/definitions";
        routes.MapGet(all, http =>
        {
            http.MustNotBeJob();
            return http.WriteListAsync(
                [.. runs.Definitions.All.Where(definition => IsAsked(http, definition)).Select(definition => ToWire(http, definition))],
                BuildJson.Default.CollectionBuildDefinition);
        });
        routes.MapGet($"{all}/{{definitionId}}", http =>
        {
            http.MustNotBeJob();
            var id = http.RouteInt("definitionId");
            return http.WriteAsync(ToWire(http, runs.Definitions.Find(id) ?? throw Refusal.DefinitionNotFound(id)), BuildJson.Default.BuildDefinition);
        });
    }

    private static bool IsAsked(HttpContext http, PipelineDefinition definition) =>
        (http.QueryText("name") is not { } name || (name.EndsWith('*')
            ? definition.Name.StartsWith(name[..^1], StringComparison.OrdinalIgnoreCase)
            : definition.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        && (http.QueryText("path") is not { } path || definition.Folder.Equals(path, StringComparison.OrdinalIgnoreCase))
        && (http.QueryText("definitionIds") is not { } ids || ids.Split(',').Contains($"{definition.Id}"));

    private BuildDefinition ToWire(HttpContext http, PipelineDefinition definition) => new()
    {
        Id = definition.Id,
        Name = definition.Name,
        Path = definition.Folder,
        Url = $"{resources.Project(http)}/_apis/build/Definitions/{definition.Id}?revision=1",
        Project = new(RecordId.Of("project", options.Organization, options.Project), options.Project),
        Queue = resources.Queue(),
        Process = definition.Path is { } file ? new(Yaml, file) : null,
        Repository = definition.Repository is { } repository
            ? new() { Id = $"{RecordId.Of("repository", options.Organization, options.Project, repository)}", Name = repository, Type = "TfsGit" }
            : null,
    };
}
