using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tidepool.AzurePipelines.Runs;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class RunRetentionSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-retention-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("1e 2e 3e", 3, "")]        // as many as are kept
    [InlineData("1e 2e 3e 4e", 2, "1 2")]  // the oldest go
    [InlineData("1 2e 3 4e 5e", 1, "2 4")] // what has not ended neither goes nor counts
    [InlineData("1m 2e 3e", 1, "2")]       // what somebody marked stays, and nothing younger goes for it
    [InlineData("1s 2s 3e 4e", 1, "1 3")]  // the last that succeeded stays
    [InlineData("1s 2sB 3e 4e", 1, "3")]   // of each pipeline
    [InlineData("1e 2e", 0, "1 2")]
    public void The_oldest_runs_that_have_ended_go(string runs, int kept, string gone) => Assert.Equal(
        gone,
        string.Join(' ', RunRetention.Over([.. runs.Split(' ').Select(Read)], kept).Select(run => run.Id)));

    [Fact]
    public async Task A_run_that_is_not_kept_any_longer_is_gone_and_the_others_are_whole()
    {
        var before = await StartAsync(port: 0);
        await PipelineAsync(before);
        var agent = await before.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));
        await RunAsync(before, agent, "succeeded");
        await RunAsync(before, agent, "failed");
        await RunAsync(before, agent, "failed");
        await SendAsync(before, HttpMethod.Patch, "build/builds/3", """{"keepForever":true}""");
        await RunAsync(before, agent, "failed");
        await RunAsync(before, agent, "failed");
        await SendAsync(before, HttpMethod.Post, "pipelines/1/runs", "{}");

        Assert.Equal("6 5 4 3 1", await RunsAsync(before));
        Assert.Equal(["1", "3", "4", "5", "6"], Folders());
        await Assert404Async(before, "build/builds/2");
        await Assert404Async(before, "build/builds/2/timeline");
        await Assert404Async(before, "build/builds/2/logs");
        await Assert404Async(before, "pipelines/1/runs/2");
        var requests = await SendAsync(before, HttpMethod.Get, "../_apis/distributedtask/pools/1/jobrequests", body: null);
        Assert.Equal([1, 3, 4, 5, 6], requests["value"]!.AsArray().Select(request => (int)request!["owner"]!["id"]!).Order());

        // What is kept is all there: it explains itself, and goes on when it is asked to.
        Assert.Equal("failed", (string?)(await SendAsync(before, HttpMethod.Get, "build/builds/4", body: null))["result"]);
        Assert.NotNull(await SendAsync(before, HttpMethod.Get, "build/builds/4/tidepool-explanation", body: null));
        await (await agent.TakeJobAsync()).CompleteAsync();
        await UntilEndedAsync(before, 6);
        await SendAsync(before, HttpMethod.Patch, "build/builds/4/stages/__default", """{"state":"retry"}""");
        await (await agent.TakeJobAsync()).CompleteAsync();
        await UntilEndedAsync(before, 4);
        Assert.Equal("succeeded", (string?)(await SendAsync(before, HttpMethod.Get, "build/builds/4", body: null))["result"]);

        var port = before.Service.OrganizationUrl.Port;
        await before.Service.DisposeAsync();
        await using var after = await StartAsync(port);
        Assert.Equal("6 5 4 3 1", await RunsAsync(after));
        await Assert404Async(after, "build/builds/2");
    }

    private static RunAge Read(string run) => new(
        run[0] - '0', run.EndsWith('B') ? 2 : 1, HasEnded: run.Length > 1, HasSucceeded: run.Contains('s'), IsMarked: run.Contains('m'));

    private string[] Folders() =>
        [.. Directory.GetDirectories(Path.Combine(_folder.FullName, "work", "runs")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    private Task<ServiceUnderTest> StartAsync(int port) => ServiceUnderTest.StartAsync(options => options with
    {
        Port = port,
        WorkFolder = Path.Combine(_folder.FullName, "work"),
        KeepsState = true,
        WaitForAgents = true,
        KeptRuns = 2,
    });

    private async Task PipelineAsync(ServiceUnderTest tested)
    {
        await PushedRepository.MakeAsync(
            tested, "site", Path.Combine(_folder.FullName, "clone"), ("azure-pipelines.yml", "steps:\n- checkout: none\n- script: 'true'\n"));
        await SendAsync(tested, HttpMethod.Post, "pipelines", """{"name":"ci","configuration":{"path":"azure-pipelines.yml","repository":{"name":"site"}}}""");
    }

    private static async Task RunAsync(ServiceUnderTest tested, ScriptedAgent agent, string result)
    {
        var run = (int)(await SendAsync(tested, HttpMethod.Post, "pipelines/1/runs", "{}"))["id"]!;
        await (await agent.TakeJobAsync()).CompleteAsync(result);
        await UntilEndedAsync(tested, run);
    }

    private static Task UntilEndedAsync(ServiceUnderTest tested, int run) =>
        UntilAsync(async () => (string?)(await SendAsync(tested, HttpMethod.Get, $"build/builds/{run}", body: null))["status"] == "completed");

    private static async Task<string> RunsAsync(ServiceUnderTest tested) =>
        string.Join(' ', (await SendAsync(tested, HttpMethod.Get, "build/builds", body: null))["value"]!.AsArray().Select(build => (int)build!["id"]!));

    private static async Task Assert404Async(ServiceUnderTest tested, string path)
    {
        var (status, answer) = await TrySendAsync(tested, HttpMethod.Get, path, body: null);
        Assert.Equal((HttpStatusCode.NotFound, "The requested build 2 could not be found."), (status, (string?)answer["message"]));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        }
    }

    private static async Task<JsonNode> SendAsync(ServiceUnderTest tested, HttpMethod method, string path, string? body)
    {
        var (status, answer) = await TrySendAsync(tested, method, path, body);
        Assert.True(status == HttpStatusCode.OK, $"{method} {path}: {status} {answer}");
        return answer;
    }

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> TrySendAsync(ServiceUnderTest tested, HttpMethod method, string path, string? body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, path.StartsWith("../", StringComparison.Ordinal)
            ? $"{tested.Service.OrganizationUrl}/{path[3..]}"
            : $"{tested.Service.OrganizationUrl}/tidepool/_apis/{path}");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Token}")));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, Ct);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct) is { Length: > 0 } text ? JsonNode.Parse(text)! : new JsonObject());
    }
}
