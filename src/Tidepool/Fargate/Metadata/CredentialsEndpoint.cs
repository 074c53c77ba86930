using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tidepool.Fargate.Upstream;

namespace Tidepool.Fargate.Metadata;

/// <summary>Answers <c>/v2/credentials/ID</c>: the keys of a task's role. Who knows the id gets them.</summary>
/// <remarks>
/// Shapes, statuses and texts are those of the ECS agent, whose code Fargate shares: https://github.com/aws/amazon-ecs-agent,
/// ecs-agent/tmds/handlers/v1/credentials_handler.go and ecs-agent/credentials/manager.go.
/// </remarks>
internal sealed class CredentialsEndpoint(TaskCredentials credentials)
{
    // The real one leaves + and / of keys as they are.
    private static readonly JsonSerializerOptions AnswerJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="context">The request.</param>
    /// <param name="id">What follows <c>/v2/credentials/</c>; null for nothing.</param>
    public async Task AnswerAsync(HttpContext context, string? id)
    {
        var keys = id is null ? null : await credentials.GetAsync(id, context.RequestAborted);
        var answer = keys is not null ? Shape(keys)
            : id is null ? Error("NoIdInRequest", "No Credential ID in the request")
            : Error("InvalidIdInRequest", "Credentials not found");
        context.Response.StatusCode = keys is null ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString(AnswerJson), context.RequestAborted);
    }

    private static JsonObject Shape(RoleKeys keys) => new()
    {
        ["RoleArn"] = keys.RoleArn,
        ["AccessKeyId"] = keys.AccessKeyId,
        ["SecretAccessKey"] = keys.SecretAccessKey,
        ["Token"] = keys.Token,
        ["Expiration"] = keys.Expiration.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    private static JsonObject Error(string code, string text) => new()
    {
        ["code"] = code,
        ["message"] = $"CredentialsV2Request: {text}",
        ["HTTPErrorCode"] = StatusCodes.Status400BadRequest,
    };
}
