using System.Web;
using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;

namespace Tidepool.Tests.Agent;

public sealed class ServicePrincipalSpecs
{
    private const string Secret = "8Q~client.secret-of+this&test=";
    private const string ClientId = "11111111-2222-3333-4444-555555555555";
    private readonly FakeTimeProvider _clock = new(new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_asked_for_with_the_client_credentials_grant()
    {
        var token = TestToken.Entra();
        await using var authority = await HttpEndpoint.StartAsync(_ => Grant(token));
        using var source = Source(authority.Url);

        Assert.Equal(token, await source.TokenAsync(Ct));
        Assert.Equal("Bearer", (await source.AuthorizeAsync(refused: false, Ct)).Scheme);

        var call = Assert.Single(authority.Calls);
        Assert.Equal(("POST", "/contoso.onmicrosoft.com/oauth2/v2.0/token"), (call.Method, call.Path));
        Assert.Equal("application/x-www-form-urlencoded", call.ContentType);
        var form = HttpUtility.ParseQueryString(call.Body);
        Assert.Equal(
            ["grant_type=client_credentials", $"client_id={ClientId}", $"client_secret={Secret}", "scope=499b84ac-1321-427f-aa17-267ca6975798/.default"],
            form.AllKeys.Select(name => $"{name}={form[name]}"));
    }

    [Fact]
    public async Task A_token_is_renewed_five_minutes_before_it_ends()
    {
        await using var authority = await HttpEndpoint.StartAsync(_ => Grant(TestToken.Entra(), seconds: 3600));
        using var source = Source(authority.Url);
        var first = await source.TokenAsync(Ct);

        _clock.Advance(TimeSpan.FromMinutes(55) - TimeSpan.FromSeconds(1));
        Assert.Equal(first, await source.TokenAsync(Ct));
        _clock.Advance(TimeSpan.FromSeconds(1));
        var second = await source.TokenAsync(Ct);

        Assert.NotEqual(first, second);
        Assert.Equal(second, await source.TokenAsync(Ct));
        Assert.Equal(2, authority.Calls.Count);
    }

    [Fact]
    public async Task A_token_that_lives_for_minutes_only_is_renewed_at_half_its_life()
    {
        await using var authority = await HttpEndpoint.StartAsync(_ => Grant(TestToken.Entra(), seconds: 300));
        using var source = Source(authority.Url);
        await source.TokenAsync(Ct);

        _clock.Advance(TimeSpan.FromSeconds(149));
        await source.TokenAsync(Ct);
        Assert.Single(authority.Calls);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await source.TokenAsync(Ct);
        Assert.Equal(2, authority.Calls.Count);
    }

    [Fact]
    public async Task A_token_that_the_service_refused_is_replaced_and_many_who_ask_at_once_cause_one_call()
    {
        await using var authority = await HttpEndpoint.StartAsync(_ => Grant(TestToken.Entra()));
        using var source = Source(authority.Url);
        var first = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => source.TokenAsync(Ct).AsTask()));
        Assert.Single(first.Distinct());

        var again = await source.AuthorizeAsync(refused: true, Ct);

        Assert.NotEqual(first[0], again.Parameter);
        Assert.Equal(2, authority.Calls.Count);
    }

    [Fact]
    public async Task While_a_token_is_good_a_failed_renewal_leaves_it_in_use()
    {
        var isDown = false;
        await using var authority = await HttpEndpoint.StartAsync(_ => isDown ? (503, "") : Grant(TestToken.Entra(), seconds: 3600));
        using var source = Source(authority.Url);
        var first = await source.TokenAsync(Ct);
        isDown = true;
        _clock.Advance(TimeSpan.FromMinutes(56));

        Assert.Equal(first, await source.TokenAsync(Ct));
        Assert.Equal(first, await source.TokenAsync(Ct));
        Assert.Equal(2, authority.Calls.Count);
        isDown = false;
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.NotEqual(first, await source.TokenAsync(Ct));
    }

    [Fact]
    public async Task Every_secret_is_told_once_so_that_it_can_be_masked()
    {
        var tokens = new[] { TestToken.Entra(), TestToken.Entra() };
        var calls = 0;
        await using var authority = await HttpEndpoint.StartAsync(_ => Grant(tokens[calls++]));
        using var source = Source(authority.Url);
        await source.TokenAsync(Ct);
        var told = new List<string>();

        source.TellSecrets(told.Add);
        await source.AuthorizeAsync(refused: true, Ct);

        Assert.Equal([Secret, .. tokens], told.OrderBy(secret => secret == Secret ? 0 : Array.IndexOf(tokens, secret) + 1));
    }

    [Theory]
    [InlineData(
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '11111111-2222-3333-4444-555555555555'. Trace ID: 1 Correlation ID: 2 Timestamp: 2026-11-24 09:00:00Z",
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '11111111-2222-3333-4444-555555555555'. Set AZP_CLIENT_SECRET to the secret's value, not to its id.")]
    [InlineData(
        "AADSTS7000222: The provided client secret keys for app '1' are expired.\r\nTrace ID: 1\r\nCorrelation ID: 2",
        "AADSTS7000222: The provided client secret keys for app '1' are expired. Make a new client secret for the application and set AZP_CLIENT_SECRET to its value; this one has expired.")]
    [InlineData(
        "AADSTS700016: Application with identifier '1' was not found in the directory 'Contoso'.",
        "AADSTS700016: Application with identifier '1' was not found in the directory 'Contoso'. Set AZP_CLIENT_ID to the id of an application of the tenant in AZP_TENANT_ID.")]
    [InlineData(
        "AADSTS90002: Tenant 'contoso.onmicrosoft.com' not found.",
        "AADSTS90002: Tenant 'contoso.onmicrosoft.com' not found. Set AZP_TENANT_ID to the tenant's id or one of its domains.")]
    [InlineData(
        "AADSTS53003: Access has been blocked by Conditional Access policies.",
        "AADSTS53003: Access has been blocked by Conditional Access policies. Let the tenant's administrator allow this sign-in in Conditional Access.")]
    [InlineData("AADSTS50011: Something else.", "AADSTS50011: Something else. Look it up: https://login.microsoftonline.com/error?code=50011")]
    [InlineData(
        $"We got {Secret} and did not like it",
        "We got *** and did not like it. Check AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET.")]
    public async Task A_refusal_is_told_in_one_line_with_its_mend_and_never_the_secret(string description, string told)
    {
        var body = System.Text.Json.JsonSerializer.Serialize(
            new { error = "invalid_client", error_description = description, error_codes = new[] { 7000215 }, trace_id = "1" });
        await using var authority = await HttpEndpoint.StartAsync(_ => (401, body));
        using var source = Source(authority.Url);

        var refusal = await Assert.ThrowsAsync<AgentException>(async () => await source.TokenAsync(Ct));

        Assert.Equal($"AGENT022: Microsoft Entra refused the service principal {ClientId} of tenant contoso.onmicrosoft.com: {told}", refusal.Message);
        Assert.Single(authority.Calls);
    }

    [Theory]
    [InlineData("<html>Sign in to the network</html>")]
    [InlineData("{}")]
    [InlineData("""{"access_token":"x"}""")]
    [InlineData("null")]
    public async Task An_answer_that_is_no_token_is_told_as_such(string body)
    {
        await using var authority = await HttpEndpoint.StartAsync(_ => (200, body));
        using var source = Source(authority.Url);

        var refusal = await Assert.ThrowsAsync<AgentException>(async () => await source.TokenAsync(Ct));

        Assert.Equal(
            $"AGENT023: {authority.Url} answered the request for an access token with something else than a token. "
            + "Check AZP_AUTHORITY_HOST, and what stands between it and the container.",
            refusal.Message);
    }

    [Fact]
    public async Task An_authority_that_is_unwell_is_asked_again_for_a_minute()
    {
        await using var authority = await HttpEndpoint.StartAsync(_ => (503, ""));
        using var source = Source(authority.Url);

        var refusal = await Assert.ThrowsAsync<AgentException>(() => ElapseAsync(source.TokenAsync(Ct).AsTask()));

        Assert.Equal(
            $"AGENT023: {authority.Url} could not be reached for 60 s: the request for an access token was answered 503. "
            + "Check AZP_AUTHORITY_HOST, the network and the proxy settings.",
            refusal.Message);
        Assert.InRange(authority.Calls.Count, 5, 20);
    }

    [Fact]
    public async Task An_authority_that_recovers_is_enough()
    {
        var calls = 0;
        var token = TestToken.Entra();
        await using var authority = await HttpEndpoint.StartAsync(_ => calls++ < 2 ? (calls == 1 ? 429 : 500, "") : Grant(token));
        using var source = Source(authority.Url);
        var asked = source.TokenAsync(Ct).AsTask();

        await ElapseAsync(asked);

        Assert.Equal(token, await asked);
    }

    private static (int Status, string Body) Grant(string token, int seconds = 3599) =>
        (200, $$"""{"token_type":"Bearer","expires_in":{{seconds}},"ext_expires_in":{{seconds}},"access_token":"{{token}}"}""");

    private TokenSource Source(string authority) => TokenSource.Of(
        new TokenSettings.ServicePrincipal(ClientId, "contoso.onmicrosoft.com", authority), Secret, WireClient.MakeHttp(), _clock);

    /// <summary>Lets time pass while a task waits for it.</summary>
    private async Task ElapseAsync(Task task)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(AgentUnderTest.Limit);
        while (!task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, limit.Token);
        }
        await task;
    }
}
