using Microsoft.AspNetCore.Http;

namespace Tidepool.Fargate.Api;

/// <summary>How an AWS service writes its errors.</summary>
internal enum AwsProtocol
{
    /// <summary>JSON with <c>__type</c>: JSON 1.0, JSON 1.1 and REST-JSON.</summary>
    Json,

    /// <summary>XML in <c>ErrorResponse</c>: the Query protocol.</summary>
    Query,

    /// <summary>XML in <c>Response/Errors</c>: EC2.</summary>
    Ec2,

    /// <summary>XML in <c>Error</c>: S3.</summary>
    S3,
}

/// <summary>Which AWS service a request is for, and how it wants to be answered.</summary>
/// <param name="Service">The signing name, as in <c>secretsmanager</c>, or the target's prefix; null when the request does not say.</param>
/// <param name="Target">Operation of a JSON service; null when it is another protocol's.</param>
/// <param name="Protocol">How errors are written.</param>
internal sealed record AwsCall(string? Service, string? Target, AwsProtocol Protocol)
{
    private const string EcsTarget = "AmazonEC2ContainerServiceV20141113";

    // What ECS has no operation for, and a rehearsal needs.
    private const string OwnTarget = "Tidepool";

    /// <summary>Whether it is for ECS, or for the local Fargate itself.</summary>
    public bool IsEcs { get; private init; }

    /// <summary>Whether it is an operation that only the local Fargate has: <c>X-Amz-Target: Tidepool.NAME</c>.</summary>
    public bool IsOwn { get; private init; }

    /// <summary>Reads it from scope, <c>X-Amz-Target</c> and content type; the body stays unread.</summary>
    /// <remarks>
    /// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html for the scope, and
    /// https://smithy.io/2.0/aws/protocols/index.html for what distinguishes the protocols.
    /// </remarks>
    public static AwsCall Of(HttpRequest request)
    {
        var target = request.Headers["X-Amz-Target"].ToString().Split('.');
        var scope = ScopeOf(request.Headers.Authorization.ToString()) ?? ScopeOf($"Credential={request.Query["X-Amz-Credential"]}");
        var service = scope ?? (target[0].Length > 0 ? target[0] : null);
        var isQuery = request.HasFormContentType || request.Query.ContainsKey("Action");
        return new(
            service,
            target.Length > 1 ? target[^1] : null,
            target[0].Length > 0 ? AwsProtocol.Json
                : service is "ec2" ? AwsProtocol.Ec2
                : isQuery ? AwsProtocol.Query
                : service is "s3" ? AwsProtocol.S3
                : AwsProtocol.Json)
        {
            IsEcs = target[0].Length > 0 ? target[0] is EcsTarget or OwnTarget : scope is "ecs",
            IsOwn = target[0] is OwnTarget,
        };
    }

    /// <summary>The EFS file system that a request asks to delete; null for every other request.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/efs/latest/ug/API_DeleteFileSystem.html</remarks>
    public static string? FileSystemToDelete(HttpRequest request) =>
        HttpMethods.IsDelete(request.Method) && request.Path.Value?.Split('/') is ["", "2015-02-01", "file-systems", { Length: > 0 } id] ? id : null;

    // Credential=KEY/DATE/REGION/SERVICE/aws4_request; without REGION in signatures for many Regions.
    private static string? ScopeOf(string text)
    {
        const string Credential = "Credential=";
        var at = text.IndexOf(Credential, StringComparison.Ordinal);
        return at < 0
            ? null
            : text[(at + Credential.Length)..].Split(',', ' ')[0].Split('/') is [_, _, .., var service, "aws4_request"] ? service : null;
    }
}
