using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>A refusal that goes over the wire as it is; clients branch on its type key.</summary>
internal sealed class WireException(int status, string typeKey, string message) : Exception(message)
{
    private const string Assembly = "Microsoft.TeamFoundation.DistributedTask.WebApi";

    public int Status { get; } = status;

    public WireError ToError() => new()
    {
        Message = Message,
        TypeKey = typeKey,
        TypeName = $"{Assembly}.{typeKey}, {Assembly}",
        EventId = 3000,
    };
}

/// <summary>The refusals that agents know.</summary>
internal static class Refusal
{
    public static WireException BadRequest(string what) => new(400, "VssPropertyValidationException", what);

    public static WireException Unauthorized() =>
        new(401, "VssUnauthorizedException", "Sign in with a token of this organization.");

    public static WireException AccessDenied(string what) => new(403, "AccessDeniedException", what);

    public static WireException NotFound(string what) => new(404, "VssResourceNotFoundException", what);

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
