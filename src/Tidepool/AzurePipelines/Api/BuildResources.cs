using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Writes runs and what belongs to them as the builds' part of the API tells them.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/build/builds/get</remarks>
internal sealed class BuildResources(PipelinesServiceOptions options, AgentPool pool)
{
    /// <summary>The project's URL, without a slash at its end.</summary>
    public string Project(HttpContext http) => $"{http.Organization(options.Organization)}/{Uri.EscapeDataString(options.Project)}";

    public string UrlOf(HttpContext http, RunLoop run) => $"{Project(http)}/_apis/build/Builds/{run.Facts.Id}";

    public string LogUrl(HttpContext http, RunLoop run, int logId) => $"{UrlOf(http, run)}/logs/{logId}";

    /// <summary>The page of the service where people look at a run. This one has none; tools print the address all the same.</summary>
    public string WebUrlOf(HttpContext http, RunLoop run) => $"{Project(http)}/_build/results?buildId={run.Facts.Id}";

    public AgentQueue Queue() => new()
    {
        Id = AgentPool.Id,
        Name = pool.Name,
        ProjectId = RecordId.Of("project", options.Organization, options.Project),
        Pool = pool.ToWire(),
    };

    public static string Status(RunProgress progress) => progress.Result is not null ? "completed" : progress.Canceling ? "cancelling" : "inProgress";

    public static string? Result(RunProgress progress) => progress.Result switch
    {
        null => null,
        NodeResult.Succeeded => "succeeded",
        NodeResult.SucceededWithIssues => "partiallySucceeded",
        NodeResult.Canceled => "canceled",
        _ => "failed",
    };

    public Build ToWire(HttpContext http, RunLoop run)
    {
        var (facts, progress, notes) = (run.Facts, run.Progress, run.Notes);
        var requestedFor = new IdentityReference(RecordId.Of("user", facts.Request.RequestedFor), facts.Request.RequestedFor, facts.Request.RequestedFor);
        return new()
        {
            Id = facts.Id,
            BuildNumber = facts.Number,
            Status = Status(progress),
            Result = Result(progress),
            QueueTime = facts.StartTime,
            StartTime = facts.StartTime,
            FinishTime = progress.FinishedAt,
            LastChangedDate = progress.FinishedAt ?? facts.StartTime,
            Url = UrlOf(http, run),
            Definition = new() { Id = facts.DefinitionId, Name = facts.Request.DefinitionName, Revision = 1, Folder = null },
            Project = new(facts.ProjectId, facts.Project),
            Uri = facts.Uri,
            SourceBranch = facts.Request.SourceBranch,
            SourceVersion = facts.Request.SourceVersion,
            Reason = "manual",
            Repository = new() { Id = $"{facts.RepositoryId}", Name = facts.Request.RepositoryName, Type = "TfsGit" },
            AppendCommitMessageToRunName = facts.Pipeline.AppendCommitMessageToRunName,
            OrchestrationPlan = new(facts.PlanId),
            Plans = [new(facts.PlanId)],
            Logs = new() { Id = 0, Url = $"{UrlOf(http, run)}/logs" },
            Queue = Queue(),
            Tags = notes.Tags,
            Properties = new(notes.Properties.Count, notes.Properties),
            RequestedFor = requestedFor,
            RequestedBy = requestedFor,
            KeepForever = notes.KeepForever,
            Parameters = facts.Request.Variables.Count == 0
                ? null
                : JsonSerializer.Serialize(facts.Request.Variables.ToDictionary(pair => pair.Key, pair => run.Mask(pair.Value)), ServiceJson.Default.DictionaryStringString),
            Links = new(new(UrlOf(http, run)), new(WebUrlOf(http, run))),
        };
    }
}
