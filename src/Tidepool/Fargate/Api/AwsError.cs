using System.Security;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tidepool.Fargate.Api;

/// <summary>Writes an error in the shape of the service that was asked.</summary>
internal static class AwsError
{
    /// <summary>Media type of JSON 1.1.</summary>
    public const string Json = "application/x-amz-json-1.1";

    /// <summary>Header of the request's id.</summary>
    public const string RequestId = "x-amzn-RequestId";

    /// <summary>Writes the answer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">How its service writes errors.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="code">The error's code or type.</param>
    /// <param name="message">Its text.</param>
    public static Task WriteAsync(HttpContext context, AwsProtocol protocol, int status, string code, string message)
    {
        var id = $"{Guid.NewGuid():D}";
        var text = SecurityElement.Escape(message);
        var (type, body) = protocol switch
        {
            AwsProtocol.Query => (
                "text/xml",
                $"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"),
            AwsProtocol.Ec2 => (
                "text/xml",
                $"<Response><Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors><RequestID>{id}</RequestID></Response>"),
            AwsProtocol.S3 => ("application/xml", $"<Error><Code>{code}</Code><Message>{text}</Message><RequestId>{id}</RequestId></Error>"),
            _ => (Json, new JsonObject { ["__type"] = code, ["message"] = message }.ToJsonString(EcsJson.Options)),
        };
        if (protocol is AwsProtocol.Json)
        {
            context.Response.Headers["x-amzn-ErrorType"] = code;
        }

        context.Response.Headers[RequestId] = id;
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body, context.RequestAborted);
    }
}
