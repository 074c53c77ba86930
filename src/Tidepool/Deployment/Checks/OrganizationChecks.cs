using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Tidepool.AgentProtocol;
using Tidepool.Deployment.AzureDevOps;

namespace Tidepool.Deployment.Checks;

/// <summary>Azure DevOps: the organization, what the token may, the pool, and room for jobs.</summary>
internal sealed class OrganizationChecks : IDisposable
{
    private const string TokenLink = "https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate";
    private const string PoolLink = "https://learn.microsoft.com/azure/devops/pipelines/agents/pools-queues";

    private const string GlobalTokensLink = "https://devblogs.microsoft.com/devops/retirement-of-global-personal-access-tokens-in-azure-devops/";

    private static readonly DateTimeOffset GlobalTokensEnd = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly OrganizationSettings? _settings;
    private readonly TimeProvider _clock;
    private readonly OrganizationClient? _client;
    private readonly Lazy<Task<Organization>> _organization;
    private readonly Lazy<Task<TaskAgentPool>> _pool;

    /// <param name="stopping">Ends what several checks wait for.</param>
    public OrganizationChecks(SettingsReading reading, TimeProvider clock, CancellationToken stopping)
    {
        (_settings, _clock) = (reading.Organization, clock);
        _client = _settings is null ? null : new(_settings.Url, _settings.Credential, clock);
        _organization = new(() => _client!.ConnectAsync(stopping));
        _pool = new(async () =>
        {
            await _organization.Value;
            return await _client!.GetPoolAsync(_settings!.Pool, stopping);
        });
    }

    public IEnumerable<Check> All() =>
    [
        new("organization", "Azure DevOps", TokenLink, WhoAsync),
        new("organization-kind", "Services or Server", "docs/doctor.md", KindAsync),
        new("pool", "agent pool", PoolLink, PoolAsync),
        new("token-scope", "scope of the token", TokenLink, ScopeAsync),
        new("parallel-jobs", "parallel jobs", "https://learn.microsoft.com/azure/devops/pipelines/licensing/concurrent-jobs", ParallelJobsAsync),
        new("token-life", "life of the token", GlobalTokensLink, Life),
    ];

    public void Dispose() => _client?.Dispose();

    private async Task<CheckResult> WhoAsync(Check check, CancellationToken ct) => _settings is null
        ? check.Skipped("the settings do not say which organization")
        : check.Ok($"{_settings.Url} as {(await _organization.Value.WaitAsync(ct)).User}");

    private async Task<CheckResult> KindAsync(Check check, CancellationToken ct) => await OrNullAsync(_organization, ct) switch
    {
        null => check.Skipped("the sign-in did not work"),
        { IsServices: true } => check.Ok("Azure DevOps Services"),
        _ => check.Warning(new(
            "DOCTOR008",
            $"{_settings!.Url} says that it is Azure DevOps Server. It has the same calls, and nobody has tried Tidepool with it.",
            "Take an agent version that the server supports, and tell us how it went.")),
    };

    private async Task<CheckResult> PoolAsync(Check check, CancellationToken ct)
    {
        if (await OrNullAsync(_organization, ct) is null)
        {
            return check.Skipped("the sign-in did not work");
        }

        var pool = await _pool.Value.WaitAsync(ct);
        if (pool.IsHosted)
        {
            return check.Failed(new(
                "DOCTOR009",
                $"Pool '{pool.Name}' is one of Microsoft's own machines; it takes no agents.",
                "Make a self-hosted pool, and set AZP_POOL to its name."));
        }

        var agents = await _client!.ListAgentsAsync(pool.Id, ct);
        return check.Ok($"{pool.Name} is there with {agents.Count} agents, {agents.Count(agent => agent.Status == "online")} of them online");
    }

    private async Task<CheckResult> ScopeAsync(Check check, CancellationToken ct)
    {
        if (await OrNullAsync(_pool, ct) is not { } pool)
        {
            return check.Skipped("the pool was not seen");
        }

        if (await _client!.FindManagedPoolAsync(pool.Name, ct) is null)
        {
            return check.Failed(new(
                "DOCTOR010",
                $"The token's owner is no administrator of pool '{pool.Name}'.",
                $"Let an administrator add the owner under Security of the pool: {PoolLink}"));
        }

        return await _client.MayManageAgentsAsync(pool.Id, ct) switch
        {
            true => check.Ok($"may manage the agents of {pool.Name} (inferred from a change of an agent that cannot exist)"),
            false => check.Failed(new(
                "DOCTOR011", $"The token may read pool '{pool.Name}' and not manage its agents.", "Edit the token: scope Agent Pools (Read & manage).")),
            null => check.Note($"the owner administers {pool.Name}; whether the token has the scope Agent Pools (Read & manage) could not be seen"),
        };
    }

    private async Task<CheckResult> ParallelJobsAsync(Check check, CancellationToken ct)
    {
        if (await OrNullAsync(_organization, ct) is null)
        {
            return check.Skipped("the sign-in did not work");
        }

        ParallelJobs? jobs;
        try
        {
            jobs = await _client!.ParallelJobsAsync(ct);
        }
        catch (ProblemException e) when (e.Problem.Code is "AZDO002" or "AZDO007")
        {
            jobs = null;
        }

        return jobs switch
        {
            null => check.Note("how many parallel jobs there are cannot be seen with this token", $"Look at {_settings!.Url}/_settings/buildqueue"),
            { Total: null } => check.Ok($"{jobs.Used} running, and no limit is told"),
            { Total: { } total } when jobs.Used < total => check.Ok($"{jobs.Used} of {total} self-hosted ones for private projects are running"),
            { Total: var total } => check.Warning(new(
                "DOCTOR012",
                $"All {total} self-hosted parallel jobs for private projects are in use, so further jobs wait whatever agents are free.",
                $"Wait, or buy more: {_settings!.Url}/_settings/billing")),
        };
    }

    /// <summary>How long the token still serves, as far as it can be seen from outside.</summary>
    private Task<CheckResult> Life(Check check, CancellationToken ct) => Task.FromResult(_settings?.Credential switch
    {
        null => check.Skipped("the settings have no token"),
        OrganizationCredential.ServicePrincipal => check.Ok("of a service principal: the agents renew it; when its client secret ends cannot be seen"),
        OrganizationCredential.Token { IsEntra: true } token => check.Warning(new(
            "DOCTOR013",
            $"AZP_TOKEN is a Microsoft Entra access token, which ends {End(token.Value)}; agents that start later cannot register.",
            "Use a service principal, or a personal access token.")),
        _ => check.Note(
            _clock.GetUtcNow() < GlobalTokensEnd
                ? "when a personal access token ends cannot be seen with it, nor whether it is of all organizations: such ones stop working on 1 December 2026"
                : "when a personal access token ends cannot be seen with it; such of all organizations have stopped working on 1 December 2026",
            "Let the token be of this one organization."),
    });

    /// <summary>When a JWT ends, by its own words.</summary>
    private static string End(Secret token)
    {
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Reveal().Split('.')[1]));
            return claims.RootElement.TryGetProperty("exp", out var end)
                ? string.Create(CultureInfo.InvariantCulture, $"at {DateTimeOffset.FromUnixTimeSeconds(end.GetInt64()):yyyy-MM-dd HH:mm} UTC")
                : "after about an hour";
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return "after about an hour";
        }
    }

    /// <summary>A part that another check reports on where it fails.</summary>
    private async Task<T?> OrNullAsync<T>(Lazy<Task<T>> part, CancellationToken ct) where T : class
    {
        if (_settings is null)
        {
            return null;
        }

        try
        {
            return await part.Value.WaitAsync(ct);
        }
        catch (ProblemException)
        {
            return null;
        }
    }
}
