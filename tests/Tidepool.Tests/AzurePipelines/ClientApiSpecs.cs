using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>Repositories, pipelines and runs as a client of Azure DevOps' REST API sees them.</summary>
public sealed class ClientApiSpecs : IDisposable
{
    private const string Valid = """{"resources":{"repositories":{"self":{"refName":"refs/heads/main"}}}}""";

    private static readonly (string Method, string Path, string? Body, int Status)[] Impossible =
    [
        ("POST", "_apis/git/repositories", "{", 400),
        ("POST", "_apis/git/repositories", "null", 400),
        ("POST", "_apis/git/repositories", "{}", 400),
        ("POST", "_apis/git/repositories", """{"name":7}""", 400),
        ("POST", "_apis/git/repositories", """{"name":""}""", 400),
        ("POST", "_apis/git/repositories", """{"name":".."}""", 400),
        ("POST", "_apis/git/repositories", """{"name":"../../../tmp/tidepool-escaped"}""", 400),
        ("POST", "_apis/git/repositories", """{"name":"a\u0000"}""", 400),
        ("POST", "_apis/git/repositories", """{"name":"\uD800"}""", 400),
        ("POST", "_apis/git/repositories", """{"name":"SITE"}""", 409),
        ("GET", "_apis/git/repositories/none", null, 404),
        ("POST", "_apis/pipelines", "[]", 400),
        ("POST", "_apis/pipelines", """{"name":"ci"}""", 400),
        ("POST", "_apis/pipelines", """{"name":"ci","configuration":{"path":"a.yml","repository":{"name":"none"}}}""", 404),
        ("POST", "_apis/pipelines", """{"name":"ci","configuration":{"type":"designerJson","path":"a.yml","repository":{"name":"site"}}}""", 400),
        ("POST", "_apis/pipelines", """{"name":"CI","configuration":{"path":"b.yml","repository":{"name":"site"}}}""", 409),
        ("POST", "_apis/pipelines/7/runs", "{}", 404),
        ("POST", "_apis/pipelines/x/runs", "{}", 400),
        ("POST", "_apis/pipelines/1/runs", "7", 400),
        ("POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"self":{"refName":"refs/heads/none"}}}}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"self":{"version":"--help"}}}}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"self":{"version":"HEAD:../.."}}}}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"self":{"version":"a\nb"}}}}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"other":{}}}}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"self":null}},"templateParameters":{"none":"1"}}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"yamlOverride":"steps: []"}""", 400),
        ("POST", "_apis/pipelines/1/preview", """{"yamlOverride":"colour: red"}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"stagesToSkip":["a"]}""", 400),
        ("POST", "_apis/pipelines/1/runs", """{"tidepool.poolMap":{"*":"gpu"}}""", 400),
        ("POST", "_apis/pipelines/2/runs", "{}", 400),
        ("GET", "_apis/pipelines/1/runs/1", null, 404),
        ("GET", "_apis/build/builds/0", null, 404),
        ("GET", "_apis/build/builds/-1", null, 404),
        ("GET", "_apis/build/builds/99999999999", null, 400),
        ("GET", "_apis/build/builds/1/timeline", null, 404),
        ("GET", "_apis/build/builds/1/tidepool-events", null, 404),
        ("PATCH", "_apis/build/builds/1", """{"status":"cancelling"}""", 404),
        ("DELETE", "_apis/pipelines/1", null, 404),
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-client-api-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_pipeline_of_a_repository_that_is_pushed_to_runs_and_is_told_and_cancelled()
    {
        await using var tested = await StartAsync();
        var commit = await PushAsync(tested, "steps:\n- script: true\n");
        var made = await AskAsync(tested, "POST", "_apis/pipelines", Pipeline("azure-pipelines.yml"), 200);
        Assert.Equal((1, "ci", "\\"), ((int)made["id"]!, (string?)made["name"], (string?)made["folder"]));

        var run = await AskAsync(tested, "POST", "_apis/pipelines/1/runs", Valid, 200);
        Assert.Equal((1, "inProgress"), ((int)run["id"]!, (string?)run["state"]));
        Assert.Equal(commit, (string?)run["resources"]!["repositories"]!["self"]!["version"]);
        var build = await AskAsync(tested, "GET", "_apis/build/builds/1", null, 200);
        Assert.Equal(("inProgress", commit), ((string?)build["status"], (string?)build["sourceVersion"]));

        Assert.NotEqual("inProgress", (string?)(await AskAsync(tested, "PATCH", "_apis/build/builds/1", """{"status":"cancelling"}""", 200))["status"]);
        await ServiceUnderTest.UntilAsync(() => (string?)AskAsync(tested, "GET", "_apis/build/builds/1", null, 200).Result["result"] == "canceled");
        var records = (await AskAsync(tested, "GET", "_apis/build/builds/1/timeline", null, 200))["records"]!.AsArray();
        Assert.Equal(["Stage", "Phase", "Job", "Task", "Task"], records.Select(record => (string?)record!["type"]));
        Assert.All(records, record => Assert.Equal("completed", (string?)record!["state"]));
        Assert.Equal("completed", (string?)(await AskAsync(tested, "PATCH", "_apis/build/builds/1", """{"status":"Cancelling"}""", 200))["status"]);
    }

    [Fact]
    public async Task A_pipeline_that_is_not_valid_is_refused_in_the_services_words_one_line_an_error()
    {
        await using var tested = await StartAsync();
        await PushAsync(tested, "steps:\n- script: true\n  colour: red\n- bash: true\n  taste: sweet\n");
        await AskAsync(tested, "POST", "_apis/pipelines", Pipeline("azure-pipelines.yml"), 200);
        var refused = await AskAsync(tested, "POST", "_apis/pipelines/1/runs", Valid, 400);
        Assert.Equal("PipelineValidationException", (string?)refused["typeKey"]);
        Assert.Equal(
            ["/azure-pipelines.yml (Line: 3, Col: 3): Unexpected value 'colour'", "/azure-pipelines.yml (Line: 5, Col: 3): Unexpected value 'taste'"],
            ((string)refused["message"]!).Split('\n'));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_the_service_goes_on()
    {
        await using var tested = await StartAsync();
        await PushAsync(tested, "steps:\n- script: true\n");
        await AskAsync(tested, "POST", "_apis/pipelines", Pipeline("azure-pipelines.yml"), 200);
        await AskAsync(tested, "POST", "_apis/pipelines", """{"name":"out","configuration":{"path":"../../../etc/passwd","repository":{"name":"site"}}}""", 200);
        foreach (var (method, path, body, status) in Impossible)
        {
            Assert.NotEmpty((string)(await AskAsync(tested, method, path, body, status))["message"]!);
        }

        Assert.False(Path.Exists("/tmp/tidepool-escaped"));
        await AskAsync(tested, "POST", "_apis/pipelines/1/runs", Valid, 200);
    }

    [Fact]
    public async Task Who_has_no_token_and_agents_and_jobs_queue_nothing_and_push_nothing()
    {
        await using var tested = await StartAsync();
        await PushAsync(tested, "steps:\n- script: true\n");
        await AskAsync(tested, "POST", "_apis/pipelines", Pipeline("azure-pipelines.yml"), 200);
        var agent = await tested.OnlineAgentAsync("a");
        foreach (var (token, status) in new[] { ("no-token-of-this-service", 401), (agent.Bearer, 403) })
        {
            foreach (var path in new[] { "_apis/git/repositories", "_apis/pipelines", "_apis/pipelines/1/runs" })
            {
                await AskAsync(tested, "POST", path, "{}", status, token);
            }

            await AskAsync(tested, "GET", "_git/site/info/refs?service=git-receive-pack", null, status, token);
        }
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_before_it_is_read()
    {
        await using var tested = await StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{tested.Service.OrganizationUrl}/tidepool/_apis/pipelines");
        request.Headers.Authorization = Basic(ServiceUnderTest.Token);
        request.Headers.ExpectContinue = true;
        request.Content = new ByteArrayContent(new byte[65 * 1024 * 1024]);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    private static string Pipeline(string path) => new JsonObject
    {
        ["name"] = "ci",
        ["configuration"] = new JsonObject { ["type"] = "yaml", ["path"] = path, ["repository"] = new JsonObject { ["name"] = "site", ["type"] = "azureReposGit" } },
    }.ToJsonString();

    private static AuthenticationHeaderValue Basic(string token) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}")));

    private Task<ServiceUnderTest> StartAsync() =>
        ServiceUnderTest.StartAsync(options => options with { WorkFolder = Path.Combine(_folder.FullName, "work"), WaitForAgents = true });

    private async Task<JsonNode> AskAsync(
        ServiceUnderTest tested, string method, string path, string? body, int status, string token = ServiceUnderTest.Token)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{tested.Service.OrganizationUrl}/tidepool/{path}");
        request.Headers.Authorization = Basic(token);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, $"{method} {path} answered {answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    /// <summary>Makes the repository <c>site</c>, and pushes a pipeline to it with git.</summary>
    private async Task<string> PushAsync(ServiceUnderTest tested, string yaml)
    {
        await AskAsync(tested, "POST", "_apis/git/repositories", """{"name":"site"}""", 201);
        var clone = Path.Combine(_folder.FullName, "clone");
        await GitAsync("init", "--quiet", "--initial-branch", "main", clone);
        await File.WriteAllTextAsync(Path.Combine(clone, "azure-pipelines.yml"), yaml, TestContext.Current.CancellationToken);
        await GitAsync("-C", clone, "add", "--all");
        await GitAsync("-C", clone, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "x");
        await GitAsync("-C", clone, "-c", $"http.extraHeader=Authorization: {Basic(ServiceUnderTest.Token)}", "push", "--quiet", $"{tested.Service.OrganizationUrl}/tidepool/_git/site", "main");
        return await GitAsync("-C", clone, "rev-parse", "HEAD");
    }

    private static async Task<string> GitAsync(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (git.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), git.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(git.ExitCode == 0, await errors);
        return (await output).Trim();
    }
}
