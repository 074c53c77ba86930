using System.Text.Json.Nodes;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>EBS volumes as clients of the ECS API have them, with real disks.</summary>
public sealed class EbsVolumeSpecs
{
    [Fact]
    public async Task A_task_has_a_disk_of_the_size_and_type_it_was_given_and_loses_it_with_its_end()
    {
        await using var rig = await EbsRig.StartAsync();
        await rig.RegisterAsync(EbsRig.Container($"""
            findmnt -no FSTYPE /data; stat -c %u:%g:%a /data; ls -A /data; echo x > /data/x; fallocate -l 800M /data/most && echo most fits
            fallocate -l 1G /data/big; {FargateRig.Wait}
            """));

        var run = await rig.RunAsync("\"sizeInGiB\":1,\"volumeType\":\"gp3\"");

        // The real aws command line reads it as its model says.
        var first = run["attachments"]!.AsArray().Single(attachment => (string?)attachment!["type"] == "AmazonElasticBlockStorage")!;
        Assert.Equal(
            $"roleArn={EbsRig.Role} volumeName=v deleteOnTermination=true",
            string.Join(' ', first["details"]!.AsArray().Take(3).Select(detail => $"{detail!["name"]}={detail["value"]}")));
        var arn = (string)run["taskArn"]!;
        var running = await rig.Rig.Rig.RunningAsync(arn);
        var volume = EbsRig.VolumeOf(running);
        Assert.Matches("^vol-[0-9a-f]{17}$", volume);
        Assert.Equal($"ATTACHED roleArn={EbsRig.Role} volumeName=v deleteOnTermination=true volumeId={volume}", EbsRig.Shown(running));
        var log = await rig.Rig.Rig.LogUntilAsync(arn, "agent-1", "No space left");
        Assert.StartsWith("xfs\n0:0:755\nmost fits\n", log, StringComparison.Ordinal);
        Assert.True(Assert.Single(rig.Storage.Volumes()) is { IsAttached: true, Volume: { SizeGiB: 1, DeleteOnTermination: true } });

        var stopped = await rig.Rig.Rig.StopAsync(arn);

        Assert.Equal($"DELETED roleArn={EbsRig.Role} volumeName=v deleteOnTermination=true volumeId={volume}", EbsRig.Shown(stopped));
        Assert.Empty(rig.Storage.Volumes());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(rig.Rig.Rig.EnvironmentFolder, "ebs", "volumes")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(rig.Rig.Rig.EnvironmentFolder, "ebs", "mounted")));
    }

    [Fact]
    public async Task All_containers_of_a_task_share_its_volume_and_no_other_task_does()
    {
        await using var rig = await EbsRig.StartAsync();
        await rig.RegisterAsync(
            EbsRig.Container($"ls -A /data; echo $HOSTNAME > /data/from; {FargateRig.Wait}"),
            EbsRig.Container("until [ -s /data/from ]; do sleep 0.01; done; [ $(cat /data/from) = $HOSTNAME ] && echo shared", name: "agent-2", essential: false));

        var run = await rig.Rig.AskAsync("RunTask", $$"""
            {"cluster":"c","taskDefinition":"f","count":2,"launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}},
             "volumeConfigurations":{{EbsRig.Configuration("\"sizeInGiB\":1,\"filesystemType\":\"ext4\"")}} }
            """);

        foreach (var arn in run["tasks"]!.AsArray().Select(task => (string)task!["taskArn"]!))
        {
            Assert.Equal("shared\n", await rig.Rig.Rig.LogUntilAsync(arn, "agent-2", "shared"));
            Assert.Equal("lost+found\n", rig.Log(arn));
        }

        Assert.Equal(2, rig.Storage.Volumes().Count(stored => stored.IsAttached));
    }

    [Theory]
    [InlineData("agent", "0:{g}:2775 1000 1000,{g}\n1000:{g}\n")] // the container definition's user is put into the volume's group
    [InlineData(null, "0:0:755 1000 1000\nbash: line 1: /data/x: Permission denied\n")] // a user whom only the image names is not
    [InlineData("root", "0:0:755 0 0\n0:0\n")]
    public async Task A_user_of_the_container_definition_who_is_not_root_may_write(string? user, string said)
    {
        await using var rig = await EbsRig.StartAsync();
        await rig.RegisterAsync(EbsRig.Container(
            "echo $(stat -c %u:%g:%a /data) $(id -u) $(id -G | tr ' ' ,); echo x > /data/x && stat -c %u:%g /data/x", user));

        var task = await rig.RunToEndAsync("\"sizeInGiB\":1");

        var group = Tidepool.Storage.EbsVolumeOwner.GroupOf(EbsRig.VolumeOf(task));
        Assert.Equal(said.Replace("{g}", $"{group}", StringComparison.Ordinal), rig.Log(task.TaskArn));
    }

    [Fact]
    public async Task A_kept_volume_comes_back_only_as_a_snapshot_in_a_volume_that_may_be_larger()
    {
        await using var rig = await EbsRig.StartAsync();
        await rig.RegisterAsync(EbsRig.Container("cat /data/x; df --output=size -BM /data | tail -1; echo kept >> /data/x"));
        var first = await rig.RunToEndAsync("\"sizeInGiB\":1,\"terminationPolicy\":{\"deleteOnTermination\":false}");
        var volume = EbsRig.VolumeOf(first);
        Assert.Equal($"DETACHED roleArn={EbsRig.Role} volumeName=v deleteOnTermination=false volumeId={volume}", EbsRig.Shown(first));
        Assert.True(Assert.Single(rig.Storage.Volumes()) is { IsAttached: false, UsedBytes: > 0 and < 200 << 20 } kept && kept.Volume.VolumeId == volume);

        var snapshot = await rig.Storage.SnapshotAsync(volume, "of a test", null, FargateRig.Ct);

        var second = await rig.RunToEndAsync($"\"snapshotId\":\"{snapshot.SnapshotId}\",\"sizeInGiB\":2");
        Assert.Matches(@"^kept\n *(19|20)\d\dM\n$", rig.Log(second.TaskArn));
        Assert.NotEqual(volume, EbsRig.VolumeOf(second));

        // Without a size it has the snapshot's; what the second task wrote went with it.
        var third = await rig.RunToEndAsync($"\"snapshotId\":\"{snapshot.SnapshotId}\"");
        Assert.Matches(@"^kept\n *9\d\dM\n$", rig.Log(third.TaskArn));

        var other = await rig.RunToEndAsync($"\"snapshotId\":\"{snapshot.SnapshotId}\",\"filesystemType\":\"ext4\"");
        Assert.Equal(
            (EcsStopCode.TaskFailedToStart, "ECS timed out while configuring the EBS volume attachment to your Task."), (other.StopCode, other.StoppedReason));
        Assert.Equal(
            $"FAILED roleArn={EbsRig.Role} volumeName=v deleteOnTermination=true statusReason=ECS timed out while configuring the EBS volume attachment to your Task.",
            EbsRig.Shown(other));

        await rig.Storage.RemoveAsync([volume, snapshot.SnapshotId], FargateRig.Ct);
        Assert.Empty(rig.Storage.Volumes());
        Assert.Empty(rig.Storage.Snapshots());
    }

    [Theory]
    [InlineData("ext3")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public async Task A_snapshot_of_an_attached_volume_holds_what_was_written_and_the_task_goes_on(string fileSystem)
    {
        await using var rig = await EbsRig.StartAsync();
        await rig.RegisterAsync(EbsRig.Container(
            "cat /data/x; df --output=size -BM /data | tail -1; for i in $(seq 1000000); do echo $i > /data/x || break; echo $i; [ $i = 3 ] && sleep 0.1; done > /tmp/said & echo begun; wait $!"));
        var writer = (string)(await rig.RunAsync($"\"sizeInGiB\":1,\"filesystemType\":\"{fileSystem}\""))["taskArn"]!;
        await rig.Rig.Rig.LogUntilAsync(writer, "agent-1", "begun");
        var volume = EbsRig.VolumeOf(await rig.Rig.Rig.RunningAsync(writer));
        var written = Path.Combine(rig.Rig.Rig.EnvironmentFolder, "ebs", "mounted", volume, "x");
        await Condition.UntilAsync(() => File.Exists(written), "the first write");
        var refused = await Assert.ThrowsAsync<ProblemException>(() => rig.Storage.RemoveAsync([volume], FargateRig.Ct));
        Assert.Equal($"EBS003: {volume} is attached to {writer}. Stop the task first.", refused.Message);

        var snapshot = await rig.Storage.SnapshotAsync(volume, null, null, FargateRig.Ct);

        var before = File.ReadAllText(written);
        await Condition.UntilAsync(() => File.ReadAllText(written) != before, "another write");
        var reader = (string)(await rig.RunAsync($"\"snapshotId\":\"{snapshot.SnapshotId}\",\"filesystemType\":\"{fileSystem}\",\"sizeInGiB\":2"))["taskArn"]!;
        var shown = await rig.Rig.Rig.UntilAsync(reader, task => task.LastStatus is EcsTaskStatus.Running or EcsTaskStatus.Stopped);
        Assert.True(shown.StopCode is null, $"{shown.StopCode}: {shown.StoppedReason}");
        Assert.Matches(@"^\d*\n? *(19|20)\d\dM\nbegun\n$", await rig.Rig.Rig.LogUntilAsync(reader, "agent-1", "begun"));
    }

    [Fact]
    public async Task A_service_shows_its_volume_in_each_deployment_and_changes_it_by_a_new_one()
    {
        await using var rig = await EbsRig.StartAsync();
        await rig.RegisterAsync(EbsRig.Container(FargateRig.Wait));
        await rig.Rig.AwsAsync(
            "ecs", "create-service", "--cluster", "c", "--service-name", "s", "--task-definition", "f", "--desired-count", "1", "--launch-type", "FARGATE",
            "--network-configuration", EcsRig.Network,
            "--volume-configurations", EbsRig.Configuration("\"sizeInGiB\":1,\"tagSpecifications\":[{\"resourceType\":\"volume\",\"propagateTags\":\"SERVICE\"}]"),
            "--tags", "key=team,value=sea");
        await rig.Rig.AwsAsync("ecs", "wait", "services-stable", "--cluster", "c", "--services", "s");
        var stored = Assert.Single(rig.Storage.Volumes());
        Assert.Equal(
            "AmazonECSCreated=true AmazonECSManaged=true team=sea", string.Join(' ', stored.Volume.Tags.Select(tag => $"{tag.Key}={tag.Value}")));

        // Null leaves it and triggers nothing; neither does the same again.
        await rig.Rig.AwsAsync("ecs", "update-service", "--cluster", "c", "--service", "s", "--desired-count", "2");
        await rig.Rig.AwsAsync("ecs", "wait", "services-stable", "--cluster", "c", "--services", "s");
        Assert.Equal(["1"], await SizesAsync(rig));
        Assert.Equal(2, rig.Storage.Volumes().Count);

        await rig.Rig.AwsAsync(
            "ecs", "update-service", "--cluster", "c", "--service", "s", "--desired-count", "1", "--volume-configurations", EbsRig.Configuration("\"sizeInGiB\":2"));
        Assert.Equal("2", (await SizesAsync(rig))[0]);
        await rig.Rig.AwsAsync("ecs", "wait", "services-stable", "--cluster", "c", "--services", "s");
        Assert.Equal(["2"], await SizesAsync(rig));
        Assert.Equal([2], rig.Storage.Volumes().Select(volume => volume.Volume.SizeGiB));
        Assert.Equal(
            "InvalidParameterException: Volume configuration must be provided for the volume 'v' that is configuredAtLaunch in the task definition.",
            await rig.Rig.RefusedAsync("UpdateService", """{"cluster":"c","service":"s","volumeConfigurations":[]}"""));

        await rig.Rig.AskAsync("DeleteService", """{"cluster":"c","service":"s","force":true}""");
        await rig.Rig.AwsAsync("ecs", "wait", "services-inactive", "--cluster", "c", "--services", "s");
        Assert.Empty(rig.Storage.Volumes());
    }

    private static async Task<string[]> SizesAsync(EbsRig rig) =>
    [
        .. (await rig.Rig.AwsAsync("ecs", "describe-services", "--cluster", "c", "--services", "s"))!["services"]![0]!["deployments"]!.AsArray()
            .Select(deployment => $"{deployment!["volumeConfigurations"]![0]!["managedEBSVolume"]!["sizeInGiB"]}"),
    ];
}
