using System.Text.Json.Nodes;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Verification;

namespace Tidepool.Deployment.Tests.Aws;

/// <summary>EBS volumes and snapshots, from a real moto_server.</summary>
public sealed class Ec2ClientSpecs(Moto moto) : IClassFixture<Moto>
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_volume_is_looked_at_copied_to_a_snapshot_with_a_tag_and_removed_with_it()
    {
        var made = JsonNode.Parse(await AwsProcess.SucceedAsync(moto, "ec2", "create-volume", "--size", "1", "--availability-zone", "us-east-1a"))!;
        var volume = (string)made["VolumeId"]!;
        using var connection = await AwsConnection.OpenAsync(
            new() { Region = "us-east-1", Environment = moto.Environment.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!) },
            TimeProvider.System,
            Ct);
        var volumes = new Ec2Volumes(new(connection), TimeProvider.System);
        Assert.Equal("available", await volumes.StateAsync(volume, Ct));

        var told = "";
        var snapshot = await volumes.SnapshotAsync(volume, "tidepool-verify-1 & more", id => told = id, Ct);
        Assert.Equal(told, snapshot);
        var seen = JsonNode.Parse(await AwsProcess.SucceedAsync(moto, "ec2", "describe-snapshots", "--snapshot-ids", snapshot))!["Snapshots"]![0]!;
        Assert.Equal((volume, "tidepool-verify-1 & more"), ((string?)seen["VolumeId"], (string?)seen["Description"]));
        Assert.Equal("tidepool:verify-storage tidepool-verify-1 & more", $"{seen["Tags"]![0]!["Key"]} {seen["Tags"]![0]!["Value"]}");

        foreach (var id in (string[])[snapshot, snapshot, volume, volume])
        {
            await volumes.RemoveAsync(id, Ct);
        }

        Assert.Equal("deleted", await volumes.StateAsync(volume, Ct));
    }
}
