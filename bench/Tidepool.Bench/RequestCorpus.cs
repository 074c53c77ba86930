using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>Requests that nobody should send, made of what a service knows: its own routes, ids that are there, bodies that fit and that do not.</summary>
/// <param name="routes">Templates of routes, as in <c>_apis/projects/{projectId}</c>.</param>
/// <param name="places">What is there, by the names of places in routes.</param>
/// <param name="authorizations">Values of the header: good, wrong, none.</param>
internal sealed class RequestCorpus(IReadOnlyList<string> routes, IReadOnlyDictionary<string, string> places, IReadOnlyList<string> authorizations)
{
    private readonly string[] _known = [.. places.Values];

    private const string Place = "PLACE";
    private const int HugeBytes = 4 * 1024 * 1024;

    private static readonly string[] Methods = ["GET", "GET", "GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW"];

    private static readonly string[] Odd =
    [
        "-1", "0", "2147483648", "99999999999999999999", "null", "..", "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "a%0d%0ab", "%ff%fe", "''", "*",
        "%F0%9F%8C%8A", "x;y", "a b".Replace(" ", "%20", StringComparison.Ordinal), "00000000-0000-0000-0000-000000000000", new('a', 3000), "${{x}}", "%25", "refs/heads/main",
    ];

    private static readonly string[] Queries =
    [
        "api-version", "$top", "sessionId", "lastMessageId", "lockToken", "itemPath", "scope", "startLine", "endLine", "statusFilter", "resultFilter", "definitions",
        "buildIds", "tagFilters", "queryOrder", "minTime", "service", "path", "recursionLevel", "versionDescriptor.version", "agentName", "includeCapabilities", "demands",
        "artifactName", "$format", "searchCriteria.itemVersion.version", "completedRequestCount", "artifactUris", "name", "keys", "filter",
    ];

    // Each fits some route; the others get it too.
    private static readonly string[] Bodies =
    [
        """{}""", """[]""", """null""", """{"name":"site"}""", """["a","b"]""",
        """{"name":"fuzzed","configuration":{"type":"yaml","path":"1.yml","repository":{"name":"bench"}}}""",
        """{"templateParameters":{"a":"b"},"variables":{"v":{"value":"x","isSecret":true}},"resources":{"repositories":{"self":{"refName":"refs/heads/main"}}}}""",
        """{"previewRun":true,"yamlOverride":"steps:\n- script: ${{ x }}\n"}""", """{"definition":{"id":1},"parameters":"{\"a\":\"b\"}","sourceBranch":"main"}""",
        """{"status":"cancelling"}""", """{"buildNumber":"1.$(Rev:r)","keepForever":true}""", """{"state":"retry","forceRetryAllJobs":true}""",
        """{"name":"agent-x","version":"4.0.0","maxParallelism":1,"systemCapabilities":{"a":"b"},"authorization":{"publicKey":{"exponent":"AQAB","modulus":"AQAB"}}}""",
        """{"sessionId":"00000000-0000-0000-0000-000000000000","ownerName":"x","agent":{"id":1,"name":"a"}}""", """{"requestId":1,"result":"succeeded","finishTime":"2026-01-01T00:00:00Z"}""",
        """{"value":[{"id":"11111111-2222-3333-4444-555555555555","type":"Task","name":"n","state":"inProgress","variables":{"a":{"value":"b"}},"issues":[{"type":"error","message":"m"}]}],"count":1}""",
        """{"value":["line"],"stepId":"11111111-2222-3333-4444-555555555555","startLine":1,"count":1}""", """{"path":"logs\\x","id":0}""", """{"requestId":1,"result":"failed","name":"JobCompleted","jobId":"JOB"}""",
        """{"name":"drop","source":"JOB","resource":{"type":"Container","data":"#/1/drop","properties":{"localpath":"/tmp"}}}""", """[{"op":"add","path":"/a","value":"b"}]""", """{"tagsToAdd":["x"],"tagsToRemove":[]}""",
        "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=a.b.c", "0000", "text",
    ];

    private static readonly string[] Types =
        ["application/json", "application/json; charset=utf-16", "application/json-patch+json", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "multipart/form-data", ";;", "", "application/zip"];

    private static readonly string[] Values = ["null", "1", "-1", "1e999", "\"\"", "\"x\"", "[]", "{}", "true", "\"\\ud800\"", "18446744073709551616", "[null]", "\"../../x\"", "{\"a\":{\"a\":[]}}"];

    /// <summary>The bytes of a request, whether it is whole, and in a line what it is.</summary>
    public (byte[] Bytes, bool IsWhole, string What) Next(Random random)
    {
        var method = Pick(random, Methods);
        var path = Path(random);
        var head = new StringBuilder($"{method} /local/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        if (Pick(random, authorizations) is { Length: > 0 } authorization)
        {
            head.Append($"Authorization: {authorization}\r\n");
        }

        if (random.Next(3) == 0)
        {
            head.Append($"Accept: {Pick(random, ["application/json;api-version=5.1-preview.1", "text/plain", "*/*", "application/zip", "x", "application/json;api-version=99"])}\r\n");
        }

        if (random.Next(12) == 0)
        {
            head.Append($"{Pick(random, ["Content-Range", "Range", "Content-Encoding", "X-TFS-FedAuthRedirect", "If-None-Match", "Expect"])}: {Pick(random, ["bytes 0-3/4", "bytes 9-1/2", "bytes 0-99999999999999999999/3", "gzip", "x", "100-continue"])}\r\n");
        }

        var body = method is "GET" or "HEAD" or "OPTIONS" && random.Next(8) > 0 ? [] : Body(random);
        var claimed = random.Next(30) == 0 ? body.Length + random.Next(1, 50) : body.Length;
        head.Append(body.Length > 0 ? $"Content-Type: {Pick(random, Types)}\r\n" : "");
        if (random.Next(40) == 0 && body.Length > 0)
        {
            // Every other one has no end.
            var ends = random.Next(2) == 0;
            body = [.. Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"), .. body, .. ends ? "\r\n0\r\n\r\n"u8 : "\r\n"u8];
            claimed = ends ? body.Length : -1;
            head.Append("Transfer-Encoding: chunked\r\n");
        }
        else
        {
            head.Append(claimed > 0 ? $"Content-Length: {claimed}\r\n" : "");
        }

        head.Append("Connection: close\r\n\r\n");
        byte[] bytes = [.. Encoding.Latin1.GetBytes(head.ToString()), .. body];
        var isWhole = claimed == body.Length && random.Next(30) > 0;
        return (isWhole || claimed != body.Length ? bytes : bytes[..random.Next(1, bytes.Length)], isWhole, $"{head}{Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 1000)))}");
    }

    private static string Pick(Random random, IReadOnlyList<string> from) => from[random.Next(from.Count)];

    private string Path(Random random)
    {
        var parts = Pick(random, routes).Split('/').Select(part =>
            !part.StartsWith('{') ? part
            : random.Next(8) > 0 && places.TryGetValue(part.Trim('{', '}'), out var there) ? there
            : random.Next(4) == 0 ? Pick(random, Odd)
            : random.Next(2) == 0 ? $"{random.Next(1, 6)}"
            : Pick(random, _known)).ToList();
        if (random.Next(4) == 0)
        {
            // A list in place of one thing of it.
            parts.RemoveAt(parts.Count - 1);
        }

        var query = Enumerable.Range(0, random.Next(4)).Select(_ =>
            $"{Pick(random, Queries)}={Pick(random, random.Next(2) == 0 ? Odd : [.. _known, "1", "5.1", "a.txt", "git-upload-pack", "git-receive-pack", "zip", "all", "true"])}");
        return $"{string.Join('/', parts)}?{string.Join('&', query)}";
    }

    private byte[] Body(Random random)
    {
        var text = Pick(random, Bodies).Replace("JOB", Pick(random, _known), StringComparison.Ordinal);
        switch (random.Next(10))
        {
            case 0:
                return random.Next(4) > 0 ? [] : [.. Enumerable.Repeat((byte)'a', random.Next(HugeBytes))];
            case 1:
                var depth = random.Next(1, random.Next(2, 100_000));
                return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(random.Next(2) == 0 ? "[" : "{\"a\":", depth)));
            case 2:
                var bytes = Encoding.UTF8.GetBytes(text);
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 3:
                return Encoding.UTF8.GetBytes(text[..random.Next(text.Length)]);
            case 4 or 5 or 6:
                return Encoding.UTF8.GetBytes(Changed(random, text));
            case 7 when random.Next(10) == 0:
                return Encoding.UTF8.GetBytes($$"""{"name":"{{new string('n', random.Next(HugeBytes))}}","value":["{{new string('v', 10)}}"]}""");
            default:
                return Encoding.UTF8.GetBytes(text);
        }
    }

    // Some of the values are no JSON that could be put there.
    private static string With(JsonNode root, string value) => root.ToJsonString().Replace($"\"{Place}\"", value, StringComparison.Ordinal);

    /// <summary>The same JSON with another value at some place.</summary>
    private static string Changed(Random random, string text)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(text);
        }
        catch (System.Text.Json.JsonException)
        {
            return text;
        }

        for (var at = root; ;)
        {
            switch (at)
            {
                case JsonObject { Count: > 0 } members:
                    var (name, value) = members.ElementAt(random.Next(members.Count));
                    if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } && random.Next(3) > 0)
                    {
                        at = value;
                        continue;
                    }

                    members[name] = Place;
                    return With(root!, Pick(random, Values));
                case JsonArray { Count: > 0 } items:
                    if (items[0] is JsonObject { Count: > 0 } && random.Next(3) > 0)
                    {
                        at = items[0];
                        continue;
                    }

                    items[0] = Place;
                    return With(root!, Pick(random, Values));
                default:
                    return Pick(random, Values);
            }
        }
    }
}
