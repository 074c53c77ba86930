using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;

namespace Tidepool.AzurePipelines.Api;

/// <summary>An agent's session and its messages.</summary>
internal sealed class SessionsApi(string organization, AgentPool pool, CancellationToken stopping)
{
    private const string Sessions = $"{ResourceLocations.Pools}/{{poolId}}/sessions";
    private const string Messages = $"{ResourceLocations.Pools}/{{poolId}}/messages";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Sessions, OpenAsync);
        routes.MapDelete($"{Sessions}/{{sessionId}}", CloseAsync);
        routes.MapGet(Messages, PollAsync);
        routes.MapDelete($"{Messages}/{{messageId}}", DeleteMessageAsync);
    }

    private async Task OpenAsync(HttpContext http)
    {
        http.MustNotBeJob();
        AgentsApi.MustBePool(http);
        var wanted = (await http.ReadAsync(ProtocolJson.Default.TaskAgentSession)).Checked();
        var agentId = wanted.Agent?.Id ?? throw Refusal.BadRequest("The session names no agent.");
        http.MustBeAgent(agentId);
        var session = pool.OpenSession(agentId, wanted.OwnerName, wanted.SystemCapabilities);
        await http.WriteAsync(session, ProtocolJson.Default.TaskAgentSession);
    }

    private Task CloseAsync(HttpContext http)
    {
        pool.CloseSession(OwnSession(http, http.RouteGuid("sessionId")));
        return Task.CompletedTask;
    }

    private async Task PollAsync(HttpContext http)
    {
        var sessionId = OwnSession(http, http.QueryGuid("sessionId"));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            var last = long.TryParse(http.Request.Query["lastMessageId"], out var seen) ? seen : 0;
            if (await pool.NextMessageAsync(sessionId, last, http.Organization(organization), end.Token) is { } message)
            {
                await http.WriteAsync(message, ProtocolJson.Default.TaskAgentMessage);
                return;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The service ends: the poll ends as an empty one.
        }

        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task DeleteMessageAsync(HttpContext http)
    {
        pool.DeleteMessage(OwnSession(http, http.QueryGuid("sessionId")), http.RouteLong("messageId"));
        return Task.CompletedTask;
    }

    private Guid OwnSession(HttpContext http, Guid sessionId)
    {
        http.MustNotBeJob();
        AgentsApi.MustBePool(http);
        http.MustBeAgent(pool.AgentOf(sessionId));
        return sessionId;
    }
}
