using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Deployment.AzureDevOps;

namespace Tidepool.Deployment.Tests.AzureDevOps;

/// <summary>The client against the embedded service, which answers on the routes of Azure DevOps.</summary>
public sealed class OrganizationClientSpecs : IAsyncLifetime
{
    private const string Token = "a-token-of-the-owner";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private PipelinesService _service = null!;
    private OrganizationClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await PipelinesService.StartAsync(new() { Token = Token, Pool = "my pool" }, TimeProvider.System, Ct);
        _client = new(_service.OrganizationUrl, new OrganizationCredential.Token(new(Token)), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task The_tokens_owner_and_the_kind_of_service_are_told() =>
        Assert.Equal(new Organization("owner", IsServices: false), await _client.ConnectAsync(Ct));

    [Fact]
    public async Task A_pool_is_found_by_its_name_in_any_case()
    {
        Assert.Equal("my pool", (await _client.FindPoolAsync("My Pool", Ct))!.Name);
        Assert.Equal("my pool", (await _client.FindManagedPoolAsync("my pool", Ct))!.Name);
        Assert.Null(await _client.FindPoolAsync("other", Ct));
        var problem = await Assert.ThrowsAsync<ProblemException>(() => _client.GetPoolAsync("other & more", Ct));
        Assert.Equal(
            $"AZDO004: {_service.OrganizationUrl} shows no agent pool 'other & more' to this token. "
                + $"Make it ({_service.OrganizationUrl}/_settings/agentpools), correct AZP_POOL, or give the token's owner access to the pool.",
            problem.Message);
    }

    [Fact]
    public async Task An_agent_is_listed_kept_from_jobs_and_removed()
    {
        var id = await AddAgentAsync("agent-1", "FARGATE_TASK", "t1");

        var agent = Assert.Single(await _client.ListAgentsAsync(1, Ct));
        Assert.Equal(("agent-1", "offline", true, "t1"), (agent.Name, agent.Status, agent.Enabled, agent.SystemCapabilities!["FARGATE_TASK"]));

        Assert.True(await _client.SetEnabledAsync(1, id, enabled: false, Ct));
        agent = Assert.Single(await _client.ListAgentsAsync(1, Ct));
        Assert.Equal(("agent-1", false, "t1"), (agent.Name, agent.Enabled, agent.SystemCapabilities!["FARGATE_TASK"]));

        Assert.True(await _client.RemoveAgentAsync(1, id, Ct));
        Assert.Empty(await _client.ListAgentsAsync(1, Ct));
        Assert.False(await _client.RemoveAgentAsync(1, id, Ct));
        Assert.False(await _client.SetEnabledAsync(1, id, enabled: true, Ct));
    }

    [Fact]
    public async Task The_owners_token_may_manage_agents_and_nothing_changes_by_asking()
    {
        await AddAgentAsync("agent-1", "a", "b");
        Assert.True(await _client.MayManageAgentsAsync(1, Ct));
        Assert.True(Assert.Single(await _client.ListAgentsAsync(1, Ct)).Enabled);
    }

    [Fact]
    public async Task Parallel_jobs_are_counted_and_have_no_limit_here() =>
        Assert.Equal(new ParallelJobs(0, Total: null), await _client.ParallelJobsAsync(Ct));

    [Fact]
    public async Task A_wrong_token_is_told_before_and_after_it_was_right()
    {
        using var stranger = new OrganizationClient(_service.OrganizationUrl, new OrganizationCredential.Token(new("another-token")), TimeProvider.System);
        var problem = await Assert.ThrowsAsync<ProblemException>(() => stranger.ConnectAsync(Ct));
        Assert.Equal(
            $"AZDO001: {_service.OrganizationUrl} did not accept the token, which is not valid here or has expired: Sign in with a token of this organization. "
                + "Make a new token (User settings > Personal access tokens) of this organization with the scope Agent Pools (Read & manage), and set AZP_TOKEN to it.",
            problem.Message);
    }

    private async Task<int> AddAgentAsync(string name, string capability, string value)
    {
        using var rsa = RSA.Create(2048);
        var key = rsa.ExportParameters(includePrivateParameters: false);
        var agent = new TaskAgent
        {
            Name = name,
            Version = "4.0.0",
            SystemCapabilities = new Dictionary<string, string> { [capability] = value },
            Authorization = new() { PublicKey = new(Convert.ToBase64String(key.Exponent!), Convert.ToBase64String(key.Modulus!)) },
        };
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Token}")));
        using var content = new StringContent(JsonSerializer.Serialize(agent, ProtocolJson.Default.TaskAgent), Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync($"{_service.OrganizationUrl}/_apis/distributedtask/pools/1/agents", content, Ct);
        answer.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(Ct), ProtocolJson.Default.TaskAgent)!.Id;
    }
}
