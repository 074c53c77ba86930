using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Tidepool.AgentProtocol;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class AgentsSpecs
{
    [Theory]
    [InlineData("VstsAgent", true)]
    [InlineData("", true)]
    [InlineData("anybody", true)]
    [InlineData("VstsAgent", false)]
    public async Task The_token_counts_and_the_user_name_does_not(string user, bool isRight)
    {
        await using var tested = await StartAsync();

        using var response = await GetAsync(tested, "_apis/distributedtask/pools", Basic(user, isRight ? Token : Token + "x"));

        Assert.Equal(isRight ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData(true, "Bearer", HttpStatusCode.OK)]
    [InlineData(true, "Basic", HttpStatusCode.OK)]
    [InlineData(false, "Bearer", HttpStatusCode.Unauthorized)]
    [InlineData(false, "Basic", HttpStatusCode.OK)]
    public async Task A_Microsoft_Entra_access_token_counts_either_way_and_a_personal_one_as_a_password_only(bool isEntra, string scheme, HttpStatusCode status)
    {
        var token = isEntra ? "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmVk" : Token;
        await using var tested = await StartAsync(options => options with { Token = token });

        using var response = await GetAsync(tested, "_apis/distributedtask/pools", scheme == "Basic" ? Basic("", token) : new(scheme, token));
        using var other = await GetAsync(tested, "_apis/distributedtask/pools", new("Bearer", "eyJhbGciOiJSUzI1NiJ9.e30.b3RoZXI"));

        Assert.Equal((status, HttpStatusCode.Unauthorized), (response.StatusCode, other.StatusCode));
    }

    [Theory]
    [InlineData("owner", HttpStatusCode.OK)]
    [InlineData("itself", HttpStatusCode.OK)]
    [InlineData("another agent", HttpStatusCode.Forbidden)]
    public async Task An_agent_is_disabled_by_the_owner_and_by_itself(string who, HttpStatusCode status)
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1", ("Agent.OS", "Linux"));
        var another = await tested.OnlineAgentAsync("agent-2");

        using var response = await (who == "another agent" ? another : agent).TrySendAsync(
            HttpMethod.Patch, $"_apis/distributedtask/pools/1/agents/{agent.Registration!.Id}", new { enabled = false }, asOwner: who == "owner");

        Assert.Equal(status, response.StatusCode);
        var now = tested.Service.Agents.Single(found => found.Name == "agent-1");
        Assert.Equal((status != HttpStatusCode.OK, "online", "Linux"), (now.Enabled, now.Status, now.SystemCapabilities!["Agent.OS"]));
    }

    [Theory]
    [InlineData("_apis/connectionData")]
    [InlineData("_apis/distributedtask/pools")]
    [InlineData("no/such/route")]
    public async Task Without_a_token_everything_answers_401_and_names_both_ways_to_sign_in(string path)
    {
        await using var tested = await StartAsync();

        using var response = await GetAsync(tested, path, authorization: null);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(["Bearer", "Basic"], response.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
    }

    [Fact]
    public async Task An_agent_that_registers_and_opens_a_session_is_online_until_it_closes_it()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1", ("Agent.OS", "Linux"));

        var online = Assert.Single(tested.Service.Agents);
        await agent.CloseSessionAsync();
        var offline = Assert.Single(tested.Service.Agents);

        Assert.Equal(("agent-1", "online", "Linux"), (online.Name, online.Status, online.SystemCapabilities!["Agent.OS"]));
        Assert.Equal("offline", offline.Status);
    }

    [Fact]
    public async Task A_second_agent_of_the_same_name_is_refused()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => tested.Agent("AGENT-1").RegisterAsync());

        Assert.Equal(HttpStatusCode.Conflict, refusal.StatusCode);
        Assert.Contains("\"typeKey\":\"TaskAgentExistsException\"", refusal.Message);
    }

    [Fact]
    public async Task A_second_session_of_a_live_agent_is_refused()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(agent.OpenSessionAsync);

        Assert.Contains("409 ", refusal.Message);
        Assert.Contains("TaskAgentSessionConflictException", refusal.Message);
    }

    [Fact]
    public async Task Replacing_an_agent_ends_its_session_and_its_token()
    {
        await using var tested = await StartAsync();
        var old = await tested.OnlineAgentAsync("agent-1");

        await tested.Agent("agent-1").ReplaceAsync(old.Registration!.Id);

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(old.PollAsync);
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.StatusCode);
        Assert.Equal("online", Assert.Single(tested.Service.Agents).Status);
    }

    [Fact]
    public async Task A_removed_agent_gets_no_token_any_more()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");

        await agent.RemoveAsync();

        using var response = await agent.AskForTokenAsync();
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(tested.Service.Agents);
    }

    [Theory]
    [InlineData("aud", "http://elsewhere/token", "is for http://elsewhere/token, not for")]
    [InlineData("iss", "someone", "is not a registered agent")]
    [InlineData("sub", "00000000-0000-0000-0000-000000000001", "is not a registered agent")]
    public async Task A_claim_that_is_not_the_agents_own_gets_no_token(string claim, string value, string why) =>
        Assert.Contains(why, await RefusedAsync(claims => claims[claim] = value));

    [Fact]
    public async Task An_outdated_claim_gets_no_token_and_hears_the_servers_time() =>
        Assert.Contains(
            "Current server time is 2026-03-04T05:06:07",
            await RefusedAsync(claims => claims["exp"] = new DateTimeOffset(2026, 3, 4, 5, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()));

    [Fact]
    public async Task A_claim_signed_with_another_key_gets_no_token()
    {
        using var otherKey = RSA.Create(2048);

        Assert.Contains("is not signed with the agent's key", await RefusedAsync(change: null, otherKey));
    }

    [Fact]
    public async Task An_agent_that_polls_no_more_is_offline_after_two_minutes()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");

        tested.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("offline", Assert.Single(tested.Service.Agents).Status);
    }

    [Fact]
    public async Task An_empty_poll_is_held_for_fifty_seconds_and_keeps_the_agent_online()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");

        var poll = agent.PollAsync();
        await UntilAsync(() => tested.Service.PollsUnderWay == 1);
        tested.Clock.Advance(TimeSpan.FromSeconds(49));
        Assert.False(poll.IsCompleted);
        tested.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await poll);
        Assert.Equal("online", Assert.Single(tested.Service.Agents).Status);
    }

    [Fact]
    public async Task Polls_end_when_the_service_ends()
    {
        var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var poll = agent.PollAsync();
        await UntilAsync(() => tested.Service.PollsUnderWay == 1);

        await tested.Service.DisposeAsync();

        Assert.Null(await poll);
    }

    [Fact]
    public async Task The_service_says_which_port_is_in_use()
    {
        await using var tested = await StartAsync();
        var port = tested.Service.OrganizationUrl.Port;

        var problem = await Assert.ThrowsAsync<ProblemException>(() => StartAsync(options => options with { Port = port }));

        Assert.Equal("SERVICE001", problem.Problem.Code);
        Assert.Equal($"The embedded Azure Pipelines service cannot listen on 127.0.0.1:{port}: the port is in use.", problem.Problem.What);
    }

    [Fact]
    public async Task Waiting_for_agents_ends_with_the_agent_that_was_waited_for()
    {
        await using var tested = await StartAsync();

        var wait = tested.Service.WaitForAgentsAsync(
            agents => agents.Count(agent => agent.Status == "online") == 2, TestContext.Current.CancellationToken);
        await tested.OnlineAgentAsync("agent-1");
        Assert.False(wait.IsCompleted);
        await tested.OnlineAgentAsync("agent-2");

        var agents = await wait.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(["agent-1", "agent-2"], agents.Select(agent => agent.Name));
    }

    private static async Task<string> RefusedAsync(Action<JsonObject>? change, RSA? otherKey = null)
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        using var response = await agent.AskForTokenAsync(change, otherKey);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken);
        return body!["errordescription"]!.GetValue<string>();
    }

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private static async Task<HttpResponseMessage> GetAsync(ServiceUnderTest tested, string path, AuthenticationHeaderValue? authorization)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{tested.Service.OrganizationUrl}/{path}");
        request.Headers.Authorization = authorization;
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
