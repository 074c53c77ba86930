using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tidepool.Deployment.AzureDevOps;

namespace Tidepool.Deployment.Tests.AzureDevOps;

/// <summary>What Azure DevOps answers when something is wrong, from a server that answers so.</summary>
public sealed class OrganizationFaultSpecs
{
    private const string Json = "application/json; charset=utf-8";
    private const string Connected = """{"authenticatedUser":{"id":"5d6898bb-45ec-463f-95f9-54d49c71752e","descriptor":"Microsoft.IdentityModel.Claims.ClaimsIdentity;t\\me@example.org","providerDisplayName":"Me Myself"},"deploymentType":"hosted"}""";
    private const string NewToken =
        " Make a new token (User settings > Personal access tokens) of this organization with the scope Agent Pools (Read & manage), and set AZP_TOKEN to it.";

    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(203, "it answered with the page where people sign in.")]
    [InlineData(302, "it sent on to the page where people sign in.")]
    [InlineData(401, "Access Denied: The Personal Access Token used has expired.")]
    public async Task A_token_that_is_not_valid_is_told_however_it_is_answered(int status, string why)
    {
        await using var ado = await StandIn.StartAsync(
            status, "text/html", "<html>Sign in</html>", ("Location", "https://spsprodweu1.vssps.visualstudio.com/_signin"),
            ("X-TFS-ServiceError", "Access%20Denied%3A%20The%20Personal%20Access%20Token%20used%20has%20expired."));
        Assert.Equal($"AZDO001: {Organization(ado)} did not accept the token, which is not valid here or has expired: {why}{NewToken}", await ProblemAsync(ado));
        Assert.Single(ado.Requests);
    }

    [Fact]
    public async Task A_token_that_an_organization_with_public_projects_does_not_know_is_told()
    {
        await using var ado = await StandIn.StartAsync(
            200, Json, """{"authenticatedUser":{"id":"aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa","descriptor":"System:PublicAccess;aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa","providerDisplayName":"Anonymous"},"deploymentType":"hosted"}""");
        Assert.Equal(
            $"AZDO001: {Organization(ado)} did not accept the token, which is not valid here or has expired: it answered as to a stranger.{NewToken}",
            await ProblemAsync(ado));
    }

    [Fact]
    public async Task An_organization_that_does_not_exist_is_told()
    {
        await using var ado = await StandIn.StartAsync(404, "text/html", "<html>");
        Assert.Equal(
            $"AZDO003: {Organization(ado)} is no organization of Azure DevOps: HTTP 404 without a reason. Correct AZP_URL; write it as in https://dev.azure.com/contoso.",
            await ProblemAsync(ado));
    }

    [Fact]
    public async Task A_token_without_the_scope_is_told_with_the_call()
    {
        await using var ado = await StandIn.StartAsync((http, _) => http.Request.Path.StartsWithSegments("/contoso/_apis/connectionData")
            ? StandIn.WriteAsync(http, 200, Json, Connected)
            : StandIn.WriteAsync(http, 401, Json, """{"$id":"1","message":"TF400813: The user '' is not authorized to access this resource.","typeKey":"UnauthorizedRequestException"}"""));
        using var client = Client(ado);
        Assert.Equal(new Organization("Me Myself", IsServices: true), await client.ConnectAsync(Ct));
        var problem = await Assert.ThrowsAsync<ProblemException>(() => client.ListAgentsAsync(7, Ct));
        Assert.Equal(
            $"AZDO002: {Organization(ado)} refused GET _apis/distributedtask/pools/7/agents: TF400813: The user '' is not authorized to access this resource. "
                + "Give the token the scope Agent Pools (Read & manage), and let its owner be administrator of the pool.",
            problem.Message);
        Assert.False(await client.MayManageAgentsAsync(7, Ct));
    }

    [Fact]
    public async Task Patience_is_had_as_long_as_it_is_asked_for()
    {
        var tries = 0;
        await using var ado = await StandIn.StartAsync((http, _) => ++tries < 2
            ? StandIn.WriteAsync(http, 429, Json, """{"message":"TF400733: The request has been canceled: Request was blocked"}""", ("Retry-After", "2"))
            : StandIn.WriteAsync(http, 200, Json, Connected));
        using var client = Client(ado);
        var began = TimeProvider.System.GetTimestamp();
        await client.ConnectAsync(Ct);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(1.9));
    }

    [Fact]
    public async Task A_service_that_stays_busy_is_told_in_its_words()
    {
        await using var ado = await StandIn.StartAsync(429, Json, """{"message":"TF400733: The request has been canceled"}""", ("Retry-After", "0"));
        Assert.Equal(
            $"AZDO006: {Organization(ado)} asked for patience, and again after several tries: TF400733: The request has been canceled. Wait five minutes and repeat the command.",
            await ProblemAsync(ado));
        Assert.Equal(4, ado.Requests.Count);
    }

    [Fact]
    public async Task Another_servers_answer_is_told()
    {
        await using var ado = await StandIn.StartAsync(200, Json, "[]");
        Assert.StartsWith(
            $"AZDO007: {Organization(ado)} answered GET _apis/connectionData with what Azure DevOps does not answer: ", await ProblemAsync(ado), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_organization_out_of_reach_is_told()
    {
        var gone = await StandIn.StartAsync(200, Json, "{}");
        await gone.DisposeAsync();
        Assert.Equal(
            $"AZDO005: {Organization(gone)} could not be reached: Connection refused ({gone.Url.Authority}). "
                + "Check AZP_URL, the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE where a proxy has a certificate of its own.",
            await ProblemAsync(gone));
    }

    [Fact]
    public async Task Parallel_jobs_come_from_what_the_organization_says()
    {
        await using var ado = await StandIn.StartAsync(200, Json, """{"resourceLimit":{"totalCount":3,"isHosted":false,"parallelismTag":"Private","resourceLimitsData":{"FreeCount":"1","PurchasedCount":"2"}},"usedCount":2}""");
        using var client = Client(ado);
        Assert.Equal(new ParallelJobs(2, 3), await client.ParallelJobsAsync(Ct));
        Assert.Equal(
            "GET /contoso/_apis/distributedtask/resourceusage?parallelismTag=Private&poolIsHosted=false&includeRunningRequests=false", Assert.Single(ado.Requests).Line);
    }

    [Fact]
    public async Task What_changes_something_names_the_version_without_which_the_service_refuses_it()
    {
        await using var ado = await StandIn.StartAsync(204, Json, "");
        using var client = Client(ado);
        await client.SetEnabledAsync(7, 3, enabled: false, Ct);
        await client.RemoveAgentAsync(7, 3, Ct);

        Assert.Equal(
            ["PATCH /contoso/_apis/distributedtask/pools/7/agents/3", "DELETE /contoso/_apis/distributedtask/pools/7/agents/3"],
            ado.Requests.Select(asked => asked.Line));
        Assert.Equal("""{"id":3,"enabled":false}""", ado.Requests[0].Body);
        Assert.All(ado.Requests, asked => Assert.Equal("application/json; api-version=5.1-preview.1", asked.Headers["Accept"]));
    }

    [Fact]
    public async Task A_personal_token_is_sent_as_Basic_and_Entras_as_Bearer()
    {
        await using var ado = await StandIn.StartAsync(200, Json, Connected);
        using var personal = Client(ado);
        await personal.ConnectAsync(Ct);
        using var entra = new OrganizationClient(
            new(Organization(ado)), new OrganizationCredential.Token(new("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln")), TimeProvider.System);
        await entra.ConnectAsync(Ct);

        Assert.Equal(
            [$"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(":a-personal-token"))}", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln"],
            ado.Requests.Select(asked => asked.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_service_principals_token_is_fetched_once_and_sent()
    {
        await using var entra = await StandIn.StartAsync(200, Json, """{"token_type":"Bearer","expires_in":3599,"access_token":"from-entra"}""");
        await using var ado = await StandIn.StartAsync(200, Json, Connected);
        using var client = Principal(ado, entra);
        await client.ConnectAsync(Ct);
        await client.ConnectAsync(Ct);

        var asked = Assert.Single(entra.Requests);
        Assert.Equal("POST /tenant/oauth2/v2.0/token", asked.Line);
        Assert.Equal(
            "grant_type=client_credentials&client_id=app&client_secret=the-client-secret&scope=499b84ac-1321-427f-aa17-267ca6975798%2F.default", asked.Body);
        Assert.All(ado.Requests, request => Assert.Equal("Bearer from-entra", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_service_principal_that_Entra_refuses_is_told_without_its_secret()
    {
        await using var entra = await StandIn.StartAsync(401, Json, """{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret the-client-secret provided."}""");
        await using var ado = await StandIn.StartAsync(200, Json, Connected);
        using var client = Principal(ado, entra);
        var problem = await Assert.ThrowsAsync<ProblemException>(() => client.ConnectAsync(Ct));
        Assert.Equal(
            "AZDO008: 127.0.0.1 gave service principal app no token: AADSTS7000215: Invalid client secret *** provided. "
                + "Check AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET (the secret's value, not its id), and that the secret has not expired.",
            problem.Message);
        Assert.Empty(ado.Requests);
    }

    // It takes the 10 s that a connection may take.
    [Fact]
    public async Task A_host_that_swallows_connections_is_told_as_one_that_cannot_be_reached()
    {
        using var wall = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        wall.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        wall.Listen(0);
        // Nobody accepts: once the queue is full, Linux drops what comes, as a firewall does.
        var waiting = Enumerable.Range(0, 4).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        waiting.ForEach(socket => _ = socket.ConnectAsync(wall.LocalEndPoint!).ContinueWith(task => task.Exception, TaskScheduler.Default));
        try
        {
            var url = $"http://{wall.LocalEndPoint}/contoso";
            using var client = new OrganizationClient(new(url), new OrganizationCredential.Token(new("a-personal-token")), TimeProvider.System);
            var problem = await Assert.ThrowsAsync<ProblemException>(() => client.ConnectAsync(Ct));
            Assert.Equal(
                $"AZDO005: {url} could not be reached: no connection within 10 s. "
                    + "Check AZP_URL, the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE where a proxy has a certificate of its own.",
                problem.Message);
        }
        finally
        {
            waiting.ForEach(socket => socket.Dispose());
        }
    }

    private static string Organization(StandIn server) => $"{server.Url}contoso";

    private static OrganizationClient Client(StandIn server) =>
        new(new(Organization(server)), new OrganizationCredential.Token(new("a-personal-token")), TimeProvider.System);

    private static OrganizationClient Principal(StandIn server, StandIn entra) =>
        new(new(Organization(server)), new OrganizationCredential.ServicePrincipal("app", "tenant", new("the-client-secret"), entra.Url), TimeProvider.System);

    private static async Task<string> ProblemAsync(StandIn server)
    {
        using var client = Client(server);
        return (await Assert.ThrowsAsync<ProblemException>(() => client.ConnectAsync(Ct))).Message;
    }
}
