using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Auth;
using Polly.Timeout;
using Tidepool.Deployment.Http;

namespace Tidepool.Deployment.Aws;

/// <summary>Credentials, region, endpoints and signing: what all clients of AWS share.</summary>
public sealed class AwsConnection : IDisposable
{
    private readonly AwsCredentials _credentials;
    private readonly AwsEndpoints _endpoints;
    private readonly WireClient _wire;
    private readonly TimeProvider _clock;

    private AwsConnection(AwsCredentials credentials, AwsEndpoints endpoints, WireClient wire, TimeProvider clock) =>
        (_credentials, _endpoints, _wire, _clock) = (credentials, endpoints, wire, clock);

    /// <summary>The region, as in <c>eu-central-1</c>.</summary>
    public string Region => _endpoints.Region;

    /// <summary>Where the credentials come from: a profile, or the environment.</summary>
    public string CredentialsSource => _credentials.Source;

    /// <summary>Finds credentials and region; asks AWS nothing yet.</summary>
    /// <exception cref="ProblemException">
    /// AWS001: no credentials. AWS002: the profile is not there or gives none. AWS007: no region, an endpoint that is no URL, or a
    /// bundle of certificate authorities that cannot be read.
    /// </exception>
    public static async Task<AwsConnection> OpenAsync(AwsOptions options, TimeProvider clock, CancellationToken ct)
    {
        var credentials = await AwsCredentials.FindAsync(options, clock, ct);
        var endpoints = AwsEndpoints.Of(options, credentials.Profile);
        var authorities = CertificateAuthorities.Read(options.Environment);
        return new(credentials, endpoints, new(authorities, AwsRefusal.IsBusy, clock), clock);
    }

    /// <summary>Where a service is asked.</summary>
    internal Uri Endpoint(AwsService service) => _endpoints.Of(service);

    /// <summary>Calls an operation of a JSON service; any refusal is a problem.</summary>
    internal async Task<TReply> CallAsync<TReply>(AwsService service, string operation, object request, JsonSerializerOptions json, CancellationToken ct)
        where TReply : class
    {
        var (reply, refusal) = await TryCallAsync<TReply>(service, operation, request, json, ct);
        return reply ?? throw refusal!.ToException();
    }

    /// <summary>Calls an operation of a JSON service, for callers who expect some refusals.</summary>
    internal async Task<(TReply? Reply, AwsRefusal? Refusal)> TryCallAsync<TReply>(
        AwsService service, string operation, object request, JsonSerializerOptions json, CancellationToken ct)
        where TReply : class
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, request.GetType(), json);
        var reply = await SendAsync(service, operation, body, "application/x-amz-json-1.1", ct);
        if (!reply.IsSuccess)
        {
            return (null, AwsRefusal.Of(service, operation, Region, reply));
        }

        try
        {
            return (JsonSerializer.Deserialize<TReply>(reply.Body.Length == 0 ? "{}"u8 : reply.Body, json), null);
        }
        catch (JsonException e)
        {
            throw new ProblemException(
                "AWS010",
                $"{Endpoint(service)} answered {service.Name} {operation} with what is not AWS's JSON: {e.Message}",
                "Check the endpoint, and what stands between it and this machine.");
        }
    }

    /// <summary>Calls an operation of a service with the query protocol.</summary>
    internal async Task<XElement> QueryAsync(
        AwsService service, string operation, string version, IReadOnlyList<(string Name, string Value)> parameters, CancellationToken ct)
    {
        var (reply, refusal) = await TryQueryAsync(service, operation, version, parameters, ct);
        return reply ?? throw refusal!.ToException();
    }

    /// <summary>Calls an operation of a service with the query protocol, for callers who expect some refusals.</summary>
    internal async Task<(XElement? Reply, AwsRefusal? Refusal)> TryQueryAsync(
        AwsService service, string operation, string version, IReadOnlyList<(string Name, string Value)> parameters, CancellationToken ct)
    {
        var body = Encoding.UTF8.GetBytes(string.Concat(
            parameters.Prepend(("Version", version)).Prepend(("Action", operation)).Select((pair, at) => $"{(at == 0 ? "" : "&")}{pair.Item1}={Uri.EscapeDataString(pair.Item2)}")));
        var reply = await SendAsync(service, operation, body, $"{MediaTypeNames.Application.FormUrlEncoded}; charset=utf-8", ct);
        try
        {
            return reply.IsSuccess ? (XElement.Parse(reply.Text), null) : (null, AwsRefusal.Of(service, operation, Region, reply));
        }
        catch (System.Xml.XmlException e)
        {
            throw new ProblemException(
                "AWS010",
                $"{Endpoint(service)} answered {service.Name} {operation} with what is not AWS's XML: {e.Message}",
                "Check the endpoint, and what stands between it and this machine.");
        }
    }

    public void Dispose() => _wire.Dispose();

    private async Task<WireReply> SendAsync(AwsService service, string operation, byte[] body, string contentType, CancellationToken ct)
    {
        try
        {
            return await _wire.SendAsync(async attempt => await SignedAsync(service, operation, body, contentType, attempt), ct);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutRejectedException && !ct.IsCancellationRequested)
        {
            throw new ProblemException(
                "AWS011",
                $"{Endpoint(service)} ({service.Name}) could not be reached: {Reachability.Reason(e)}",
                "Check the network, HTTPS_PROXY and NO_PROXY, and AWS_CA_BUNDLE where a proxy has a certificate of its own.");
        }
    }

    private async Task<HttpRequestMessage> SignedAsync(
        AwsService service, string operation, byte[] body, string contentType, CancellationToken ct)
    {
        var keys = await _credentials.GetAsync(ct);
        var endpoint = Endpoint(service);
        var now = _clock.GetUtcNow().UtcDateTime;
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["content-type"] = contentType,
            ["host"] = endpoint.Authority,
            ["x-amz-date"] = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture),
        };
        if (service.Target is { } target)
        {
            headers["x-amz-target"] = $"{target}.{operation}";
        }

        if (keys.UseToken)
        {
            headers["x-amz-security-token"] = keys.Token;
        }

        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
        var signed = string.Join(';', headers.Keys);
        string[] canonical =
        [
            "POST",
            endpoint.AbsolutePath,
            "",
            .. headers.Select(header => $"{header.Key}:{header.Value}"),
            "",
            signed,
            Convert.ToHexStringLower(SHA256.HashData(body)),
        ];
        var signature = AWS4Signer.ComputeSignature(keys.AccessKey, keys.SecretKey, Region, now, service.SigningName, signed, string.Join('\n', canonical));

        var message = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach (var (name, value) in headers.Where(header => header.Key.StartsWith("x-amz-", StringComparison.Ordinal)))
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        message.Headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
        return message;
    }
}
