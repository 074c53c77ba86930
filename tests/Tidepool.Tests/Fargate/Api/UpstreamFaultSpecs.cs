using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>An upstream that is there and does not behave.</summary>
public sealed class UpstreamFaultSpecs
{
    private const string Secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:tide";
    private const string Parameter = "/tide";
    private const string OfSecrets = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: ";
    private const string OfParameters =
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): ";

    [Theory]
    [InlineData(Secret, 200, "application/json", "<html>", OfSecrets)]
    [InlineData(Secret, 200, "application/json", "[]", OfSecrets)]
    [InlineData(Secret, 200, "application/json", "", OfSecrets)]
    [InlineData(Secret, 200, "application/json", "{}", OfSecrets)]
    [InlineData(Secret, 200, "application/json", """{"SecretString":{"a":1}}""", OfSecrets)]
    [InlineData(Secret, 200, "application/json", """{"SecretString":"\uD800"}""", OfSecrets)]
    [InlineData(Secret, 200, "application/json", """{"SecretString":"a","SecretString":"b"}""", OfSecrets)]
    [InlineData(Secret, 502, "text/html", "<html>bad gateway</html>", OfSecrets)]
    [InlineData(Secret, 400, "application/json", """{"__type":7,"message":{}}""", OfSecrets)]
    [InlineData($"{Secret}:key::", 200, "application/json", """{"SecretString":"no JSON"}""", OfSecrets)]
    [InlineData($"{Secret}:key::", 200, "application/json", """{"SecretString":"{\"key\":1,\"key\":2}"}""", OfSecrets)]
    [InlineData(Parameter, 200, "application/json", """{"Parameters":["a"]}""", OfParameters)]
    [InlineData(Parameter, 200, "application/json", """{"Parameters":{"Value":"a"}}""", OfParameters)]
    [InlineData(Parameter, 200, "application/json", """{"Parameters":[null]}""", OfParameters)]
    [InlineData(Parameter, 200, "application/json", "\u0001", OfParameters)]
    public async Task A_secret_that_comes_as_something_else_fails_the_start_and_the_next_task_runs(
        string valueFrom, int status, string type, string body, string reason)
    {
        await using var upstream = await StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            await context.Response.WriteAsync(body);
        });
        await using var rig = await EcsRig.StartAsync(options => options with { Upstream = new(upstream.Urls.First()) });
        var stopped = await rig.Rig.StoppedAsync(await RunAsync(rig, valueFrom));
        Assert.Equal(EcsStopCode.TaskFailedToStart, stopped.StopCode);
        Assert.StartsWith(reason, stopped.StoppedReason, StringComparison.Ordinal);
        Assert.Equal(EcsStopCode.EssentialContainerExited, (await rig.Rig.StoppedAsync(await RunAsync(rig, null))).StopCode);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_fails_the_start()
    {
        await using var upstream = await StartAsync(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{");
            context.Abort();
        });
        await using var rig = await EcsRig.StartAsync(options => options with { Upstream = new(upstream.Urls.First()) });
        var stopped = await rig.Rig.StoppedAsync(await RunAsync(rig, Secret));
        Assert.Contains("send request failed caused by: ", stopped.StoppedReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_an_end_fails_the_start_at_a_limit()
    {
        await using var upstream = await StartAsync(async context =>
        {
            var junk = new byte[1024 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(junk);
            }
        });
        await using var rig = await EcsRig.StartAsync(options => options with { Upstream = new(upstream.Urls.First()) });
        var stopped = await rig.Rig.StoppedAsync(await RunAsync(rig, Secret));
        Assert.Contains("send request failed caused by: ", stopped.StoppedReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_whose_secret_never_comes_can_be_stopped()
    {
        var asked = new TaskCompletionSource();
        var hold = new TaskCompletionSource();
        await using var upstream = await StartAsync(async _ =>
        {
            asked.TrySetResult();
            await hold.Task;
        });
        try
        {
            await using var rig = await EcsRig.StartAsync(options => options with { Upstream = new(upstream.Urls.First()) });
            var task = await RunAsync(rig, Secret);
            await asked.Task.WaitAsync(FargateRig.Limit, FargateRig.Ct);
            await rig.AskAsync("StopTask", $$"""{"cluster":"c","task":"{{task}}"}""");
            Assert.Equal(EcsStopCode.UserInitiated, (await rig.Rig.StoppedAsync(task)).StopCode);
            await rig.AskAsync("ListClusters", "{}");
        }
        finally
        {
            hold.SetResult();
        }
    }

    [Theory]
    [InlineData("garbage", 200)]
    [InlineData("status", 599)]
    public async Task What_comes_back_for_another_service_goes_to_the_client_as_it_is(string body, int status)
    {
        await using var upstream = await StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
        });
        await using var rig = await EcsRig.StartAsync(upstream: new(upstream.Urls.First()));
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Endpoint.Url) { Content = new StringContent("{}") };
        request.Headers.Add("X-Amz-Target", "secretsmanager.ListSecrets");
        using var answer = await http.SendAsync(request, FargateRig.Ct);
        Assert.Equal((status, body), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(FargateRig.Ct)));
        await rig.AskAsync("ListClusters", "{}");
    }

    [Fact]
    public async Task An_upstream_that_answers_nothing_keeps_no_ECS_request_waiting_and_a_client_that_leaves_frees_it()
    {
        var (asked, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var upstream = await StartAsync(async context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            asked.TrySetResult();
            await gone.Task;
        });
        await using var rig = await EcsRig.StartAsync(upstream: new(upstream.Urls.First()));
        using var http = new HttpClient();
        using var leave = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Endpoint.Url) { Content = new StringContent("{}") };
        request.Headers.Add("X-Amz-Target", "secretsmanager.ListSecrets");
        var waiting = http.SendAsync(request, leave.Token);
        await asked.Task.WaitAsync(FargateRig.Limit, FargateRig.Ct);
        await rig.AskAsync("ListClusters", "{}");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await gone.Task.WaitAsync(FargateRig.Limit, FargateRig.Ct);
        Assert.Empty(rig.Notices);
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var upstream = builder.Build();
        upstream.Run(answer);
        await upstream.StartAsync(FargateRig.Ct);
        return upstream;
    }

    private static async Task<string> RunAsync(EcsRig rig, string? valueFrom)
    {
        var container = new JsonObject { ["name"] = "agent-1", ["image"] = "tidepool-agent:1", ["command"] = new JsonArray("true") };
        if (valueFrom is not null)
        {
            container["secrets"] = new JsonArray(new JsonObject { ["name"] = "S", ["valueFrom"] = valueFrom });
        }

        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(container.ToJsonString()));
        var run = await rig.AskAsync("RunTask", $$"""{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        return (string)run["tasks"]![0]!["taskArn"]!;
    }
}
