using System.Text;
using System.Text.Json.Nodes;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>Runs through the API whose pipelines name other repositories of the project.</summary>
public sealed class RunRepositorySpecs : IDisposable
{
    private const string Yaml =
        """
        parameters:
        - {name: branch, default: main}
        resources:
          repositories:
          - {repository: Tools, type: git, name: tidepool/tools, ref: '${{ parameters.branch }}'}
          - {repository: unused, type: github, name: o/r, endpoint: e}
        extends:
          template: ci/all.yml@tools
          parameters:
            word: hello

        """;

    private const string Template =
        """
        parameters:
        - {name: word, type: string}
        steps:
        - checkout: self
        - checkout: tools
        - template: say.yml
          parameters: {word: '${{ parameters.word }}'}

        """;

    private const string Say = "parameters: [{name: word}]\nsteps:\n- script: echo ${{ parameters.word }}\n  name: say\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-run-repositories-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Templates_come_from_the_other_repository_at_its_ref_and_its_checkout_has_the_same_commit()
    {
        await using var tested = await StartAsync();
        var self = await PipelineAsync(tested, Yaml);
        var tools = await PushedRepository.MakeAsync(tested, "tools", Clone("tools"), ("ci/all.yml", Template), ("ci/say.yml", Say));
        var agent = await tested.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));

        var run = await AskAsync(tested, "POST", "_apis/pipelines/1/runs", "{}", 200);
        var job = await agent.TakeJobAsync();

        Assert.Equal("echo hello", job.Step("say").Inputs["script"]);
        Assert.Equal(
            [("self", "site", self, "refs/heads/main"), ("Tools", "tools", tools, "refs/heads/main")],
            job.Message.Resources.Repositories.Select(one => (one.Alias, Text(one, "name"), Text(one, "version"), Text(one, "ref"))));
        Assert.Equal($"{tested.Service.OrganizationUrl}/tidepool/_git/tools", Text(job.Message.Resources.Repositories[1], "url"));
        Assert.Equal(tools, job.Message.Variables["resources.repositories.Tools.version"].Value);
        Assert.Equal(tools, (string?)run["resources"]!["repositories"]!["Tools"]!["version"]);
        await job.CompleteAsync();
    }

    [Fact]
    public async Task A_client_and_a_parameter_choose_another_commit_and_a_restart_keeps_it()
    {
        var before = await StartAsync();
        await PipelineAsync(before, Yaml);
        var old = await PushedRepository.MakeAsync(before, "tools", Clone("tools"), ("ci/all.yml", Template), ("ci/say.yml", Say));
        var work = await PushedRepository.PushAsync(before, "tools", Clone("tools"), "work", ("ci/say.yml", Say.Replace("echo", "echo new", StringComparison.Ordinal)));
        await AskAsync(before, "POST", "_apis/pipelines/1/runs", """{"templateParameters":{"branch":"work"}}""", 200);
        await AskAsync(before, "POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"tools":{"version":"OLD"}}},"templateParameters":{"branch":"none"}}""".Replace("OLD", old, StringComparison.Ordinal), 200);
        await AskAsync(before, "POST", "_apis/pipelines/1/runs", """{"resources":{"repositories":{"TOOLS":{"refName":"refs/heads/work"}}}}""", 200);
        var port = before.Service.OrganizationUrl.Port;
        await before.Service.DisposeAsync();

        await using var after = await StartAsync(port);
        await PushedRepository.PushAsync(after, "tools", Clone("tools"), "work", ("ci/say.yml", "steps: []\n"));
        var agent = await after.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));
        foreach (var (commit, script) in new[] { (work, "echo new hello"), (old, "echo hello"), (work, "echo new hello") })
        {
            var job = await agent.TakeJobAsync();
            Assert.Equal((commit, script), (Text(job.Message.Resources.Repositories[1], "version"), job.Step("say").Inputs["script"]));
            await job.CompleteAsync();
        }
    }

    [Theory]
    [InlineData("name: tools", "- template: t.yml@tools", "The repository tools in project tidepool could not be retrieved. Verify the name and credentials being used. 'tidepool run' takes")]
    [InlineData("name: other/site", "- checkout: tools", "The repository other/site of type git is in no project of this service. 'tidepool run' takes")]
    [InlineData("name: o/r, type: github, endpoint: e", "- checkout: tools", "The repository o/r of type github is in no project of this service. 'tidepool run' takes")]
    [InlineData("name: site, ref: refs/tags/v1", "- template: t.yml@tools", "Could not get the latest source version for repository site hosted on Azure Repos using ref refs/tags/v1.")]
    public async Task A_repository_that_is_not_there_is_one_error_where_it_is_declared(string declared, string step, string words)
    {
        await using var tested = await StartAsync();
        await PipelineAsync(tested, $"resources:\n  repositories:\n  - {{repository: tools, {declared}}}\nsteps:\n{step}\n");

        var refused = await AskAsync(tested, "POST", "_apis/pipelines/1/runs", "{}", 400);

        Assert.StartsWith($"/azure-pipelines.yml (Line: 3, Col: 5): {words}", (string?)refused["message"], StringComparison.Ordinal);
        Assert.DoesNotContain('\n', (string)refused["message"]!);
        if (step.Contains("template", StringComparison.Ordinal))
        {
            Assert.Equal((string?)refused["message"], (string?)(await AskAsync(tested, "POST", "_apis/pipelines/1/preview", "{}", 400))["message"]);
        }
    }

    [Fact]
    public async Task A_template_that_is_not_there_names_the_repository_with_its_commit_and_an_alias_that_is_none_is_refused()
    {
        await using var tested = await StartAsync();
        var commit = await PipelineAsync(tested, "resources:\n  repositories:\n  - {repository: me, name: site}\nsteps:\n- template: no.yml@me\n");

        Assert.Equal(
            $"/azure-pipelines.yml (Line: 5, Col: 13): File /no.yml not found in repository site branch refs/heads/main version {commit}.",
            (string?)(await AskAsync(tested, "POST", "_apis/pipelines/1/runs", "{}", 400))["message"]);
        var preview = await AskAsync(
            tested, "POST", "_apis/pipelines/1/preview", """{"previewRun":true,"yamlOverride":"resources:\n  repositories:\n  - {repository: me, name: site}\nsteps:\n- script: x\n"}""", 200);
        Assert.Contains("repository: me", (string?)preview["finalYaml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_the_place_of_an_alias_is_a_repository_of_the_project_too()
    {
        await using var tested = await StartAsync();
        await PipelineAsync(tested, "steps:\n- checkout: git://tidepool/tools@refs/heads/main\n");
        var tools = await PushedRepository.MakeAsync(tested, "tools", Clone("tools"), ("a.txt", "a"));
        var agent = await tested.OnlineAgentAsync("a", ("Agent.Version", "4.0.0"));

        await AskAsync(tested, "POST", "_apis/pipelines/1/runs", "{}", 200);
        var job = await agent.TakeJobAsync();

        Assert.Equal(("git://tidepool/tools@refs/heads/main", tools), (job.Message.Resources.Repositories[1].Alias, Text(job.Message.Resources.Repositories[1], "version")));
        await job.CompleteAsync();
    }

    private static string? Text(Tidepool.AgentProtocol.RepositoryResource repository, string name) => repository.Properties[name].GetString();

    private string Clone(string name) => Path.Combine(_folder.FullName, name);

    private Task<ServiceUnderTest> StartAsync(int port = 0) => ServiceUnderTest.StartAsync(options => options with
    {
        Port = port,
        WorkFolder = Path.Combine(_folder.FullName, "work"),
        KeepsState = true,
        WaitForAgents = true,
    });

    private async Task<string> PipelineAsync(ServiceUnderTest tested, string yaml)
    {
        var commit = await PushedRepository.MakeAsync(tested, "site", Clone("site"), ("azure-pipelines.yml", yaml));
        await AskAsync(tested, "POST", "_apis/pipelines", """{"name":"ci","configuration":{"path":"azure-pipelines.yml","repository":{"name":"site"}}}""", 200);
        return commit;
    }

    private static async Task<JsonNode> AskAsync(ServiceUnderTest tested, string method, string path, string body, int status)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{tested.Service.OrganizationUrl}/tidepool/{path}");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Token}")));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, $"{method} {path} answered {answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }
}
