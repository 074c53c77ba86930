using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;
using Tidepool.Fargate;
using Tidepool.Fargate.Api;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>A local Fargate behind its HTTP endpoint, with the clients that tests ask it by.</summary>
internal sealed class EcsRig : IAsyncDisposable
{
    private static readonly HttpClient Http = new();
    private readonly List<string> _notices;

    private EcsRig(FargateRig rig, EcsEndpoint endpoint, List<string> notices) => (Rig, Endpoint, _notices) = (rig, endpoint, notices);

    /// <summary>A container that runs until it is stopped, as JSON.</summary>
    public const string Waiting =
        """{"name":"agent-1","image":"tidepool-agent:1","command":["bash","-c","trap 'exit 0' TERM; sleep 1000 & wait $!"],"stopTimeout":2}""";

    /// <summary>The network that every Fargate task needs, as JSON.</summary>
    public const string Network = """{"awsvpcConfiguration":{"subnets":["subnet-1"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}}""";

    public FargateRig Rig { get; }

    public EcsEndpoint Endpoint { get; }

    public IReadOnlyList<string> Notices
    {
        get
        {
            lock (_notices)
            {
                return [.. _notices];
            }
        }
    }

    public static async Task<EcsRig> StartAsync(Func<FargateOptions, FargateOptions>? change = null, Uri? upstream = null) =>
        await StartAsync(await FargateRig.StartAsync(change), upstream);

    /// <summary>Puts an endpoint before a local Fargate, which goes with it.</summary>
    public static async Task<EcsRig> StartAsync(FargateRig rig, Uri? upstream = null)
    {
        var notices = new List<string>();
        void Note(string text)
        {
            lock (notices)
            {
                notices.Add(text);
            }
        }

        return new(rig, await EcsEndpoint.StartAsync(rig.Fargate, new() { Port = 0, Upstream = upstream, OnNotice = Note }, FargateRig.Ct), notices);
    }

    /// <summary>A task definition of one container as RegisterTaskDefinition takes it.</summary>
    public static string Definition(string container = Waiting, string family = "f", string more = "") =>
        $$"""
        {"family":"{{family}}","cpu":"1 vCPU","memory":"2 GB","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],
         "executionRoleArn":"arn:aws:iam::000000000000:role/execution","containerDefinitions":[{{container}}]{{more}}}
        """;

    /// <summary>Asks an operation and answers its members.</summary>
    public async Task<JsonObject> AskAsync(string operation, string body)
    {
        var (status, answer) = await SendAsync(operation, body);
        Assert.True(status == HttpStatusCode.OK, $"{operation} answered {status}: {answer}");
        return JsonNode.Parse(answer)!.AsObject();
    }

    /// <summary>Asks an operation that is refused, and answers type and message as one text.</summary>
    public async Task<string> RefusedAsync(string operation, string body)
    {
        var (status, answer) = await SendAsync(operation, body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        var error = JsonNode.Parse(answer)!;
        return $"{error["__type"]}: {error["message"]}";
    }

    /// <summary>Asks an operation that only the local Fargate has, and answers its members.</summary>
    public async Task<JsonObject> AskOwnAsync(string operation, string body)
    {
        var (status, answer) = await SendAsync(operation, body, "Tidepool");
        Assert.True(status == HttpStatusCode.OK, $"{operation} answered {status}: {answer}");
        return JsonNode.Parse(answer)!.AsObject();
    }

    public async Task<(HttpStatusCode Status, string Body)> SendAsync(string operation, string body, string service = "AmazonEC2ContainerServiceV20141113")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Endpoint.Url)
        {
            Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/x-amz-json-1.1")),
        };
        request.Headers.Add("X-Amz-Target", $"{service}.{operation}");
        using var answer = await Http.SendAsync(request, FargateRig.Ct);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(FargateRig.Ct));
    }

    /// <summary>Runs the real aws command line against the endpoint, and answers what it wrote.</summary>
    public async Task<JsonNode?> AwsAsync(params string[] arguments)
    {
        var (code, output, error) = await AwsProcess.RunAsync(Endpoint.Url, arguments);
        Assert.True(code == 0, $"aws {string.Join(' ', arguments)} ended with {code}: {error}");
        return output.Length == 0 ? null : JsonNode.Parse(output);
    }

    public async ValueTask DisposeAsync()
    {
        await Endpoint.DisposeAsync();
        await Rig.DisposeAsync();
    }
}

/// <summary>The aws command line as a process.</summary>
internal static class AwsProcess
{
    public static Task<(int Code, string Output, string Error)> RunAsync(Uri endpoint, params string[] arguments) =>
        RunAsync(endpoint, new() { ["AWS_ACCESS_KEY_ID"] = "local", ["AWS_SECRET_ACCESS_KEY"] = "local" }, [], arguments);

    /// <summary>Runs it with what names its credentials, under another command.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        Uri endpoint, Dictionary<string, string?> credentials, IEnumerable<string> under, params string[] arguments)
    {
        Assert.SkipUnless(Installed.Has("aws"), "The aws command line is not installed (pip install awscli).");
        string[] command = [.. under, "aws", .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in credentials)
        {
            start.Environment[name] = value;
        }

        start.Environment["AWS_ENDPOINT_URL"] = endpoint.AbsoluteUri.TrimEnd('/');
        start.Environment["AWS_REGION"] = "us-east-1";

        // Version 1 of the command line reads only this one.
        start.Environment["AWS_DEFAULT_REGION"] = "us-east-1";
        start.Environment["AWS_PAGER"] = "";
        start.Environment["AWS_CONFIG_FILE"] = "/dev/null";
        start.Environment["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
        start.Environment["AWS_DEFAULT_OUTPUT"] = "json";
        start.Environment["NO_PROXY"] = "127.0.0.1,169.254.170.2";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(FargateRig.Ct), process.StandardError.ReadToEndAsync(FargateRig.Ct));
        await process.WaitForExitAsync(FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);
        return (process.ExitCode, await output, await error);
    }
}
