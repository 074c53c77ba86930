using Tidepool.Fargate.Volumes;
using Tidepool.Rehearsal;

namespace Tidepool.Deployment.Tests;

/// <summary>The configuration as it stands, applied to our own ECS endpoint with moto upstream: there tasks really run.</summary>
public sealed class ServedTerraformSpecs(Moto moto) : IClassFixture<Moto>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly SaidEvents _said = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Applying_it_brings_agents_online_plans_show_no_drift_and_destroying_it_leaves_nothing()
    {
        var state = Directory.CreateTempSubdirectory("tidepool-served-");
        try
        {
            await using var served = await ServedEnvironment.StartAsync(Options(state.FullName), TimeProvider.System, _said, Ct);
            var environment = new Dictionary<string, string?>(moto.Environment) { ["AWS_ENDPOINT_URL"] = served.Ecs.Url.AbsoluteUri.TrimEnd('/') };
            using var terraform = await TerraformProcess.InitializedAsync(environment);
            string[] variables =
            [
                "-input=false", "-no-color", "-var-file=terraform.tfvars.example", "-var=storage=bind", "-var=cluster_name=tide",
                $"-var=azp_url={served.Pipelines.OrganizationUrl}", $"-var=azp_pool={served.Pipelines.Pool}",
                "-var=image=registry.example.org/tidepool-agent:1",
            ];
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables]);
            var outputs = await terraform.OutputAsync();
            Assert.Equal(("""["token"]""", 0), (outputs["waiting_for"]!["value"]!.ToJsonString(), (int)outputs["desired_count"]!["value"]!));
            await PlanAsync(terraform, variables);
            Assert.Empty(served.Pipelines.Agents);

            await ServedToken.PutAsync(served.Ecs.Url, (string)outputs["token_secret_arn"]!["value"]!, Ct);
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables]);
            var agents = await served.Pipelines.WaitForAgentsAsync(all => all.Count(agent => agent.Status == "online") == 2, Ct).WaitAsync(Limit, Ct);
            Assert.Equal(["agent-1", "agent-2"], agents.Select(agent => agent.SystemCapabilities!["FARGATE_CONTAINER"]).Order());
            Assert.Single(agents.Select(agent => agent.SystemCapabilities!["FARGATE_TASK"]).Distinct());
            await PlanAsync(terraform, variables);

            // Another size is another revision: a new task comes, the old one goes.
            variables = [.. variables, "-var=memory=4096", "-var=tags={team=\"sea\"}"];
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables]);
            var service = await served.Fargate.WaitForServiceAsync(
                "tide", "agents", seen => seen.Deployments is [{ RolloutState: "COMPLETED" }] && seen.RunningCount == 1, Ct).WaitAsync(Limit, Ct);
            Assert.EndsWith(":2", service.TaskDefinition, StringComparison.Ordinal);
            Assert.Contains(service.Tags!, tag => tag is { Key: "team", Value: "sea" });
            await PlanAsync(terraform, variables);

            await terraform.SucceedAsync(["destroy", "-auto-approve", .. variables]);
            var cluster = Assert.Single((await served.Fargate.DescribeClustersAsync(["tide"], Ct)).Clusters);
            Assert.Equal(("INACTIVE", 0, 0), (cluster.Status, cluster.ActiveServicesCount, cluster.RunningTasksCount));
            Assert.Empty(Directory.GetDirectories(Path.Combine(served.Folder, "tasks")));
            Assert.Empty(_said.Texts);
            Assert.DoesNotContain(await served.Fargate.ListTaskDefinitionsAsync(Ct), definition => definition.Status == "ACTIVE");
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task With_EBS_each_task_has_a_disk_of_its_own_that_plans_leave_alone_and_nothing_outlives()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount disks.");
        var state = Directory.CreateTempSubdirectory("tidepool-served-");
        try
        {
            await using var served = await ServedEnvironment.StartAsync(Options(state.FullName), TimeProvider.System, _said, Ct);
            var environment = new Dictionary<string, string?>(moto.Environment) { ["AWS_ENDPOINT_URL"] = served.Ecs.Url.AbsoluteUri.TrimEnd('/') };
            using var terraform = await TerraformProcess.InitializedAsync(environment);
            string[] variables =
            [
                "-input=false", "-no-color", "-var-file=terraform.tfvars.example", "-var=storage=ebs", "-var=cluster_name=ebb",
                $"-var=azp_url={served.Pipelines.OrganizationUrl}", $"-var=azp_pool={served.Pipelines.Pool}",
                "-var=image=registry.example.org/tidepool-agent:1",
            ];
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables, "-var=ebs={size_gib=2}"]);
            await ServedToken.PutAsync(served.Ecs.Url, (string)(await terraform.OutputAsync())["token_secret_arn"]!["value"]!, Ct);
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables, "-var=ebs={size_gib=2}"]);
            await served.Pipelines.WaitForAgentsAsync(all => all.Count(agent => agent.Status == "online") == 2, Ct).WaitAsync(Limit, Ct);
            var storage = new EbsStorage(Path.Combine(state.FullName, "storage"), state.FullName, TimeProvider.System);
            var volume = Assert.Single(storage.Volumes()).Volume;
            Assert.Equal((2, "xfs", "gp3", true, true), (volume.SizeGiB, volume.FileSystem, volume.VolumeType, volume.DeleteOnTermination, volume.IsDisk));
            Assert.Contains(volume.Tags, tag => tag.Key is "AmazonECSManaged");
            await PlanAsync(terraform, [.. variables, "-var=ebs={size_gib=2}"]);

            // Another volume is another deployment: a new task comes with it, the old one goes and takes its own along.
            await terraform.SucceedAsync(["apply", "-auto-approve", .. variables, "-var=ebs={size_gib=3,file_system=\"ext4\"}"]);
            await served.Fargate.WaitForServiceAsync(
                "ebb", "agents",
                seen => seen.Deployments is [{ RolloutState: "COMPLETED", VolumeConfigurations: [{ ManagedEbsVolume.SizeInGiB: 3 }] }], Ct).WaitAsync(Limit, Ct);
            var next = Assert.Single(storage.Volumes()).Volume;
            Assert.Equal((3, "ext4"), (next.SizeGiB, next.FileSystem));
            await PlanAsync(terraform, [.. variables, "-var=ebs={size_gib=3,file_system=\"ext4\"}"]);

            await terraform.SucceedAsync(["destroy", "-auto-approve", .. variables, "-var=ebs={size_gib=3,file_system=\"ext4\"}"]);
            Assert.Equal(0, Assert.Single((await served.Fargate.DescribeClustersAsync(["ebb"], Ct)).Clusters).RunningTasksCount);
            Assert.Empty(storage.Volumes());
            Assert.Empty(_said.Texts);
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
        StateFolder = state,
        EcsPort = 0,
        Upstream = moto.Endpoint,
        Token = ServedToken.Value,
    };

    private static async Task PlanAsync(TerraformProcess terraform, string[] variables)
    {
        var plan = await terraform.RunAsync(["plan", "-detailed-exitcode", .. variables]);
        Assert.True(plan.ExitCode == 0, $"Nothing was to change, and the plan ended with {plan.ExitCode}:\n{plan.Output}\n{plan.Error}");
    }
}
