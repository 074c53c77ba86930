using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tidepool.AzurePipelines.Client;
using Tidepool.Pipelines;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>Variable groups of the service, and runs that name them.</summary>
public sealed class VariableGroupSpecs : IDisposable
{
    private const string Groups = "_apis/distributedtask/variablegroups";
    private const string Yaml = "variables:\n- group: Shore\nsteps:\n- checkout: none\n- script: echo $(colour) $(key)\n  name: say\n";

    private const string Shore =
        """{"name":"shore","type":"Vsts","description":"of the sea","variables":{"colour":{"value":"teal"},"key":{"value":"only-one-knows","isSecret":true}}}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-variable-groups-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_group_is_made_told_without_its_secrets_changed_and_removed()
    {
        await using var tested = await StartAsync();
        var made = await AskAsync(tested, "POST", Groups, Shore, 200);
        Assert.Equal((1, "shore", "Vsts", "of the sea"), ((int)made["id"]!, (string?)made["name"], (string?)made["type"], (string?)made["description"]));
        Assert.Equal("""{"colour":{"value":"teal"},"key":{"value":null,"isSecret":true}}""", made["variables"]!.ToJsonString());
        Assert.Equal("tidepool", (string?)made["variableGroupProjectReferences"]![0]!["projectReference"]!["name"]);
        Assert.Equal(made.ToJsonString(), (await AskAsync(tested, "GET", $"{Groups}/1", null, 200)).ToJsonString());

        Assert.Equal("Variable group with name SHORE already exists.", (string?)(await AskAsync(tested, "POST", Groups, """{"name":"SHORE"}""", 409))["message"]);
        await AskAsync(tested, "POST", Groups, """{"variableGroupProjectReferences":[{"name":"reef"}],"variables":{"n":{"value":7}}}""", 200);
        Assert.Equal(["reef", "shore"], Names(await AskAsync(tested, "GET", Groups, null, 200)));
        Assert.Equal(["shore", "reef"], Names(await AskAsync(tested, "GET", $"{Groups}?queryOrder=IdAscending", null, 200)));
        Assert.Equal(["shore"], Names(await AskAsync(tested, "GET", $"{Groups}?groupName=SHO*", null, 200)));
        Assert.Equal(["reef"], Names(await AskAsync(tested, "GET", $"{Groups}?groupIds=2,7", null, 200)));
        Assert.Empty(Names(await AskAsync(tested, "GET", $"{Groups}?groupName=sea", null, 200)));

        await AskAsync(tested, "PUT", $"{Groups}/2", """{"name":"Shore"}""", 409);
        var changed = await AskAsync(tested, "PUT", $"{Groups}/2", """{"name":"cliff","variables":{"n":{"value":"8"}}}""", 200);
        Assert.Equal(("cliff", "8"), ((string?)changed["name"], (string?)changed["variables"]!["n"]!["value"]));
        await AskAsync(tested, "DELETE", $"{Groups}/2", null, 204);
        await AskAsync(tested, "GET", $"{Groups}/2", null, 404);
        await AskAsync(tested, "DELETE", $"{Groups}/2", null, 404);
    }

    [Theory]
    [InlineData("{}", "The variable group has no name.")]
    [InlineData("""{"name":" "}""", "The variable group has no name.")]
    [InlineData("""{"name":"a","type":"AzureKeyVault"}""", "The variable group's type is 'AzureKeyVault'; only Vsts is here, and no vault.")]
    [InlineData("""{"name":"a","variables":{"x":null,"X":{}}}""", "The variable group has variable X twice.")]
    [InlineData("""{"name":"a","variables":{"":{"value":"1"}}}""", "A variable of the group has no name.")]
    public async Task What_is_no_group_is_refused(string body, string words)
    {
        await using var tested = await StartAsync();

        Assert.Equal(words, (string?)(await AskAsync(tested, "POST", Groups, body, 400))["message"]);
        Assert.Empty(Names(await AskAsync(tested, "GET", Groups, null, 200)));
    }

    [Fact]
    public async Task Agents_and_jobs_see_no_group()
    {
        await using var tested = await StartAsync();
        await AskAsync(tested, "POST", Groups, Shore, 200);
        await PipelineAsync(tested);
        var agent = await tested.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));
        await AskAsync(tested, "POST", "_apis/pipelines/1/runs", "{}", 200);
        var job = await agent.TakeJobAsync();

        foreach (var token in new[] { agent.Bearer, job.Token })
        {
            await AskAsync(tested, "POST", Groups, """{"name":"a"}""", 403, token);
            await AskAsync(tested, "PUT", $"{Groups}/1", """{"name":"a"}""", 403, token);
            await AskAsync(tested, "DELETE", $"{Groups}/1", null, 403, token);
        }

        await AskAsync(tested, "GET", Groups, null, 403, job.Token);
        await AskAsync(tested, "GET", $"{Groups}/1", null, 403, job.Token);
    }

    [Fact]
    public async Task A_run_has_the_variables_of_its_groups_as_they_were_when_it_was_queued_and_shows_no_secret()
    {
        var before = await StartAsync();
        await AskAsync(before, "POST", Groups, Shore, 200);
        await PipelineAsync(before);
        await AskAsync(before, "POST", "_apis/pipelines/1/runs", "{}", 200);
        await AskAsync(before, "PUT", $"{Groups}/1", """{"name":"shore","variables":{"colour":{"value":"grey"},"key":{"isSecret":true}}}""", 200);
        await AskAsync(before, "POST", "_apis/pipelines/1/runs", "{}", 200);
        var port = before.Service.OrganizationUrl.Port;
        await before.Service.DisposeAsync();

        await using var after = await StartAsync(port);
        await AskAsync(after, "DELETE", $"{Groups}/1", null, 204);
        var agent = await after.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));
        foreach (var colour in new[] { "teal", "grey" })
        {
            var job = await agent.TakeJobAsync();
            Assert.Equal((colour, null), (job.Message.Variables["colour"].Value, job.Message.Variables["colour"].IsSecret));
            Assert.Equal(("only-one-knows", true), (job.Message.Variables["key"].Value, job.Message.Variables["key"].IsSecret));
            Assert.Contains(job.Message.Mask, hint => hint.Value == "key");
            await job.RunStepAsync("say", lines: [$"{colour} only-one-knows"]);
            await job.PostLogAsync(job.Step("say").Id, $"{colour} only-one-knows\n");
            await job.CompleteAsync();
        }

        Assert.Equal("teal ***", (string?)(await AskAsync(after, "GET", "_apis/build/builds/1/logs/1?startLine=1", null, 200))["value"]![0]);
        Assert.DoesNotContain("only-one-knows", (await AskAsync(after, "GET", "_apis/pipelines/1/runs/1", null, 200)).ToJsonString());
    }

    [Fact]
    public async Task A_group_that_is_not_there_is_an_error_in_the_services_words_of_runs_and_previews()
    {
        await using var tested = await StartAsync();
        await PipelineAsync(tested);

        foreach (var path in new[] { "runs", "preview" })
        {
            var refused = await AskAsync(tested, "POST", $"_apis/pipelines/1/{path}", "{}", 400);
            Assert.StartsWith(
                "/azure-pipelines.yml (Line: 2, Col: 10): Variable group Shore was not found or is not authorized for use. Make it in this service: ",
                (string?)refused["message"],
                StringComparison.Ordinal);
        }

        await AskAsync(tested, "POST", Groups, Shore, 200);
        Assert.DoesNotContain("only-one-knows", (await AskAsync(tested, "POST", "_apis/pipelines/1/preview", "{}", 200)).ToJsonString());
    }

    [Fact]
    public async Task A_group_that_the_service_is_given_is_there_and_a_client_changes_it()
    {
        await using var tested = await StartAsync(groups: new() { ["Shore"] = [new("colour", "teal", false)] });
        using var client = new PipelinesClient(tested.Service.OrganizationUrl, "tidepool", Token);

        await client.SetGroupAsync("SHORE", [new("colour", "grey", false), new("key", "k", true)], TestContext.Current.CancellationToken);
        await client.SetGroupAsync("reef", [], TestContext.Current.CancellationToken);

        Assert.Equal(
            """{"colour":{"value":"grey"},"key":{"value":null,"isSecret":true}}""",
            (await AskAsync(tested, "GET", $"{Groups}/1", null, 200))["variables"]!.ToJsonString());
        Assert.Equal(["reef", "SHORE"], Names(await AskAsync(tested, "GET", Groups, null, 200)));
    }

    private static IEnumerable<string> Names(JsonNode groups) => groups["value"]!.AsArray().Select(group => (string)group!["name"]!);

    private Task<ServiceUnderTest> StartAsync(int port = 0, Dictionary<string, IReadOnlyList<GroupVariable>>? groups = null) =>
        ServiceUnderTest.StartAsync(options => options with
        {
            Port = port,
            WorkFolder = Path.Combine(_folder.FullName, "work"),
            KeepsState = true,
            WaitForAgents = true,
            Groups = groups ?? [],
        });

    private async Task PipelineAsync(ServiceUnderTest tested)
    {
        await PushedRepository.MakeAsync(tested, "site", Path.Combine(_folder.FullName, "clone"), ("azure-pipelines.yml", Yaml));
        await AskAsync(tested, "POST", "_apis/pipelines", """{"name":"ci","configuration":{"path":"azure-pipelines.yml","repository":{"name":"site"}}}""", 200);
    }

    private static async Task<JsonNode> AskAsync(ServiceUnderTest tested, string method, string path, string? body, int status, string token = Token)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{tested.Service.OrganizationUrl}/tidepool/{path}");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}")));
        request.Headers.Accept.Add(new("application/json"));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, $"{method} {path} answered {answer.StatusCode}: {text}");
        return answer.StatusCode == HttpStatusCode.NoContent ? new JsonObject() : JsonNode.Parse(text)!;
    }
}
