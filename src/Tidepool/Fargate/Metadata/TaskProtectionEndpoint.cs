using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Metadata;

/// <summary>Answers <c>$ECS_AGENT_URI/task-protection/v1/state</c>: a task protects itself from scale-in and deployments.</summary>
/// <remarks>
/// Shapes, status codes and texts are those of the ECS agent's own endpoint, whose code Fargate shares. A task role must be named, and
/// what it may do is not looked at. Source: https://github.com/aws/amazon-ecs-agent, ecs-agent/tmds/handlers/taskprotection/v1, and
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
/// </remarks>
/// <param name="clusterOf">The cluster of a task by its ARN; null when there is no such task.</param>
internal sealed class TaskProtectionEndpoint(Func<string, ClusterLoop?> clusterOf)
{
    private static readonly JsonSerializerOptions RequestJson = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    // The real one leaves apostrophes as they are.
    private static readonly JsonSerializerOptions AnswerJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="context">The request.</param>
    /// <param name="taskArn">The task whose container asks; null when the path is no container's.</param>
    public async Task AnswerAsync(HttpContext context, string? taskArn)
    {
        var method = context.Request.Method;
        if (method is not ("GET" or "PUT"))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        var (isRead, request) = method is "PUT" ? await ReadAsync(context) : (true, null);
        var answer = !isRead ? Error(null, "InvalidParameterException", "UpdateTaskProtection: failed to decode request")
            : taskArn is null || clusterOf(taskArn) is not { } cluster
            ? Error(null, "ResourceNotFoundException", "Failed to find a task for the request", StatusCodes.Status404NotFound)
            : request is { ProtectionEnabled: null }
            ? Error(taskArn, "InvalidParameterException", "Invalid request: does not contain 'ProtectionEnabled' field")
            : cluster.Tasks[taskArn].Definition.TaskRoleArn is null
            ? Error(
                taskArn, "AccessDeniedException", "Invalid Request: no task IAM role credentials available for task", StatusCodes.Status403Forbidden)
            : await AskAsync(cluster, taskArn, request, context.RequestAborted);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.Body.ToJsonString(AnswerJson), context.RequestAborted);
    }

    private static async Task<(bool IsRead, Request? Request)> ReadAsync(HttpContext context)
    {
        try
        {
            var request = await JsonSerializer.DeserializeAsync<Request>(context.Request.Body, RequestJson, context.RequestAborted);
            return (true, request ?? new(null, null));
        }
        catch (JsonException)
        {
            return (false, null);
        }
    }

    private static async Task<Answer> AskAsync(ClusterLoop cluster, string taskArn, Request? request, CancellationToken ct)
    {
        try
        {
            var response = request is { ProtectionEnabled: { } enabled, ExpiresInMinutes: var minutes }
                ? await cluster.ProtectAsync([taskArn], enabled, minutes, ct)
                : await cluster.AskAsync(() => cluster.DescribeProtection([taskArn]), ct);
            return new(StatusCodes.Status200OK, response.Failures is [var failure, ..]
                ? new() { ["failure"] = new JsonObject { ["Arn"] = failure.Arn, ["Detail"] = failure.Detail, ["Reason"] = failure.Reason } }
                : new() { ["protection"] = Shape(response.ProtectedTasks[0]) });
        }
        catch (EcsException e)
        {
            var refused = Error(taskArn, $"{e.Type}", e.Message);
            refused.Body.Insert(0, "requestID", $"{Guid.NewGuid():D}");
            return refused;
        }
    }

    private static JsonObject Shape(ProtectedTask task) => new()
    {
        ["ExpirationDate"] = task.ExpirationDate?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["ProtectionEnabled"] = task.ProtectionEnabled,
        ["TaskArn"] = task.TaskArn,
    };

    private static Answer Error(string? arn, string code, string message, int status = StatusCodes.Status400BadRequest)
    {
        var error = new JsonObject { ["Code"] = code, ["Message"] = message };
        if (arn is not null)
        {
            error.Insert(0, "Arn", arn);
        }

        return new(status, new() { ["error"] = error });
    }

    private sealed record Request(bool? ProtectionEnabled, long? ExpiresInMinutes);

    private sealed record Answer(int Status, JsonObject Body);
}
