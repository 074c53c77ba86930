using System.Net;
using System.Net.Http.Json;
using System.Text;
using Tidepool.AgentProtocol;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class MalformedBodySpecs
{
    private const string Record = "11111111-2222-3333-4444-555555555555";

    [Theory]
    [InlineData("POST", "timelines/TIMELINE/records/JOB/feed", "null")]
    [InlineData("POST", "timelines/TIMELINE/records/JOB/feed", """{"value":null}""")]
    [InlineData("POST", "timelines/TIMELINE/records/JOB/feed", """{"value":["fine",null]}""")]
    [InlineData("POST", "timelines/TIMELINE/records/JOB/feed", """{"value":"text"}""")]
    [InlineData("POST", "timelines/TIMELINE/records/JOB/feed", """{"value":["fine"],"stepId":null}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", "{}")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":null}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":[FINE,null]}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":[FINE,{"id":null}]}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":[FINE,{"name":"no id"}]}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":[FINE,{"id":"RECORD","issues":[null]}]}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":[FINE,{"id":"RECORD","issues":[{"data":{"code":null}}]}]}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":[FINE,{"id":"RECORD","variables":{"a":null}}]}""")]
    [InlineData("PATCH", "timelines/TIMELINE/records", """{"value":[FINE,{"id":"RECORD","state":1.5}]}""")]
    [InlineData("PATCH", "timelines/OTHER/records", """{"value":[null]}""")]
    [InlineData("PUT", "timelines/TIMELINE/records/nothing/attachments/kind/name", "bytes")]
    [InlineData("POST", "timelines", "{}")]
    [InlineData("POST", "logs", "null")]
    [InlineData("POST", "logs", """{"id":null}""")]
    [InlineData("POST", "logs/nothing", "text")]
    [InlineData("POST", "events", "null")]
    [InlineData("POST", "events", """{"name":null}""")]
    [InlineData("POST", "events", """{"name":"JobCompleted","jobId":"JOB","result":null}""")]
    [InlineData("POST", "events", """{"name":"JobCompleted","jobId":null,"result":"succeeded"}""")]
    public async Task A_malformed_report_is_refused_and_changes_nothing(string method, string path, string body)
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        var fine = $$"""{"id":"{{Record}}","parentId":"JOB","type":"Task","name":"new","state":"inProgress"}""";
        string Fill(string text) => text
            .Replace("FINE", fine, StringComparison.Ordinal)
            .Replace("RECORD", Record, StringComparison.Ordinal)
            .Replace("JOB", $"{job.Message.JobId}", StringComparison.Ordinal)
            .Replace("TIMELINE", $"{job.Message.Timeline.Id}", StringComparison.Ordinal)
            .Replace("OTHER", Record, StringComparison.Ordinal);

        using var response = await agent.TrySendAsync(
            new(method), $"{job.Plan}/{Fill(path)}", Encoding.UTF8.GetBytes(Fill(body)), bearerToken: job.Token);

        await MustBeRefusalAsync(response);
        Assert.Equal(["CmdLine"], OnlyJob(run).Steps.Select(step => step.Name));
        await job.RunStepAsync("CmdLine", lines: ["hello"]);
        await job.CompleteAsync();
        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal(["hello"], (await EventsAsync(run)).OfType<Tidepool.AzurePipelines.LogLine>().Select(line => line.Text));
    }

    [Theory]
    [InlineData("POST", "agents", "null")]
    [InlineData("POST", "agents", """{"name":null}""")]
    [InlineData("POST", "agents", """{"name":"new","authorization":{"publicKey":{"exponent":null,"modulus":"AQAB"}}}""")]
    [InlineData("POST", "agents", """{"name":"new","authorization":{"publicKey":{}}}""")]
    [InlineData("POST", "agents", """{"name":"new","systemCapabilities":{"a":null}}""")]
    [InlineData("PUT", "agents/1", """{"name":null}""")]
    [InlineData("PATCH", "agents/1", "null")]
    [InlineData("PATCH", "agents/1", """{"userCapabilities":{"a":null}}""")]
    [InlineData("POST", "sessions", "null")]
    [InlineData("POST", "sessions", "{}")]
    [InlineData("POST", "sessions", """{"agent":null}""")]
    [InlineData("POST", "sessions", """{"agent":{"id":null}}""")]
    [InlineData("POST", "sessions", """{"agent":{"id":1},"systemCapabilities":{"a":null}}""")]
    public async Task A_malformed_registration_or_session_is_refused_and_changes_nothing(string method, string path, string body)
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1", ("a", "1"));
        await agent.CloseSessionAsync();

        using var response = await agent.TrySendAsync(
            new(method), $"_apis/distributedtask/pools/1/{path}", Encoding.UTF8.GetBytes(body), asOwner: true);

        await MustBeRefusalAsync(response);
        var known = Assert.Single(tested.Service.Agents);
        Assert.Equal(("agent-1", "offline", "1"), (known.Name, known.Status, known.SystemCapabilities!["a"]));
    }

    [Theory]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\ud800":"a"}""")]
    [InlineData("""[{"op":"add","path":"/\udc00","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/a","value":{"b":["\ud800"]}}]""")]
    [InlineData("{\"a\u00ff\":1}")]
    public async Task Properties_that_are_no_text_are_refused_and_the_run_stays_readable(string body)
    {
        await using var tested = await StartAsync();
        var agent = tested.Agent("agent-1");
        tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))) with { Condition = "false" });
        const string Properties = "tidepool/_apis/build/builds/1/properties";

        // One byte for each character: what is above 127 is no UTF-8.
        using var response = await agent.TrySendAsync(HttpMethod.Patch, Properties, Encoding.Latin1.GetBytes(body), asOwner: true);

        await MustBeRefusalAsync(response);
        using var same = await agent.TrySendAsync(HttpMethod.Patch, Properties, """{"b":1,"b":2}"""u8.ToArray(), asOwner: true);
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        using var left = await agent.SendAsync(HttpMethod.Get, Properties, body: null, asOwner: true);
        Assert.Contains("\"b\"", await left.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task MustBeRefusalAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<WireError>(TestContext.Current.CancellationToken))!;
        Assert.Equal("VssPropertyValidationException", error.TypeKey);
        Assert.NotEmpty(error.Message);
    }
}
