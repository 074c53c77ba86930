using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Tidepool.Deployment.Http;

namespace Tidepool.Deployment.Aws;

/// <summary>An answer of AWS that is an error.</summary>
/// <param name="Code">AWS's error code without a namespace, as in <c>AccessDeniedException</c>.</param>
/// <param name="Message">AWS's own words, on one line.</param>
internal sealed partial record AwsRefusal(AwsService Service, string Operation, string Region, string Code, string Message)
{
    /// <summary>Codes that ask for patience.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html and botocore's _retry.json.</remarks>
    private static readonly string[] BusyCodes =
    [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete", "TransactionInProgressException",
    ];

    private static readonly string[] UnknownCredentialsCodes =
    [
        "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    ];

    /// <summary>Whether the service asks to be asked again; these answers have status 400 or 5xx. What an endpoint does not have (501) does not come.</summary>
    public static bool IsBusy(WireReply reply) =>
        !reply.IsSuccess && reply.Status is not HttpStatusCode.NotImplemented && ((int)reply.Status >= 500 || BusyCodes.Contains(CodeAndMessage(reply).Code));

    public static AwsRefusal Of(AwsService service, string operation, string region, WireReply reply)
    {
        var (code, message) = CodeAndMessage(reply);
        return new(service, operation, region, code, Sentence.Of(message) is { Length: > 0 } said ? said : "(no text).");
    }

    public ProblemException ToException() => new(ToProblem());

    private string Said => $"AWS answered {Service.Name} {Operation} in {Region} with {Code}: {Message}";

    private Problem ToProblem() => Code switch
    {
        "ExpiredToken" or "ExpiredTokenException" or "RequestExpired" => new(
            "AWS003", Said, "Sign in again ('aws sso login', or new keys), then repeat the command."),
        "SignatureDoesNotMatch" or "InvalidSignatureException" => new(
            "AWS004", Said, "Check that the secret key belongs to the access key, and that this machine's clock is right."),
        _ when UnknownCredentialsCodes.Contains(Code) => new(
            "AWS004", Said, "Check the access key, and that it is of the partition (aws, aws-cn, aws-us-gov) of the region."),
        "AccessDenied" or "AccessDeniedException" or "UnauthorizedOperation" or "NotAuthorized" or "OptInRequired" => new(
            "AWS005", Said, $"Let the identity do {NotAuthorizedAction().Match(Message) switch
            {
                { Success: true } match => match.Groups[1].Value,
                _ => $"{Service.SigningName}:{Operation}",
            }} (docs/deploy.md has the smallest policy), or use another profile."),
        _ when BusyCodes.Contains(Code) => new(
            "AWS006", Said, "Wait a minute and repeat the command; the account's other users of this API count too."),
        "ClusterNotFoundException" => new(
            "AWS008", Said, "Check cluster_name and aws_region in terraform/terraform.tfvars; 'aws ecs list-clusters' shows what the region has."),
        "LimitExceededException" or "LimitExceeded" or "ServiceQuotaExceededException" => new(
            "AWS009", Said, "Ask for a higher quota in the Service Quotas console, or remove what is not needed."),
        _ => new("AWS010", Said, "Do what AWS's text says, then repeat the command."),
    };

    private static (string Code, string Message) CodeAndMessage(WireReply reply)
    {
        var (code, message) = FromJson(reply) ?? FromXml(reply) ?? (null, reply.Text);
        if (code is null && reply.Headers.TryGetValues("x-amzn-ErrorType", out var types))
        {
            code = types.First().Split(':')[0];
        }

        return (code is null ? $"HTTP {(int)reply.Status}" : code[(code.LastIndexOf('#') + 1)..], message);
    }

    private static (string? Code, string Message)? FromJson(WireReply reply)
    {
        try
        {
            using var body = JsonDocument.Parse(reply.Body);
            return body.RootElement.ValueKind != JsonValueKind.Object
                ? null
                : (Text(body.RootElement, "__type"), Text(body.RootElement, "message") ?? Text(body.RootElement, "Message") ?? "");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (string? Code, string Message)? FromXml(WireReply reply)
    {
        try
        {
            var error = XDocument.Parse(reply.Text).Descendants().FirstOrDefault(element => element.Name.LocalName == "Error");
            string? Part(string name) => error?.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
            return error is null ? null : (Part("Code"), Part("Message") ?? "");
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // "User: ARN is not authorized to perform: ecs:DescribeServices on resource: …"
    [GeneratedRegex(@"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)")]
    private static partial Regex NotAuthorizedAction();
}
