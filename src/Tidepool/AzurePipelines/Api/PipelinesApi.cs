using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Pipelines and their runs, as Azure DevOps' Pipelines API has them: made of a YAML file in a repository, then run.</summary>
internal sealed class PipelinesApi(
    PipelinesServiceOptions options, BuildResources resources, RunDirectory runs, RepositoryDirectory repositories, RunQueue queue)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var all = $"{options.Project}/_apis/pipelines";
        routes.MapGet(all, http =>
        {
            http.MustNotBeJob();
            return http.WriteListAsync([.. runs.Definitions.All.Select(definition => ToWire(http, definition))], BuildJson.Default.CollectionPipelineResource);
        });
        routes.MapPost(all, AddAsync);
        routes.MapGet($"{all}/{{pipelineId}}", http =>
        {
            http.MustNotBeJob();
            return http.WriteAsync(ToWire(http, Find(http)), BuildJson.Default.PipelineResource);
        });
        routes.MapPost($"{all}/{{pipelineId}}/runs", RunAsync);
        routes.MapPost($"{all}/{{pipelineId}}/preview", PreviewAsync);
        routes.MapGet($"{all}/{{pipelineId}}/runs", http =>
        {
            http.MustNotBeJob();
            var definition = Find(http);
            return http.WriteListAsync(
                [.. runs.All.Where(run => run.Facts.DefinitionId == definition.Id).Reverse().Select(run => ToWire(http, definition, run))],
                BuildJson.Default.CollectionPipelineRunResource);
        });
        routes.MapGet($"{all}/{{pipelineId}}/runs/{{runId}}", http =>
        {
            http.MustNotBeJob();
            return http.WriteAsync(ToWire(http, Find(http), runs.FindRun(http.RouteInt("runId"))), BuildJson.Default.PipelineRunResource);
        });
    }

    private async Task AddAsync(HttpContext http)
    {
        http.MustBeOwner();
        var wanted = await http.ReadAsync(BuildJson.Default.PipelineResource);
        if (wanted is not { Name: { Length: > 0 } name, Configuration: { Path: { Length: > 0 } path, Repository: { } repository } configuration }
            || (repository.Name ?? repository.Id) is not { Length: > 0 } repositoryName)
        {
            throw Refusal.BadRequest("A pipeline needs a name, and a configuration with the path of a YAML file and a repository.");
        }

        if (configuration.Type?.ToLowerInvariant() is not (null or "yaml" or "1"))
        {
            throw Refusal.BadRequest($"The configuration's type is '{configuration.Type}'; only yaml is here.");
        }

        var folder = wanted.Folder is { Length: > 0 } given ? given : PipelineDefinitions.Root;
        var known = repositories.Find(repositoryName) ?? throw Refusal.RepositoryNotFound(repositoryName);
        var added = runs.Definitions.Add(name, folder, path.TrimStart('/'), known)
            ?? throw Refusal.PipelineExists(name, folder);
        await http.WriteAsync(ToWire(http, added), BuildJson.Default.PipelineResource);
    }

    private async Task RunAsync(HttpContext http)
    {
        http.MustBeOwner();
        var definition = Find(http);
        var wanted = await http.ReadAsync(BuildJson.Default.RunParameters);
        if (wanted.PreviewRun == true)
        {
            await http.WriteAsync(Preview(http, definition, await queue.PreviewAsync(definition, wanted, http.RequestAborted)), BuildJson.Default.PipelineRunResource);
            return;
        }

        var run = await queue.StartOrRefuseAsync(definition, wanted, http.RequestAborted);
        await http.WriteAsync(ToWire(http, definition, run), BuildJson.Default.PipelineRunResource);
    }

    private async Task PreviewAsync(HttpContext http)
    {
        http.MustBeOwner();
        var definition = Find(http);
        var wanted = await http.ReadAsync(BuildJson.Default.RunParameters);
        await http.WriteAsync(new(await queue.PreviewAsync(definition, wanted, http.RequestAborted)), BuildJson.Default.PipelinePreview);
    }

    /// <summary>A run that is none.</summary>
    /// <remarks>Inferred from answers that people show: the id is -1, the state unknown.</remarks>
    private PipelineRunResource Preview(HttpContext http, PipelineDefinition definition, string yaml) => new()
    {
        Id = -1,
        Name = "",
        State = "unknown",
        CreatedDate = default,
        Url = $"{resources.Project(http)}/_apis/pipelines/{definition.Id}/runs/-1",
        Pipeline = ToWire(http, definition) with { Configuration = null },
        FinalYaml = yaml,
    };

    private PipelineDefinition Find(HttpContext http)
    {
        var id = http.RouteInt("pipelineId");
        return runs.Definitions.Find(id) ?? throw Refusal.PipelineNotFound(id);
    }

    private PipelineResource ToWire(HttpContext http, PipelineDefinition definition) => new()
    {
        Id = definition.Id,
        Revision = 1,
        Name = definition.Name,
        Folder = definition.Folder,
        Url = $"{http.Organization(options.Organization)}/{Uri.EscapeDataString(options.Project)}/_apis/pipelines/{definition.Id}?revision=1",
        Configuration = definition.Path is null ? null : new()
        {
            Type = "yaml",
            Path = definition.Path,
            Repository = new() { Name = definition.Repository, Type = "azureReposGit" },
        },
    };

    private static Dictionary<string, RunVariable>? Variables(RunLoop run)
    {
        var request = run.Facts.Request;
        var all = request.Variables.ToDictionary(pair => pair.Key, pair => new RunVariable { Value = run.Mask(pair.Value) });
        foreach (var name in request.Secrets.Keys)
        {
            all[name] = new() { IsSecret = true };
        }

        return all.Count == 0 ? null : all;
    }

    private PipelineRunResource ToWire(HttpContext http, PipelineDefinition definition, RunLoop run)
    {
        if (run.Facts.DefinitionId != definition.Id)
        {
            throw Refusal.BuildNotFound(run.Facts.Id);
        }

        var (progress, request) = (run.Progress, run.Facts.Request);
        return new()
        {
            Id = run.Facts.Id,
            Name = run.Facts.Number,
            State = progress.Result is not null ? "completed" : progress.Canceling ? "canceling" : "inProgress",
            Result = progress.Result switch
            {
                null => null,
                NodeResult.Succeeded or NodeResult.SucceededWithIssues => "succeeded",
                NodeResult.Canceled => "canceled",
                _ => "failed",
            },
            CreatedDate = run.Facts.StartTime,
            FinishedDate = progress.FinishedAt,
            Url = $"{http.Organization(options.Organization)}/{Uri.EscapeDataString(options.Project)}/_apis/pipelines/{definition.Id}/runs/{run.Facts.Id}",
            Pipeline = ToWire(http, definition) with { Configuration = null },
            Variables = Variables(run),
            Links = new(
                new($"{resources.Project(http)}/_apis/pipelines/{definition.Id}/runs/{run.Facts.Id}"), new(resources.WebUrlOf(http, run))),
            Resources = new()
            {
                Repositories = request.AllRepositories.ToDictionary(
                    pair => pair.Key,
                    pair => new RunRepository
                    {
                        Repository = new() { Id = $"{run.Facts.RepositoryIdOf(pair.Value.Name)}", Type = "azureReposGit" },
                        RefName = pair.Value.Ref,
                        Version = pair.Value.Version,
                    }),
            },
        };
    }
}
