using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Rehearsal;

/// <summary>The volume that the agents of a rehearsal have at <c>/shared-storage</c>, as Terraform's module makes it of each kind.</summary>
/// <param name="Volume">As the task definition names it.</param>
/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="Ebs">The EBS volume that each task gets; null for none.</param>
internal sealed record AgentVolume(TaskVolume Volume, string Storage, TaskManagedEbsVolume? Ebs = null)
{
    private const string InfrastructureRole = "arn:aws:iam::000000000000:role/tidepool-infrastructure";

    // That of terraform/variables.tf; it takes the room only that is used.
    private const int EbsGiB = 100;

    // The agents' user in the image, whose files they all are on EFS.
    private const uint AgentId = 1000;
    private const UnixFileMode Permissions = (UnixFileMode)0x1ed; // 0755

    /// <summary>What a service says of it at its launch.</summary>
    public IReadOnlyList<ServiceVolumeConfiguration> OfService => Ebs is null ? [] : [new(Volume.Name, Ebs)];

    /// <summary>What RunTask says of it; the volume goes with its task there too.</summary>
    public IReadOnlyList<TaskVolumeConfiguration> OfTask => Ebs is null ? [] : [new(Volume.Name, Ebs)];

    /// <summary>Makes what tasks need of a kind of storage.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="folder">The environment's folder: an EFS file system is made in it, empty, with an access point.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="ProblemException">EFS001: this machine's disk does not take a file system.</exception>
    public static AgentVolume Of(VolumeKind kind, string folder, TimeProvider clock)
    {
        switch (kind)
        {
            case VolumeKind.Ebs:
                return new(
                    new() { Name = "ebs-storage", ConfiguredAtLaunch = true },
                    "ebs",
                    new() { RoleArn = InfrastructureRole, SizeInGiB = EbsGiB, VolumeType = "gp3", FilesystemType = "xfs" });
            case VolumeKind.Efs:
                var systems = new ElasticFileSystems(Path.Combine(folder, "storage"), clock);
                var system = systems.CreateFileSystem("tidepool");
                var point = systems.CreateAccessPoint(
                    system.Id, "/agents", new(AgentId, AgentId, []), new(AgentId, AgentId, Permissions));
                return new(new() { Name = "efs-storage", EfsVolumeConfiguration = ProbeSetting.FileSystemOf(system.Id, point.Id) }, "efs");
            default:
                return new(new() { Name = AgentTaskDefinition.VolumeName }, "bind");
        }
    }
}
