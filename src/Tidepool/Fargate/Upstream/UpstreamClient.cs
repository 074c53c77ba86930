using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;

namespace Tidepool.Fargate.Upstream;

/// <summary>A service of the upstream answered with an error, or did not answer.</summary>
/// <param name="code">The error's type, as in <c>ResourceNotFoundException</c>.</param>
/// <param name="message">Its text.</param>
internal sealed class UpstreamException(string code, string message) : Exception($"{code}: {message}")
{
    /// <summary>The error's type, as in <c>ResourceNotFoundException</c>.</summary>
    public string Code { get; } = code;
}

/// <summary>Keys of a role for a while. Never logged.</summary>
internal sealed record RoleKeys(string RoleArn, string AccessKeyId, string SecretAccessKey, string Token, DateTimeOffset Expiration)
{
    /// <summary>Without the keys.</summary>
    public override string ToString() => $"keys of {RoleArn} until {Expiration:O}";
}

/// <summary>Asks other AWS services of the emulator behind this one.</summary>
/// <remarks>
/// Emulators read the scope of a signature, to know service and Region, and do not check it: the header has a signature's shape and no
/// signature. Source of the shape: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
/// </remarks>
internal sealed class UpstreamClient(Uri url, string region, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly string NoSignature = new('0', 64);

    // A secret has 64 KiB at most, and what is asked besides is shorter.
    private const int LargestAnswer = 1024 * 1024;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = Limit,
        MaxResponseContentBufferSize = LargestAnswer,
    };

    /// <summary>The account whose resources the upstream has.</summary>
    /// <exception cref="ProblemException">SERVE003: the upstream does not answer, or is no emulator of AWS.</exception>
    public async Task<string> AccountIdAsync(CancellationToken ct)
    {
        try
        {
            using var request = Request(
                "sts", null, new FormUrlEncodedContent([new("Action", "GetCallerIdentity"), new("Version", "2011-06-15")]));
            using var answer = await _http.SendAsync(request, ct);
            return XDocument.Parse(await answer.Content.ReadAsStringAsync(ct)).Descendants().First(element => element.Name.LocalName is "Account").Value;
        }
        catch (Exception e) when (IsNoAnswer(e, ct) || e is XmlException or InvalidOperationException)
        {
            throw new ProblemException(
                "SERVE003", $"The upstream {url} does not answer as AWS does: {e.Message}", "Start it, or name another one with --upstream.");
        }
    }

    /// <summary>Asks the upstream's STS for the keys of a role.</summary>
    /// <param name="roleArn">The role.</param>
    /// <param name="session">Name of the session: 2 to 64 letters, digits and <c>=,.@-_</c>.</param>
    /// <param name="duration">How long the keys are to be valid.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="UpstreamException">It refuses, or does not answer.</exception>
    public async Task<RoleKeys> AssumeRoleAsync(string roleArn, string session, TimeSpan duration, CancellationToken ct)
    {
        try
        {
            using var request = Request(
                "sts",
                null,
                new FormUrlEncodedContent(
                [
                    new("Action", "AssumeRole"), new("Version", "2011-06-15"), new("RoleArn", roleArn), new("RoleSessionName", session),
                    new("DurationSeconds", duration.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)),
                ]));
            using var answer = await _http.SendAsync(request, ct);
            var members = XDocument.Parse(await answer.Content.ReadAsStringAsync(ct)).Descendants().ToLookup(element => element.Name.LocalName, element => element.Value);
            return answer.IsSuccessStatusCode
                ? new(
                    roleArn, members["AccessKeyId"].First(), members["SecretAccessKey"].First(), members["SessionToken"].First(),
                    DateTimeOffset.Parse(members["Expiration"].First(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal))
                : throw new UpstreamException(members["Code"].FirstOrDefault() ?? $"{(int)answer.StatusCode}", members["Message"].FirstOrDefault() ?? "");
        }
        catch (Exception e) when (IsNoAnswer(e, ct) || e is XmlException or InvalidOperationException or FormatException)
        {
            throw new UpstreamException("RequestError", $"send request failed caused by: {e.Message}");
        }
    }

    /// <summary>Asks an operation of a JSON service.</summary>
    /// <param name="service">Its signing name.</param>
    /// <param name="target">Prefix and operation, as in <c>secretsmanager.GetSecretValue</c>.</param>
    /// <param name="members">The request's members.</param>
    /// <param name="resourceRegion">Region of what is asked for; null for this environment's.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="UpstreamException">An error of the service, or no answer.</exception>
    public async Task<JsonObject> AskAsync(string service, string target, JsonObject members, string? resourceRegion, CancellationToken ct)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(members.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        using var request = Request(service, resourceRegion, content);
        request.Headers.Add("X-Amz-Target", target);
        return await SendAsync(request, ct);
    }

    /// <summary>Reads a resource of a REST service.</summary>
    /// <param name="service">Its signing name.</param>
    /// <param name="path">Path and query, with a leading slash.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="UpstreamException">An error of the service, or no answer.</exception>
    public async Task<JsonObject> ReadAsync(string service, string path, CancellationToken ct)
    {
        using var request = Request(service, null, null);
        request.Method = HttpMethod.Get;
        request.RequestUri = new(url, path);
        return await SendAsync(request, ct);
    }

    /// <summary>Reads an object of S3 as text.</summary>
    /// <param name="path">Bucket and key, with a slash between them.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="UpstreamException">An error of the service, or no answer.</exception>
    public async Task<string> ReadObjectAsync(string path, CancellationToken ct)
    {
        try
        {
            using var request = Request("s3", null, null);
            request.Method = HttpMethod.Get;
            request.RequestUri = new Uri(url, $"/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");
            using var answer = await _http.SendAsync(request, ct);
            var body = await answer.Content.ReadAsStringAsync(ct);
            if (answer.IsSuccessStatusCode)
            {
                return body;
            }

            var error = XDocument.Parse(body).Root!;
            throw new UpstreamException($"{error.Element("Code")?.Value}", $"{error.Element("Message")?.Value} status code: {(int)answer.StatusCode}");
        }
        catch (Exception e) when (IsNoAnswer(e, ct) || e is XmlException)
        {
            throw new UpstreamException("RequestError", $"send request failed caused by: {e.Message}");
        }
    }

    /// <summary>A member of an answer that is text.</summary>
    /// <exception cref="UpstreamException">It is not there, or no text.</exception>
    public static string TextOf(JsonObject answer, string member) => answer[member] is JsonValue value && value.TryGetValue<string>(out var text)
        ? text
        : throw new UpstreamException("SerializationError", $"the answer holds no text {member}");

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            using var answer = await _http.SendAsync(request, ct);
            var body = await answer.Content.ReadAsByteArrayAsync(ct);
            var read = body.Length == 0 ? [] : JsonText.Parse(body) as JsonObject ?? [];
            return answer.IsSuccessStatusCode
                ? read
                : throw ErrorOf(
                    answer.Headers.TryGetValues("x-amzn-ErrorType", out var types) ? types.First() : $"{read["__type"] ?? read["ErrorCode"]}",
                    read,
                    $"{(int)answer.StatusCode}");
        }
        catch (Exception e) when (IsNoAnswer(e, ct) || e is JsonException or FormatException)
        {
            throw new UpstreamException("RequestError", $"send request failed caused by: {(e is FormatException ? "the answer " : "")}{e.Message}");
        }
    }

    private static bool IsNoAnswer(Exception e, CancellationToken ct) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested);

    // REST services name the error in a header; the namespace before # and the URL after : are no part of its name.
    private static UpstreamException ErrorOf(string type, JsonObject body, string status) => new(
        type.Split('#')[^1].Split(':')[0] is { Length: > 0 } name ? name : status, $"{body["message"] ?? body["Message"]}");

    private HttpRequestMessage Request(string service, string? resourceRegion, HttpContent? content)
    {
        var now = clock.GetUtcNow();
        var date = now.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        request.Headers.Add("X-Amz-Date", now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"AWS4-HMAC-SHA256 Credential=local/{date}/{resourceRegion ?? region}/{service}/aws4_request, "
                + $"SignedHeaders=host;x-amz-date, Signature={NoSignature}");
        return request;
    }
}
