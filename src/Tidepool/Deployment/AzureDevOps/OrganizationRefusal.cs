using System.Net;
using System.Text.Json;
using Polly.Timeout;
using Tidepool.AgentProtocol;
using Tidepool.Deployment.Http;

namespace Tidepool.Deployment.AzureDevOps;

/// <summary>Turns what an organization refuses into problems.</summary>
internal static class OrganizationRefusal
{
    private const string NewToken =
        "Make a new token (User settings > Personal access tokens) of this organization with the scope Agent Pools (Read & manage), "
        + "and set AZP_TOKEN to it.";

    public static ProblemException NotSignedIn(Uri organization, string what) => new(
        "AZDO001", $"{organization} did not accept the token, which is not valid here or has expired: {what}", NewToken);

    public static bool IsNoAnswer(Exception e, CancellationToken ct) =>
        e is HttpRequestException or TimeoutRejectedException && !ct.IsCancellationRequested;

    public static ProblemException NoAnswer(Uri organization, Exception e) => new(
        "AZDO005",
        $"{organization} could not be reached: {Reachability.Reason(e)}",
        "Check AZP_URL, the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE where a proxy has a certificate of its own.");

    /// <param name="isSignedIn">Whether this token was accepted before, so that a 401 speaks of this call's scope.</param>
    public static ProblemException Of(Uri organization, HttpMethod method, string route, WireReply reply, bool isSignedIn)
    {
        var call = $"{method} {route.Split('?')[0]}";
        var said = Said(reply);
        return reply.Status switch
        {
            // Seen on dev.azure.com: 203 with the page where people sign in, or a redirect to it, in place of 401.
            HttpStatusCode.NonAuthoritativeInformation => NotSignedIn(organization, "it answered with the page where people sign in."),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => NotSignedIn(organization, "it sent on to the page where people sign in."),
            HttpStatusCode.Unauthorized when !isSignedIn => NotSignedIn(organization, said),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(
                "AZDO002",
                $"{organization} refused {call}: {said}",
                "Give the token the scope Agent Pools (Read & manage), and let its owner be administrator of the pool."),
            HttpStatusCode.NotFound when !isSignedIn => new(
                "AZDO003", $"{organization} is no organization of Azure DevOps: {said}", "Correct AZP_URL; write it as in https://dev.azure.com/contoso."),
            HttpStatusCode.TooManyRequests => new(
                "AZDO006", $"{organization} asked for patience, and again after several tries: {said}", "Wait five minutes and repeat the command."),
            _ => new("AZDO007", $"{organization} answered {call} with HTTP {(int)reply.Status}: {said}", "Do what the text says, then repeat the command."),
        };
    }

    private static string Said(WireReply reply)
    {
        // The reason stands in this header where the body is a page: https://github.com/microsoft/azure-pipelines-agent/issues/1559
        var header = reply.Headers.TryGetValues("X-TFS-ServiceError", out var values) ? Uri.UnescapeDataString(values.First()) : null;
        var text = Sentence.Of(Message(reply) ?? header ?? "");
        return text.Length == 0 ? $"HTTP {(int)reply.Status} without a reason." : text;
    }

    private static string? Message(WireReply reply)
    {
        try
        {
            return JsonSerializer.Deserialize(reply.Body, ProtocolJson.Default.WireError)?.Message is { Length: > 0 } message ? message : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
