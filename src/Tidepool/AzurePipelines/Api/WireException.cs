using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>A refusal that goes over the wire as it is; clients branch on its type key.</summary>
internal sealed class WireException(int status, string typeKey, string message, string assembly = WireException.Agents) : Exception(message)
{
    public const string Builds = "Microsoft.TeamFoundation.Build.WebApi";
    public const string Pipelines = "Microsoft.Azure.Pipelines.WebApi";
    private const string Agents = "Microsoft.TeamFoundation.DistributedTask.WebApi";

    public int Status { get; } = status;

    public WireError ToError() => new()
    {
        Message = Message,
        TypeKey = typeKey,
        TypeName = $"{assembly}.{typeKey}, {assembly}",
        EventId = 3000,
    };
}

/// <summary>The refusals that agents and clients know.</summary>
internal static class Refusal
{
    public static WireException BadRequest(string what, int status = 400) => new(status, "VssPropertyValidationException", what);

    public static WireException Unauthorized() =>
        new(401, "VssUnauthorizedException", "Sign in with a token of this organization.");

    public static WireException AccessDenied(string what) => new(403, "AccessDeniedException", what);

    public static WireException NotFound(string what) => new(404, "VssResourceNotFoundException", what);

    public static WireException Conflict(string what) => new(409, "VssPropertyValidationException", what);

    public static WireException BuildNotFound(int id) =>
        new(404, "BuildNotFoundException", $"The requested build {id} could not be found.", WireException.Builds);

    public static WireException ProjectNotFound(string name) => new(
        404,
        "ProjectDoesNotExistWithNameException",
        $"TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.",
        "Microsoft.TeamFoundation.Core.WebApi");

    public static WireException QueueNotFound(int id) => new(404, "TaskAgentQueueNotFoundException", $"Agent queue {id} was not found.");

    public static WireException DefinitionNotFound(int id) =>
        new(404, "DefinitionNotFoundException", $"The requested definition {id} could not be found.", WireException.Builds);

    public static WireException ArtifactNotFound(string name, int buildId) =>
        new(404, "ArtifactNotFoundException", $"The artifact {name} was not found for build {buildId}.", WireException.Builds);

    public static WireException ArtifactExists(string name, int buildId) =>
        new(409, "ArtifactExistsException", $"Artifact {name} already exists for build {buildId}.", WireException.Builds);

    public static WireException StageNotFound(string name, int buildId) =>
        new(404, "StageNotFoundException", $"Stage {name} of build {buildId} was not found.", WireException.Builds);

    public static WireException PipelineNotFound(int id) =>
        new(404, "PipelineNotFoundException", $"Pipeline {id} was not found.", WireException.Pipelines);

    public static WireException PipelineExists(string name, string folder) => new(
        409, "PipelineExistsException", $"A pipeline named {name} already exists in folder {folder}.", WireException.Pipelines);

    /// <summary>A pipeline that is not valid; the message has one line for each error, as the service writes it.</summary>
    public static WireException PipelineNotValid(string errors) =>
        new(400, PipelineNotValidType, errors, WireException.Pipelines);

    public const string PipelineNotValidType = "PipelineValidationException";

    public static WireException RepositoryNotFound(string name) => new(
        404, "GitRepositoryNotFoundException", $"TF401019: The Git repository with name or identifier {name} does not exist.", "Microsoft.TeamFoundation.Git.Server");

    public static WireException PoolNotFound(int poolId) =>
        new(404, "TaskAgentPoolNotFoundException", $"Agent pool {poolId} was not found.");

    public static WireException AgentNotFound(int agentId) => new(404, "TaskAgentNotFoundException", $"Agent {agentId} was not found.");

    public static WireException AgentExists(string name, string pool) =>
        new(409, "TaskAgentExistsException", $"Pool {pool} already contains an agent with name {name}.");

    public static WireException SessionConflict(string agent) =>
        new(409, "TaskAgentSessionConflictException", $"The agent {agent} already has an active session.");

    public static WireException SessionExpired(Guid sessionId) =>
        new(404, "TaskAgentSessionExpiredException", $"Session {sessionId} is over. Open another one.");

    public static WireException JobRequestNotFound(long requestId) =>
        new(404, "TaskAgentJobNotFoundException", $"Job request {requestId} was not found.");

    public static WireException JobRequestOver(long requestId) =>
        new(403, "TaskAgentJobTokenExpiredException", $"Job request {requestId} is finished; its lock is gone.");

    public static WireException PlanNotFound(Guid planId) =>
        new(404, "TaskOrchestrationPlanNotFoundException", $"Plan {planId} was not found.");

    public static WireException TaskNotFound(Guid taskId, string version) =>
        new(404, "TaskDefinitionNotFoundException", $"Task {taskId} version {version} was not found.");

    public static WireException TimelineExists(Guid timelineId) =>
        new(409, "TimelineExistsException", $"Timeline {timelineId} already exists.");
}
