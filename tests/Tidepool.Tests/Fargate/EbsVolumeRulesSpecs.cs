using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

public sealed class EbsVolumeRulesSpecs
{
    private const string Role = "arn:aws:iam::000000000000:role/ecsInfrastructureRole";
    private const string Invalid = "ECS managed EBS volume configuration was invalid for volume 'v'. Encountered '";

    [Theory]
    [InlineData("gp2", 1)]
    [InlineData("gp2", 16384)]
    [InlineData("gp3", 16384, 16000, 1000)]
    [InlineData("gp3", 6, 3000, 125)]
    [InlineData("gp3", 1, 3000, 750)]
    [InlineData("io1", 4, 200)]
    [InlineData("io2", 300, 256000)]
    [InlineData("st1", 125)]
    [InlineData("sc1", 16384)]
    [InlineData(null, 1)]
    public void What_AWS_states_as_valid_is_taken(string? type, int size, int? iops = null, int? throughput = null) =>
        Assert.Equal("v", Checked(Volume(type, size, iops, throughput))?.Name);

    [Theory]
    [InlineData("gp3", 0, null, null, "InvalidParameterValue' error from AmazonEC2: \"Volume of 0GiB is too small; minimum is 1GiB.\"")]
    [InlineData("io1", 3, 100, null, "InvalidParameterValue' error from AmazonEC2: \"Volume of 3GiB is too small; minimum is 4GiB.\"")]
    [InlineData("sc1", 124, null, null, "InvalidParameterValue' error from AmazonEC2: \"Volume of 124GiB is too small; minimum is 125GiB.\"")]
    [InlineData("gp2", 16385, null, null, "InvalidParameterValue' error from AmazonEC2: \"Volume of 16385GiB is too large for volume type gp2; maximum is 16384GiB.\"")]
    [InlineData("io2", 4, null, null, "MissingParameter' error from AmazonEC2: \"The request must contain the parameter iops for volume type io2.\"")]
    [InlineData("gp3", 9, 2999, null, "InvalidParameterValue' error from AmazonEC2: \"Volume iops of 2999 is too low; minimum is 3000.\"")]
    [InlineData("gp3", 99, 16001, null, "InvalidParameterValue' error from AmazonEC2: \"Volume iops of 16001 is too high; maximum is 16000.\"")]
    [InlineData("gp3", 20, 15000, null, "InvalidParameterValue' error from AmazonEC2: \"Iops to volume size ratio of 750.000000 is too high; maximum is 500\"")]
    [InlineData("st1", 125, 100, null, "InvalidParameterCombination' error from AmazonEC2: \"The parameter iops is not supported for st1 volumes.\"")]
    [InlineData("gp2", 9, null, 125, "InvalidParameterCombination' error from AmazonEC2: \"The parameter throughput is not supported for gp2 volumes.\"")]
    [InlineData("gp3", 9, null, 1001, "InvalidParameterValue' error from AmazonEC2: \"Volume throughput of 1001 MiB/s is not valid; it must be 125 to 1000.\"")]
    [InlineData("gp3", 9, null, 1000, "InvalidParameterValue' error from AmazonEC2: \"Throughput (MiB/s) to iops ratio of 0.333333 is too high; maximum is 0.250000 MiB/s per iops.\"")]
    [InlineData("standard", 9, null, null, "InvalidParameterValue' error from AmazonEC2: \"Volume type standard is not supported on Fargate.\"")]
    [InlineData("gp4", 9, null, null, "UnknownVolumeType' error from AmazonEC2: \"Unsupported volume type 'gp4' for volume creation.\"")]
    public void What_EC2_would_not_make_is_refused_with_its_words(string type, int size, int? iops, int? throughput, string refusal) =>
        Assert.Equal(Invalid + refusal, Refusal(Volume(type, size, iops, throughput)));

    [Theory]
    [InlineData("snap-1", null, null, null)]
    [InlineData("snap-1", 10, null, null)]
    [InlineData("snap-1", null, 100, null)]
    [InlineData("snap-1", 9, null, Invalid + "InvalidParameterValue' error from AmazonEC2: \"Volume of 9GiB is smaller than snapshot 'snap-1', expect size >= 10GiB.\"")]
    [InlineData("snap-2", 10, null, Invalid + "InvalidSnapshot.NotFound' error from AmazonEC2: \"The snapshot 'snap-2' does not exist.\"")]
    [InlineData("snap-1", null, 99, Invalid + "InvalidParameterValue' error from AmazonEC2: \"The volume initialization rate of 99 MiB/s is not valid; it must be 100 to 300.\"")]
    [InlineData(null, null, null, "Either sizeInGiB or snapshotId must be provided in the configuration of volume 'v'.")]
    [InlineData(null, 1, 100, "volumeInitializationRate can be specified for volume 'v' only with a snapshotId.")]
    public void A_volume_is_as_large_as_its_snapshot_or_larger(string? snapshot, int? size, int? rate, string? refusal)
    {
        var volume = new ManagedEbsVolume { RoleArn = Role, SnapshotId = snapshot, SizeInGiB = size, VolumeInitializationRate = rate };

        Assert.Equal(refusal, Refusal(volume));
    }

    [Theory]
    [InlineData("ext3", null)]
    [InlineData("ext4", null)]
    [InlineData("xfs", null)]
    [InlineData("ntfs", "Invalid filesystemType 'ntfs' for volume 'v'. Valid values for Linux are ext3, ext4 and xfs.")]
    [InlineData("XFS", "Invalid filesystemType 'XFS' for volume 'v'. Valid values for Linux are ext3, ext4 and xfs.")]
    public void Linux_has_three_file_systems(string fileSystem, string? refusal) =>
        Assert.Equal(refusal, Refusal(Volume("gp3", 1) with { FilesystemType = fileSystem }));

    [Theory]
    [InlineData("volume", null, "team", null)]
    [InlineData("volume", "TASK_DEFINITION", "team", null)]
    [InlineData("volume", "NONE", "team", null)]
    [InlineData("volume", "SERVICE", "team", "Invalid propagateTags 'SERVICE' in tagSpecifications of volume 'v'.")]
    [InlineData("snapshot", null, "team", "Invalid resourceType 'snapshot' in tagSpecifications of volume 'v'. The valid value is volume.")]
    [InlineData("volume", null, "AmazonECSManaged", "The tag key 'AmazonECSManaged' in tagSpecifications of volume 'v' is reserved.")]
    public void Tags_are_of_volumes_and_some_keys_are_the_services(string type, string? propagate, string key, string? refusal) =>
        Assert.Equal(refusal, Refusal(Volume("gp3", 1) with { TagSpecifications = [new(type, [new(key, "sea")], propagate)] }));

    [Fact]
    public void The_configuration_is_of_the_one_volume_that_the_task_definition_leaves_to_it()
    {
        var volume = Volume("gp3", 1);
        (string, ManagedEbsVolume?)[] one = [("v", volume)];

        Assert.Null(EbsVolumeRules.Checked(Definition(configured: false), [], NoSnapshot));
        Assert.Equal(("v", volume), EbsVolumeRules.Checked(Definition(), one, NoSnapshot));
        Assert.Equal(
            "Volume configuration must be provided for the volume 'v' that is configuredAtLaunch in the task definition.",
            Refusal(() => EbsVolumeRules.Checked(Definition(), [], NoSnapshot)));
        Assert.Equal(
            "Volume configuration provided but no matching configuredAtLaunch volume found in task definition.",
            Refusal(() => EbsVolumeRules.Checked(Definition(configured: false), one, NoSnapshot)));
        Assert.Equal(
            "Volume configuration provided but no matching configuredAtLaunch volume found in task definition.",
            Refusal(() => EbsVolumeRules.Checked(Definition(), [("other", volume)], NoSnapshot)));
        Assert.Equal("Only one volume configuration can be provided.", Refusal(() => EbsVolumeRules.Checked(Definition(), [.. one, .. one], NoSnapshot)));
        Assert.Equal(
            "managedEBSVolume must be provided in the configuration of volume 'v'.", Refusal(() => EbsVolumeRules.Checked(Definition(), [("v", null)], NoSnapshot)));
        Assert.Equal("Invalid roleArn 'me' in the configuration of volume 'v'.", Refusal(volume with { RoleArn = "me" }));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("0", false)]
    [InlineData("root:agent", false)]
    [InlineData("agent", true)]
    [InlineData("1000:1000", true)]
    public void Only_a_user_of_the_container_definition_who_is_not_root_gets_the_volumes_group(string? user, bool gets)
    {
        var owner = EbsVolumeOwner.Of("vol-0123456789abcdef0", ["root", user]);

        Assert.Equal(gets ? new(0, EbsVolumeOwner.GroupOf("vol-0123456789abcdef0"), (UnixFileMode)0x5fd) : BindVolume.Default, owner);
        Assert.InRange(EbsVolumeOwner.GroupOf("vol-0ffffffffffffffff"), 30000, 59999);
    }

    private static EbsSnapshot? NoSnapshot(string id) => null;

    private static ManagedEbsVolume Volume(string? type, int size, int? iops = null, int? throughput = null) =>
        new() { RoleArn = Role, VolumeType = type, SizeInGiB = size, Iops = iops, Throughput = throughput };

    private static (string Name, ManagedEbsVolume Volume)? Checked(ManagedEbsVolume volume) => EbsVolumeRules.Checked(
        Definition(),
        [("v", volume)],
        id => id is "snap-1"
            ? new() { SnapshotId = id, VolumeId = "vol-1", SizeGiB = 10, FileSystem = "xfs", IsDisk = true, CreatedAt = default }
            : null,
        "TASK_DEFINITION");

    private static string? Refusal(ManagedEbsVolume volume) => Refusal(() => Checked(volume));

    private static string? Refusal(Func<object?> check) => Record.Exception(() => check()) switch
    {
        null => null,
        EcsException { Type: EcsErrorType.InvalidParameterException } refused => refused.Message,
        var other => throw other,
    };

    private static TaskDefinition Definition(bool configured = true) => new(
        FargateRig.Definition() with { Volumes = [new() { Name = "v", ConfiguredAtLaunch = configured ? true : null }] }, "arn", 1);
}
