using Tidepool.Deployment.Aws;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Deployment.Verification;

/// <summary>What a user says of the account that probes run in; null is what <c>tidepool up</c> deployed.</summary>
public sealed record AccountOptions
{
    public string? Cluster { get; init; }

    /// <summary>A service whose network, roles and image are taken; null for the deployed one, or for none where a cluster is given.</summary>
    public string? Service { get; init; }

    public IReadOnlyList<string> Subnets { get; init; } = [];

    public IReadOnlyList<string> SecurityGroups { get; init; } = [];

    /// <summary>Whether tasks get a public address; null as the service says, else without.</summary>
    public bool? AssignPublicIp { get; init; }

    public string? Image { get; init; }

    public string? ImageVolume { get; init; }

    public string? ExecutionRoleArn { get; init; }

    /// <summary>X86_64 or ARM64.</summary>
    public string? CpuArchitecture { get; init; }

    public string? InfrastructureRoleArn { get; init; }

    public string? FileSystemId { get; init; }

    public string? AccessPointId { get; init; }
}

/// <summary>Where in an account probes run, and with what.</summary>
/// <param name="Place">The cluster, the network.</param>
/// <param name="Setting">The image, the roles.</param>
public sealed record AccountTarget(VerificationPlace Place, ProbeSetting Setting)
{
    /// <summary>Finds out what the options leave open, from a service that runs there.</summary>
    /// <param name="connection">The account; it is the caller's to dispose.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="deployed">What is deployed from this clone: cluster and service; null where nothing is.</param>
    /// <param name="id">Id of the verification.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Ends the look.</param>
    /// <exception cref="ProblemException">VERIFY005: something is neither said nor to be found. AWS003 to AWS011: the account cannot be asked.</exception>
    public static async Task<AccountTarget> FindAsync(
        AwsConnection connection, AccountOptions options, (string Cluster, string Service)? deployed, string id, TimeProvider clock, CancellationToken ct)
    {
        var ecs = new EcsClient(connection);
        var name = options.Service ?? (options.Cluster is null || options.Cluster == deployed?.Cluster ? deployed?.Service : null);
        var cluster = options.Cluster ?? deployed?.Cluster ?? throw Missing("cluster", "--cluster");
        var service = name is null ? null : await ecs.DescribeServiceAsync(cluster, name, ct);
        var definition = service is null ? null : await ecs.DescribeTaskDefinitionAsync(service.TaskDefinition, ct);
        var network = service?.NetworkConfiguration?.AwsvpcConfiguration;
        var image = options.Image ?? definition?.ContainerDefinitions[0].Image ?? throw Missing("image", "--image");
        var fileSystem = definition?.Volumes?.Select(volume => volume.EfsVolumeConfiguration).FirstOrDefault(volume => volume is not null);
        IReadOnlyList<string> subnets = options.Subnets.Count > 0 ? options.Subnets : network?.Subnets ?? [];
        return new(
            new()
            {
                Name = "aws",
                Connection = connection,
                Cluster = cluster,
                Subnets = subnets.Count > 0 ? subnets : throw Missing("subnets", "--subnets"),
                SecurityGroups = options.SecurityGroups.Count > 0 || options.Subnets.Count > 0 ? options.SecurityGroups : network?.SecurityGroups ?? [],
                Volumes = new Ec2Volumes(new(connection), clock),
                AssignPublicIp = options.AssignPublicIp ?? network?.AssignPublicIp is "ENABLED",
            },
            new()
            {
                Id = id,
                Image = image,
                ImageVolume = options.ImageVolume,
                ExecutionRoleArn = options.ExecutionRoleArn ?? definition?.ExecutionRoleArn ?? throw Missing("execution role", "--execution-role"),
                TaskRoleArn = definition?.TaskRoleArn,
                CpuArchitecture = options.CpuArchitecture ?? (options.Image is null ? definition?.RuntimePlatform?.CpuArchitecture : null),

                // The execution role that Terraform makes may write below the cluster's name alone.
                LogGroup = $"/tidepool/{cluster[(cluster.LastIndexOf('/') + 1)..]}/{id}",
                Region = connection.Region,
                InfrastructureRoleArn = options.InfrastructureRoleArn ?? service?.Deployments?
                    .SelectMany(deployment => deployment.VolumeConfigurations ?? []).Select(volume => volume.ManagedVolume?.RoleArn).FirstOrDefault(role => role is not null),
                FileSystem = options.FileSystemId is { } given ? ProbeSetting.FileSystemOf(given, options.AccessPointId) : fileSystem,
            });

        ProblemException Missing(string what, string option) => new(
            "VERIFY005",
            $"It is not known which {what} to use: {(name is null ? "nothing is deployed from this clone, or not all of it" : $"the service {name} does not say it, or is not there")}.",
            $"Give {option}, or deploy with ./tidepool up first.");
    }
}
