using System.Net;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tidepool.AgentProtocol;
using Tidepool.Deployment.Http;

namespace Tidepool.Deployment.AzureDevOps;

/// <summary>One organization of Azure DevOps, as far as Tidepool needs it. Every call may throw AZDO001 to AZDO008.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask; what is not in it says so. A call that only reads names no
/// api-version, as those of the KEDA scaler do not; one that changes something must (VssVersionNotSpecifiedException), and names the one that
/// Microsoft's agent sends.
/// </remarks>
public sealed partial class OrganizationClient : IDisposable
{
    private const string Pools = "_apis/distributedtask/pools";
    private const string JsonOfAgents = $"{MediaTypeNames.Application.Json}; api-version=5.1-preview.1";

    private readonly Uri _organization;
    private readonly OrganizationSignIn _signIn;
    private readonly WireClient _wire;
    private readonly TimeProvider _clock;
    private bool _isSignedIn;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    public OrganizationClient(Uri organization, OrganizationCredential credential, TimeProvider clock)
    {
        (_organization, _clock) = (organization, clock);
        // Azure DevOps answers 429 and 503 where it wants patience: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
        _wire = new(authorities: null, isBusy: _ => false, clock);
        _signIn = new(credential, _wire, clock);
    }

    /// <summary>Makes a client for what the settings say.</summary>
    public OrganizationClient(DeploymentSettings settings, TimeProvider clock)
        : this(settings.OrganizationUrl, settings.Credential, clock)
    {
    }

    /// <summary>Asks who the token belongs to, and what kind of Azure DevOps this is.</summary>
    /// <exception cref="ProblemException">AZDO001: the token is not valid or has expired. AZDO003: no such organization.</exception>
    public async Task<Organization> ConnectAsync(CancellationToken ct)
    {
        var data = await ReadAsync(HttpMethod.Get, "_apis/connectionData?connectOptions=0", body: null, ProtocolJson.Default.ConnectionData, ct);
        if (data.AuthenticatedUser is not { } user || user.Descriptor is null or ['S', 'y', 's', 't', 'e', 'm', ':', 'P', 'u', 'b', 'l', 'i', 'c', ..])
        {
            // An organization with public projects answers anyone, and a token that it does not know, as this identity.
            throw OrganizationRefusal.NotSignedIn(_organization, "it answered as to a stranger.");
        }

        _isSignedIn = true;
        return new(user.ProviderDisplayName ?? user.Id.ToString(), "hosted".Equals(data.DeploymentType, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Looks a pool up by its name; case does not count.</summary>
    /// <returns>Null where there is none of that name, or the token's owner may not see it.</returns>
    public Task<TaskAgentPool?> FindPoolAsync(string name, CancellationToken ct) => FindPoolAsync(name, filter: "", ct);

    /// <summary>Looks a pool up that the token's owner may manage.</summary>
    /// <returns>Null where the owner is no administrator of the pool.</returns>
    /// <remarks>actionFilter: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/pools/get-agent-pools</remarks>
    public Task<TaskAgentPool?> FindManagedPoolAsync(string name, CancellationToken ct) => FindPoolAsync(name, "&actionFilter=manage", ct);

    /// <summary>The pool of that name.</summary>
    /// <exception cref="ProblemException">AZDO004: there is none, or the token's owner may not see it.</exception>
    public async Task<TaskAgentPool> GetPoolAsync(string name, CancellationToken ct) => await FindPoolAsync(name, ct)
        ?? throw new ProblemException(
            "AZDO004",
            $"{_organization} shows no agent pool '{name}' to this token.",
            $"Make it ({_organization}/_settings/agentpools), correct AZP_POOL, or give the token's owner access to the pool.");

    /// <summary>Lists the agents of a pool with their capabilities and the job request each has.</summary>
    public async Task<IReadOnlyList<TaskAgent>> ListAgentsAsync(int poolId, CancellationToken ct) => (await ReadAsync(
        HttpMethod.Get,
        $"{Pools}/{poolId}/agents?includeCapabilities=true&includeAssignedRequest=true",
        body: null,
        ProtocolJson.Default.CollectionTaskAgent,
        ct)).Value;

    /// <summary>Lets an agent take jobs, or keeps new ones from it; a job that it runs goes on.</summary>
    /// <returns>False where the agent is gone.</returns>
    public async Task<bool> SetEnabledAsync(int poolId, int agentId, bool enabled, CancellationToken ct) =>
        await SendAsync(HttpMethod.Patch, $"{Pools}/{poolId}/agents/{agentId}", Enabled(agentId, enabled), ct) is not { Status: HttpStatusCode.NotFound };

    /// <summary>Removes an agent from the pool, whatever it does: drain it first. One that is gone is no error.</summary>
    /// <returns>False where the agent was gone already.</returns>
    public async Task<bool> RemoveAgentAsync(int poolId, int agentId, CancellationToken ct) =>
        await SendAsync(HttpMethod.Delete, $"{Pools}/{poolId}/agents/{agentId}", body: null, ct) is not { Status: HttpStatusCode.NotFound };

    /// <summary>How many parallel jobs agents of one's own may run for private projects, and how many run now.</summary>
    /// <returns>Null where the service does not tell.</returns>
    /// <remarks>The route is not in the public reference; see <see cref="ResourceUsage"/>.</remarks>
    public async Task<ParallelJobs?> ParallelJobsAsync(CancellationToken ct)
    {
        const string Route = "_apis/distributedtask/resourceusage?parallelismTag=Private&poolIsHosted=false&includeRunningRequests=false";
        var reply = await SendAsync(HttpMethod.Get, Route, body: null, ct);
        return reply.IsSuccess && Parse(reply, ProtocolJson.Default.ResourceUsage, Route) is { } usage
            ? new(usage.UsedCount ?? 0, usage.ResourceLimit?.TotalCount)
            : null;
    }

    /// <summary>Whether the token may change agents of the pool. Asks to change an agent that cannot exist, so nothing changes.</summary>
    /// <returns>Null where the answer does not tell.</returns>
    /// <remarks>
    /// Inferred, not tried: that the service looks at the token's scope (vso.agentpools_manage) before it looks for the agent, and that
    /// agents have ids from 1.
    /// </remarks>
    public async Task<bool?> MayManageAgentsAsync(int poolId, CancellationToken ct)
    {
        try
        {
            var reply = await SendAsync(HttpMethod.Patch, $"{Pools}/{poolId}/agents/0", Enabled(0, enabled: true), ct);
            return reply.Status == HttpStatusCode.NotFound ? true : null;
        }
        catch (ProblemException e) when (e.Problem.Code == "AZDO002")
        {
            return false;
        }
        catch (ProblemException e) when (e.Problem.Code == "AZDO007")
        {
            return null;
        }
    }

    public void Dispose() => _wire.Dispose();

    // Not a TaskAgent, which has a name too: what a PATCH names, it changes.
    private static byte[] Enabled(int agentId, bool enabled) => JsonSerializer.SerializeToUtf8Bytes(new { id = agentId, enabled });

    private async Task<TaskAgentPool?> FindPoolAsync(string name, string filter, CancellationToken ct)
    {
        var pools = await ReadAsync(
            HttpMethod.Get, $"{Pools}?poolName={Uri.EscapeDataString(name)}{filter}", body: null, ProtocolJson.Default.CollectionTaskAgentPool, ct);
        return pools.Value.FirstOrDefault(pool => pool.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private async Task<T> ReadAsync<T>(HttpMethod method, string route, byte[]? body, JsonTypeInfo<T> type, CancellationToken ct)
    {
        var reply = await SendAsync(method, route, body, ct);
        return reply.Status == HttpStatusCode.NotFound
            ? throw OrganizationRefusal.Of(_organization, method, route, reply, _isSignedIn)
            : Parse(reply, type, route);
    }

    /// <returns>A success, or 404.</returns>
    private async Task<WireReply> SendAsync(HttpMethod method, string route, byte[]? body, CancellationToken ct)
    {
        WireReply reply;
        try
        {
            reply = await _wire.SendAsync(
                async attempt =>
                {
                    var message = new HttpRequestMessage(method, $"{_organization.AbsoluteUri.TrimEnd('/')}/{route}");
                    message.Headers.Authorization = await _signIn.HeaderAsync(attempt);
                    message.Headers.Accept.ParseAdd(method == HttpMethod.Get ? MediaTypeNames.Application.Json : JsonOfAgents);
                    // Asks for 401 in place of a redirect to the page where people sign in.
                    message.Headers.TryAddWithoutValidation("X-TFS-FedAuthRedirect", "Suppress");
                    if (body is not null)
                    {
                        message.Content = new ByteArrayContent(body) { Headers = { ContentType = new(MediaTypeNames.Application.Json, "utf-8") } };
                    }

                    return message;
                },
                ct);
        }
        catch (Exception e) when (OrganizationRefusal.IsNoAnswer(e, ct))
        {
            throw OrganizationRefusal.NoAnswer(_organization, e);
        }

        var isJson = reply.ContentType?.MediaType is MediaTypeNames.Application.Json || reply.Body.Length == 0;
        return (reply.IsSuccess && isJson && reply.Status != HttpStatusCode.NonAuthoritativeInformation) || (reply.Status == HttpStatusCode.NotFound && isJson)
            ? reply
            : throw OrganizationRefusal.Of(_organization, method, route, reply, _isSignedIn);
    }

    private T Parse<T>(WireReply reply, JsonTypeInfo<T> type, string route)
    {
        try
        {
            return JsonSerializer.Deserialize(reply.Body, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new ProblemException(
                "AZDO007",
                $"{_organization} answered GET {route.Split('?')[0]} with what Azure DevOps does not answer: {e.Message}",
                "Check AZP_URL, and what stands between the organization and this machine.");
        }
    }
}

/// <summary>What an organization says of itself and of the caller.</summary>
/// <param name="User">The token's owner as people know them.</param>
/// <param name="IsServices">Azure DevOps Services; false for Azure DevOps Server.</param>
public sealed record Organization(string User, bool IsServices);

/// <summary>Parallel jobs of agents of one's own, for private projects.</summary>
/// <param name="Used">Running now.</param>
/// <param name="Total">Free and bought together; null for no limit.</param>
public sealed record ParallelJobs(int Used, int? Total);
