using Tidepool.Deployment.Verification;
using Tidepool.Fargate;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;

namespace Tidepool.Deployment.Tests;

/// <summary>The configuration as it stands with an EFS file system, applied to our own ECS endpoint with moto upstream: there tasks really mount it.</summary>
public sealed class ServedFileSystemSpecs(Moto moto) : IClassFixture<Moto>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Applying_it_brings_agents_online_on_one_file_system_plans_show_no_drift_and_destroying_it_leaves_nothing()
    {
        var state = Directory.CreateTempSubdirectory("tidepool-served-efs-");
        try
        {
            var said = new SaidEvents();
            await using var served = await ServedEnvironment.StartAsync(Options(state.FullName), TimeProvider.System, said, Ct);
            var environment = new Dictionary<string, string?>(moto.Environment) { ["AWS_ENDPOINT_URL"] = served.Ecs.Url.AbsoluteUri.TrimEnd('/') };
            using var terraform = await TerraformProcess.InitializedAsync(environment);
            string[] variables =
            [
                "-input=false", "-no-color", "-var-file=terraform.tfvars.example", "-var=storage=efs", "-var=tasks=2", "-var=cluster_name=tide-efs",
                $"-var=azp_url={served.Pipelines.OrganizationUrl}", $"-var=azp_pool={served.Pipelines.Pool}",
                "-var=image=registry.example.org/tidepool-agent:1",
            ];
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables]);
            await ServedToken.PutAsync(served.Ecs.Url, (string)(await terraform.OutputAsync())["token_secret_arn"]!["value"]!, Ct);
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables]);

            var agents = await served.Pipelines.WaitForAgentsAsync(all => all.Count(agent => agent.Status == "online") == 4, Ct).WaitAsync(Limit, Ct);
            Assert.Equal(2, agents.Select(agent => agent.SystemCapabilities!["FARGATE_TASK"]).Distinct().Count());
            var plan = await terraform.RunAsync(["plan", "-detailed-exitcode", .. variables]);
            Assert.True(plan.ExitCode == 0, $"Nothing was to change, and the plan ended with {plan.ExitCode}:\n{plan.Output}\n{plan.Error}");
            var fileSystem = Assert.Single(Directory.GetDirectories(Path.Combine(state.FullName, "storage", "efs")));
            Assert.True(Directory.Exists(Path.Combine(fileSystem, "data", "agents")));
            await VerifyAsync(environment, "tide-efs", "agents");

            await terraform.SucceedAsync(["destroy", "-auto-approve", .. variables]);
            var cluster = Assert.Single((await served.Fargate.DescribeClustersAsync(["tide-efs"], Ct)).Clusters);
            Assert.Equal(("INACTIVE", 0, 0), (cluster.Status, cluster.ActiveServicesCount, cluster.RunningTasksCount));
            Assert.Empty(Directory.GetDirectories(Path.Combine(state.FullName, "storage", "efs")));
            Assert.Empty(Mounts.Under(state.FullName));
            Assert.Empty(said.Texts);
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private ServeOptions Options(string state) => new()
    {
        AgentBinary = Environment.GetEnvironmentVariable("TIDEPOOL_AGENT_BINARY") is { Length: > 0 } binary
            ? binary
            : Path.Combine(Clone.Root, "artifacts", "agent", "tidepool-agent"),
        StateFolder = Path.Combine(state, "environments"),
        StorageFolder = Path.Combine(state, "storage"),
        EcsPort = 0,
        Upstream = moto.Endpoint,
        Token = ServedToken.Value,
    };

    /// <summary>The probes of EFS as in an account: image, network, roles and file system are the service's.</summary>
    private static async Task VerifyAsync(Dictionary<string, string?> environment, string cluster, string service)
    {
        using var nothingDeployed = new TemporaryFolder();
        using var account = await AccountVerification.OpenAsync(
            nothingDeployed.Path,
            environment.Where(variable => variable.Value is not null).Append(new("AWS_REGION", "us-east-1")).ToDictionary(variable => variable.Key, variable => variable.Value!),
            new() { Cluster = cluster, Service = service },
            new Progress<DeploymentEvent>(),
            TimeProvider.System,
            Ct);
        var report = await account.RunAsync([.. StorageProbes.All.Where(probe => probe.Id.StartsWith("efs-", StringComparison.Ordinal))], Ct).WaitAsync(Limit, Ct);
        Assert.All(report.Probes, probe => Assert.True(probe.Verdict == ProbeReport.AsExpected, $"{probe.Id}: {probe.Verdict}, {probe.Observed}"));
        Assert.Equal(3, report.Probes.Count);
    }
}
