using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>A service that starts in the folder of one that ended.</summary>
public sealed class StateSpecs : IDisposable
{
    private const string Yaml =
        """
        parameters:
        - name: colour
          type: string
          default: red
        stages:
        - stage: first
          jobs:
          - job: one
            steps:
            - checkout: none
            - script: echo ${{ parameters.colour }}
              name: say
        - stage: second
          dependsOn: first
          variables:
            heard: $[ stageDependencies.first.one.outputs['say.word'] ]
          jobs:
          - job: two
            steps:
            - checkout: none
            - script: echo $(heard)
              name: hear

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-state-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_had_ended_is_readable_what_ran_goes_on_and_what_waited_runs()
    {
        var before = await StartAsync(port: 0);
        await PipelineAsync(before);
        var agent = await before.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));
        await QueueAsync(before, """{"templateParameters":{"colour":"green"}}""");
        var first = await agent.TakeJobAsync();
        await first.RunStepAsync("say", lines: ["green"], outputs: new() { ["word"] = new() { Value = "hello" } });
        await first.PostLogAsync(first.Step("say").Id, "green\nlast\n");
        await first.TagAsync("kept");
        await first.UploadAsync("drop/a.txt", "a");
        await first.AssociateAsync("drop");
        await first.CompleteAsync();
        await (await agent.TakeJobAsync()).CompleteAsync();
        await UntilAsync(() => ResultAsync(before, 1).Result == "succeeded");
        await QueueAsync(before, """{"variables":{"word":{"value":"hushhush","isSecret":true}}}""");
        var second = await agent.TakeJobAsync();
        await second.StartStepAsync("say");
        await QueueAsync(before, "{}");
        var timeline = await GetAsync(before, "builds/1/timeline");
        var port = before.Service.OrganizationUrl.Port;
        await before.Service.DisposeAsync();

        await using var after = await StartAsync(port);

        Assert.Equal(timeline["records"]!.AsArray().Count, (await GetAsync(after, "builds/1/timeline"))["records"]!.AsArray().Count);
        Assert.Equal(Told(timeline), Told(await GetAsync(after, "builds/1/timeline")));
        Assert.Equal("last", (string?)(await GetAsync(after, "builds/1/logs/1?startLine=2"))["value"]![0]);
        Assert.Equal(("succeeded", "kept", "20260304.1"), (await ResultAsync(after, 1), (string?)(await GetAsync(after, "builds/1"))["tags"]![0], (string?)(await GetAsync(after, "builds/1"))["buildNumber"]));
        Assert.Equal("drop", (string?)(await GetAsync(after, "builds/1/artifacts"))["value"]![0]!["name"]);
        var going = (await GetAsync(after, "builds?statusFilter=inProgress"))["value"]!.AsArray();
        Assert.Equal([3, 2], going.Select(build => (int)build!["id"]!));

        var lost = await Assert.ThrowsAsync<HttpRequestException>(agent.PollAsync);
        Assert.Equal(HttpStatusCode.Unauthorized, lost.StatusCode);
        await agent.RenewBearerAsync();
        lost = await Assert.ThrowsAsync<HttpRequestException>(agent.PollAsync);
        Assert.Contains("TaskAgentSessionExpiredException", lost.Message);
        await agent.ReopenAsync();
        await second.RenewAsync();
        await second.RunStepAsync("say", outputs: new() { ["word"] = new() { Value = "again" } });
        await second.PostLogAsync(second.Step("say").Id, "it was hushhush\n");
        Assert.Equal("it was ***", (string?)(await GetAsync(after, "builds/2/logs/1?startLine=1"))["value"]![0]);
        await second.CompleteAsync();

        // Oldest first: the job of the third run has waited longer than the second job of the second.
        var third = await agent.TakeJobAsync();
        Assert.Equal(3, third.Message.Plan.Owner!.Id);
        await third.CompleteAsync();
        var heard = await agent.TakeJobAsync();
        Assert.Equal("again", heard.Message.Variables["heard"].Value);
        await heard.CompleteAsync();
        await (await agent.TakeJobAsync()).CompleteAsync();
        await UntilAsync(() => ResultAsync(after, 2).Result == "succeeded" && ResultAsync(after, 3).Result == "succeeded");
        await QueueAsync(after, "{}");
        Assert.Equal("20260304.4", (string?)(await GetAsync(after, "builds/4"))["buildNumber"]);
    }

    [Fact]
    public async Task A_job_whose_message_an_agent_had_and_not_taken_runs_once_wherever_it_goes()
    {
        var before = await StartAsync(port: 0);
        await PipelineAsync(before);
        var late = await before.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));
        await QueueAsync(before, "{}");
        var message = (await late.PollAsync())!;
        var fetched = new ScriptedJob(late, late.Job(message));
        var port = before.Service.OrganizationUrl.Port;
        await before.Service.DisposeAsync();

        await using var after = await StartAsync(port);
        var other = await after.OnlineAgentAsync("b", ("Agent.Version", "4.0.0"));
        var taken = await other.TakeJobAsync();
        await late.RenewBearerAsync();

        Assert.Equal(fetched.Message.RequestId, taken.Message.RequestId);
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<HttpRequestException>(fetched.RenewAsync)).StatusCode);
        await taken.CompleteAsync();
    }

    [Fact]
    public async Task A_cancelled_run_stays_cancelled_and_its_agent_hears_of_it_again()
    {
        var before = await StartAsync(port: 0);
        await PipelineAsync(before);
        var agent = await before.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));
        await QueueAsync(before, "{}");
        var job = await agent.TakeJobAsync();
        await SendAsync(before, HttpMethod.Patch, "_apis/build/builds/1", """{"status":"cancelling"}""");
        var port = before.Service.OrganizationUrl.Port;
        await before.Service.DisposeAsync();

        await using var after = await StartAsync(port);
        await agent.RenewBearerAsync();
        await agent.ReopenAsync();

        Assert.Equal("cancelling", (string?)(await GetAsync(after, "builds/1"))["status"]);
        Assert.Equal(TaskAgentMessage.JobCancellation, (await agent.PollAsync())!.MessageType);
        await job.CompleteAsync("canceled");
        await UntilAsync(() => ResultAsync(after, 1).Result == "canceled");
    }

    [Fact]
    public async Task Nobody_else_reads_the_state_and_no_second_service_uses_it()
    {
        await using var tested = await StartAsync(port: 0);

        var file = new FileInfo(Path.Combine(_folder.FullName, "work", "service.db"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => StartAsync(port: 0));
        Assert.Equal("SERVICE010", refused.Problem.Code);
    }

    private static string[] Told(JsonNode timeline) => [.. timeline["records"]!.AsArray().Select(record =>
        $"{record!["id"]} {record["parentId"]} {record["type"]} {record["name"]} {record["state"]} {record["result"]} {record["finishTime"]} {record["log"]?["id"]}")];

    private static async Task<string?> ResultAsync(ServiceUnderTest tested, int run) => (string?)(await GetAsync(tested, $"builds/{run}"))["result"];

    private Task<ServiceUnderTest> StartAsync(int port) => ServiceUnderTest.StartAsync(options => options with
    {
        Port = port,
        WorkFolder = Path.Combine(_folder.FullName, "work"),
        KeepsState = true,
        WaitForAgents = true,
    });

    private async Task PipelineAsync(ServiceUnderTest tested)
    {
        await PushedRepository.MakeAsync(tested, "site", Path.Combine(_folder.FullName, "clone"), ("azure-pipelines.yml", Yaml));
        await SendAsync(tested, HttpMethod.Post, "_apis/pipelines", """{"name":"ci","configuration":{"path":"azure-pipelines.yml","repository":{"name":"site"}}}""");
    }

    private static Task<JsonNode> QueueAsync(ServiceUnderTest tested, string body) => SendAsync(tested, HttpMethod.Post, "_apis/pipelines/1/runs", body);

    private static Task<JsonNode> GetAsync(ServiceUnderTest tested, string path) => SendAsync(tested, HttpMethod.Get, $"_apis/build/{path}", body: null);

    private static async Task<JsonNode> SendAsync(ServiceUnderTest tested, HttpMethod method, string path, string? body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, $"{tested.Service.OrganizationUrl}/tidepool/{path}");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Token}")));
        request.Headers.Accept.ParseAdd("application/json");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, Ct);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Ct)}");
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(Ct))!;
    }
}
