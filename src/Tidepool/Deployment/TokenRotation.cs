using Tidepool.Deployment.Aws;
using Tidepool.Deployment.AzureDevOps;

namespace Tidepool.Deployment;

/// <summary><c>tidepool token rotate</c>: a new token for the agents, without an hour in which there is none.</summary>
public sealed class TokenRotation(Deployed deployed)
{
    private readonly DeploymentPhases _phases = new(deployed.Progress, deployed.Clock);

    /// <summary>Checks the token, puts it, replaces the tasks, and waits until the new agents are online.</summary>
    /// <param name="given">The new token; null for the one of the settings.</param>
    /// <param name="limit">How long to wait for the agents.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<TokenReport> RunAsync(Secret? given, TimeSpan limit, CancellationToken ct)
    {
        var report = new TokenReport();
        try
        {
            var credential = Credential(given);
            var outputs = await deployed.OutputsAsync(ct);
            await _phases.RunAsync("check", $"the new token, at {deployed.Settings.OrganizationUrl}", async () =>
            {
                using var organization = new OrganizationClient(deployed.Settings.OrganizationUrl, credential, deployed.Clock);
                var user = (await organization.ConnectAsync(ct)).User;
                var pool = await organization.GetPoolAsync(outputs.AzpPool, ct);
                return await organization.MayManageAgentsAsync(pool.Id, ct) == false
                    ? throw new ProblemException(
                        "DEPLOY009", $"The new token is {user}'s and may not manage agents of {pool.Name}.", "Give it the scope Agent Pools (Read & manage); nothing was changed.")
                    : new PhaseOutcome<bool>(true, $"it is {user}'s", false);
            });
            var isNew = await _phases.RunAsync("secret", $"the token in {outputs.TokenSecretName}", async () =>
            {
                var put = await new TokenSecret(deployed.Secrets, outputs.TokenSecretArn).PutAsync(credential.Secret, ct);
                return new PhaseOutcome<bool>(put, put ? "put" : "the same as before", put);
            });
            await _phases.RunAsync("service", "new tasks, for containers read the secret when they start", async () =>
            {
                // Asked for even with the same token: the tasks that run may be older than it.
                await deployed.Ecs.UpdateServiceAsync(outputs.ClusterName, outputs.ServiceName, new ServiceUpdate { ForceNewDeployment = true }, ct);
                return new PhaseOutcome<bool>(true, isNew ? "a new deployment" : "a new deployment, though the token is the same", true);
            });
            report = report with
            {
                Agents = await _phases.RunAsync("agents", $"online in the pool {outputs.AzpPool}", async () =>
                {
                    IReadOnlyList<AgentReport> agents = [.. (await new AgentWait(deployed, outputs).RunAsync(limit, ct)).Select(DeploymentStatus.ToReport)];
                    return new PhaseOutcome<IReadOnlyList<AgentReport>>(agents, $"{agents.Count} online", false);
                }),
            };
        }
        catch (Exception e) when (e is ProblemException || (e is OperationCanceledException && ct.IsCancellationRequested))
        {
            report = report with
            {
                Interrupted = e is OperationCanceledException,
                Problems = e is ProblemException { Problem: var problem } ? [problem] : [],
                NothingTried = !_phases.IsDone("check"),
                Standing = [_phases.IsDone("secret")
                    ? "The new token is in its secret; agents that run keep the old one until their tasks are replaced. To go on: ./tidepool token rotate."
                    : "Nothing was changed."],
            };
        }

        return report with { Phases = _phases.Reports };
    }

    private OrganizationCredential Credential(Secret? given) => (given, deployed.Settings.Credential) switch
    {
        (null, var settings) => settings,
        ({ } secret, OrganizationCredential.ServicePrincipal principal) => principal with { ClientSecret = secret },
        ({ } secret, _) => new OrganizationCredential.Token(secret),
    };
}
