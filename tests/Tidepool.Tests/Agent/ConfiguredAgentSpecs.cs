using System.Diagnostics;
using System.Text.Json;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

/// <summary>The built-in agent with the arguments, files and exit codes of Microsoft's config.sh and Agent.Listener.</summary>
public sealed class ConfiguredAgentSpecs : IAsyncLifetime
{
    private readonly string _token = $"pat{Guid.NewGuid():N}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-agent-");
    private PipelinesService _service = null!;

    public async ValueTask InitializeAsync() => _service = await PipelinesService.StartAsync(
        new() { Token = _token }, TimeProvider.System, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Configure_keeps_the_three_files_run_is_that_agent_and_remove_forgets_it()
    {
        Assert.Equal(0, (await ConfigureAsync("mine")).Code);

        var agent = Read(".agent");
        Assert.Equal("mine", agent.GetProperty("agentName").GetString());
        Assert.Equal(_service.Agents.Single().Id, agent.GetProperty("agentId").GetInt32());
        Assert.Equal(1, agent.GetProperty("poolId").GetInt32());
        Assert.Equal("fargate", agent.GetProperty("poolName").GetString());
        Assert.Equal(_service.OrganizationUrl.ToString().TrimEnd('/'), agent.GetProperty("serverUrl").GetString());
        Assert.Equal("_work", agent.GetProperty("workFolder").GetString());
        Assert.True(agent.GetProperty("acceptTeeEula").GetBoolean());
        var credentials = Read(".credentials");
        Assert.Equal("OAuth", credentials.GetProperty("scheme").GetString());
        Assert.Equal(
            ["authorizationUrl", "clientId", "oauthEndpointUrl"],
            credentials.GetProperty("data").EnumerateObject().Select(value => value.Name).Order(StringComparer.Ordinal));
        var key = Read(".credentials_rsaparams");
        Assert.Equal(
            ["d", "dp", "dq", "exponent", "inverseQ", "modulus", "p", "q"],
            key.EnumerateObject().Select(value => value.Name).Order(StringComparer.Ordinal));
        Assert.Equal(256, key.GetProperty("modulus").GetBytesFromBase64().Length);
        Assert.Equal("600\n", await AgentUnderTest.RunAsync("stat", "-c", "%a", Path.Combine(_folder.FullName, ".credentials_rsaparams")));

        var run = _service.QueueRun(new()
        {
            Pipeline = PipelineReader.Read(
                "/test.yml", "steps:\n- checkout: none\n- script: echo hello", new Dictionary<string, string>(), new Dictionary<string, string>()),
            DefinitionName = "test",
            RepositoryName = "site",
            SourceVersion = new('a', 40),
            SourceBranch = "refs/heads/main",
        });
        var (code, output) = await BuiltInAsync(null, "run", "--once");

        Assert.Equal(0, code);
        Assert.Matches(@"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Listening for Jobs$", output);
        Assert.Matches(@"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Running job: Job$", output);
        Assert.Matches(@"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Job Job completed with result: Succeeded$", output);
        Assert.Equal(NodeResult.Succeeded, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Equal("offline", _service.Agents.Single().Status);

        Assert.Equal(0, (await BuiltInAsync(_token, "remove", "--unattended", "--auth", "pat")).Code);
        Assert.Empty(_service.Agents);
        Assert.Empty(_folder.GetFiles(".*"));
    }

    [Fact]
    public async Task A_script_in_the_place_of_config_sh_hands_remove_on()
    {
        await ConfigureAsync("mine");

        Assert.Equal(0, (await BuiltInAsync(_token, "configure", "remove", "--unattended")).Code);

        Assert.Empty(_service.Agents);
    }

    [Fact]
    public async Task An_agent_that_is_configured_is_not_configured_again()
    {
        await ConfigureAsync("mine");

        var (code, output) = await ConfigureAsync("other");

        Assert.Equal(1, code);
        Assert.Equal($"AGENT017: An agent is configured in {_folder.FullName} already. Remove it first.\n", output);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_replaced_only_when_asked_for()
    {
        await ConfigureAsync("mine");
        var first = _service.Agents.Single().Id;
        foreach (var file in _folder.GetFiles(".*"))
        {
            file.Delete();
        }

        var (code, output) = await ConfigureAsync("mine");
        Assert.Equal(1, code);
        Assert.Equal(
            "AGENT018: Pool fargate already contains an agent with name mine. Choose another name, or replace it with --replace.\n", output);

        Assert.Equal(0, (await ConfigureAsync("mine", "--replace")).Code);
        Assert.Equal(first, _service.Agents.Single().Id);
    }

    [Fact]
    public async Task To_run_what_is_not_configured_is_an_error_for_good()
    {
        var (code, output) = await BuiltInAsync(null, "run", "--startuptype", "service");

        Assert.Equal(1, code);
        Assert.Equal($"An error occurred: AGENT017: No agent is configured in {_folder.FullName}. Configure one first.\n", output);
    }

    [Fact]
    public async Task To_run_an_agent_that_was_removed_from_its_pool_ends_in_order_as_Microsofts_does()
    {
        await ConfigureAsync("mine");
        var kept = _folder.GetFiles(".*").ToDictionary(file => file.FullName, file => File.ReadAllBytes(file.FullName));
        await BuiltInAsync(_token, "remove");
        foreach (var (file, content) in kept)
        {
            await File.WriteAllBytesAsync(file, content, TestContext.Current.CancellationToken);
        }

        var (code, output) = await BuiltInAsync(null, "run");

        Assert.Equal((0, "The service does not know this agent's key any more.\n"), (code, output));
    }

    [Theory]
    [InlineData("--deploymentgroup", "AGENT001: \"--deploymentgroup\" is not understood. See tidepool-agent --help.")]
    [InlineData("--auth negotiate", "AGENT001: --auth is \"negotiate\". Use --auth pat; the built-in agent knows no other way.")]
    [InlineData("--pool", "AGENT001: --pool has no value. Give it one.")]
    [InlineData("--pool x", "AGENT001: --url is not given. Give it, or set VSTS_AGENT_INPUT_URL.")]
    public async Task Wrong_arguments_are_named(string arguments, string message) =>
        Assert.Equal((2, $"{message}\n"), await BuiltInAsync(_token, ["configure", .. arguments.Split(' ')]));

    private JsonElement Read(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.FullName, file)));
        return json.RootElement.Clone();
    }

    private Task<(int Code, string Output)> ConfigureAsync(string name, params string[] more) => BuiltInAsync(
        _token,
        [
            "configure", "--unattended", "--url", _service.OrganizationUrl.ToString(), "--auth", "pat", "--pool", "fargate", "--agent", name,
            "--work", "_work", "--acceptTeeEula", .. more,
        ]);

    private async Task<(int Code, string Output)> BuiltInAsync(string? token, params string[] arguments)
    {
        var start = new ProcessStartInfo(await AgentBinary.GetAsync(), ["builtin", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        if (token is not null)
        {
            start.Environment["VSTS_AGENT_INPUT_TOKEN"] = token;
        }
        using var ran = Process.Start(start)!;
        var errors = ran.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await ran.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(AgentUnderTest.Limit);
        await ran.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(AgentUnderTest.Limit);
        return (ran.ExitCode, output + await errors);
    }
}
