using Tidepool.AgentProtocol;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.AzureDevOps;
using Tidepool.Deployment.Images;
using Tidepool.Deployment.Infrastructure;

namespace Tidepool.Deployment;

/// <summary>Everything that a deployment is reached through: the settings, Terraform, AWS and the organization.</summary>
public sealed class Deployed : IDisposable
{
    private readonly AwsConnection _aws;

    private Deployed(DeploymentSettings settings, AwsConnection aws, Terraform terraform, IProgress<DeploymentEvent> progress, TimeProvider clock)
    {
        (Settings, _aws, Terraform, Progress, Clock) = (settings, aws, terraform, progress, clock);
        (Ecs, Ecr, Secrets, Logs) = (new(aws), new(aws), new(aws), new(aws, clock));
        Organization = new(settings, clock);
        Docker = new(progress, clock);
    }

    internal DeploymentSettings Settings { get; }
    internal Terraform Terraform { get; }
    internal EcsClient Ecs { get; }
    internal EcrClient Ecr { get; }
    internal SecretsClient Secrets { get; }
    internal LogsClient Logs { get; }
    internal OrganizationClient Organization { get; }
    internal DockerEngine Docker { get; }
    internal IProgress<DeploymentEvent> Progress { get; }
    internal TimeProvider Clock { get; }

    /// <summary>The root module.</summary>
    internal string TerraformFolder => FolderOf(Settings.Root);

    /// <summary>Reads the settings and finds the credentials; asks nobody anything yet.</summary>
    /// <param name="root">The clone's root.</param>
    /// <param name="environment">See <see cref="DeploymentSettings.ProcessEnvironment"/>.</param>
    /// <param name="progress">Hears of what happens; may be called from any thread.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="ProblemsException">The settings have faults.</exception>
    /// <exception cref="ProblemException">There are no credentials, or no region.</exception>
    public static async Task<Deployed> OpenAsync(
        string root, IReadOnlyDictionary<string, string> environment, IProgress<DeploymentEvent> progress, TimeProvider clock, CancellationToken ct)
    {
        var settings = DeploymentSettings.Load(root, environment);
        var aws = await AwsConnection.OpenAsync(settings.Aws, clock, ct);
        return new Deployed(settings, aws, TerraformOf(root, environment, progress, clock), progress, clock);
    }

    /// <summary>The user's Terraform in a clone, with its providers from <c>TIDEPOOL_TF_PLUGIN_DIR</c> where that is set.</summary>
    internal static Terraform TerraformOf(
        string root, IReadOnlyDictionary<string, string> environment, IProgress<DeploymentEvent> progress, TimeProvider clock) =>
        new(FolderOf(root), Path.Combine(root, "artifacts", "deploy"), new Dictionary<string, string>(), progress, clock)
        {
            PluginFolder = environment.GetValueOrDefault("TIDEPOOL_TF_PLUGIN_DIR") is { Length: > 0 } folder ? Path.GetFullPath(folder) : null,
        };

    /// <summary>The outputs of what is deployed.</summary>
    /// <exception cref="ProblemException">DEPLOY004: nothing is.</exception>
    internal async Task<TerraformOutputs> OutputsAsync(CancellationToken ct) => await FindOutputsAsync(ct) ?? throw new ProblemException(
        "DEPLOY004",
        $"Nothing is deployed, or not all of it: the Terraform state of {TerraformFolder} lacks outputs.",
        "Run ./tidepool up. If it was deployed from another clone, run this there, or give both the same backend.");

    /// <summary>The outputs of what is deployed; null when nothing is.</summary>
    /// <exception cref="ProblemException">
    /// DEPLOY013: it is in another region than the settings name. Terraform would look for it there, find nothing, and forget it.
    /// </exception>
    internal async Task<TerraformOutputs?> FindOutputsAsync(CancellationToken ct) => await Terraform.OutputsAsync(ct) switch
    {
        { } outputs when outputs.Region != Settings.Terraform.AwsRegion => throw new ProblemException(
            "DEPLOY013",
            $"The deployment stands in {outputs.Region}, and aws_region is {Settings.Terraform.AwsRegion}.",
            $"Set aws_region back to {outputs.Region} in terraform/terraform.tfvars; to move it, run ./tidepool down there first."),
        var outputs => outputs,
    };

    /// <summary>The pool's agents that are of this deployment: of a task of the service, or offline and of its task definition.</summary>
    /// <remarks>
    /// The task's id in FARGATE_TASK says it for certain as long as ECS knows the task, about an hour after its end. An older one is known by
    /// its family alone, which another account may use too; so only an offline one counts.
    /// </remarks>
    internal async Task<IReadOnlyList<TaskAgent>> AgentsAsync(TerraformOutputs outputs, int poolId, IReadOnlySet<string> taskIds, CancellationToken ct) =>
    [
        .. (await Organization.ListAgentsAsync(poolId, ct)).Where(agent =>
            (Capability(agent, "FARGATE_TASK") is { } task && taskIds.Contains(task))
            || (agent.Status == "offline" && Capability(agent, "FARGATE_REVISION")?.Split(':')[0] == outputs.Family)),
    ];

    /// <summary>All tasks of the service that ECS knows: those that run and those that stopped lately.</summary>
    internal async Task<IReadOnlyList<EcsTask>> TasksAsync(TerraformOutputs outputs, CancellationToken ct)
    {
        var running = await Ecs.ListTasksAsync(outputs.ClusterName, outputs.ServiceName, stopped: false, ct);
        var stopped = await Ecs.ListTasksAsync(outputs.ClusterName, outputs.ServiceName, stopped: true, ct);
        return await Ecs.DescribeTasksAsync(outputs.ClusterName, [.. running.Concat(stopped).Distinct()], ct);
    }

    internal static string? Capability(TaskAgent agent, string name) => agent.SystemCapabilities?.GetValueOrDefault(name);

    internal static string FolderOf(string root) => Path.Combine(root, "terraform");

    public void Dispose()
    {
        Organization.Dispose();
        _aws.Dispose();
    }
}
