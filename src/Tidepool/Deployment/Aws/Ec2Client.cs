using System.Xml.Linq;

namespace Tidepool.Deployment.Aws;

/// <summary>EC2, as far as EBS volumes and snapshots need it. Every call may throw AWS003 to AWS011.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html</remarks>
public sealed class Ec2Client(AwsConnection connection)
{
    private const string Version = "2016-11-15";

    /// <summary>What a volume is, as in <c>available</c>; <c>deleted</c> where there is none of the id.</summary>
    public async Task<string> VolumeStateAsync(string volumeId, CancellationToken ct) =>
        await StateAsync("DescribeVolumes", ("VolumeId.1", volumeId), "InvalidVolume.NotFound", ct) ?? "deleted";

    /// <summary>What a snapshot is: <c>pending</c>, <c>completed</c> or <c>error</c>; null where there is none of the id.</summary>
    public Task<string?> SnapshotStateAsync(string snapshotId, CancellationToken ct) =>
        StateAsync("DescribeSnapshots", ("SnapshotId.1", snapshotId), "InvalidSnapshot.NotFound", ct);

    /// <summary>Begins a snapshot.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateSnapshotAsync(string volumeId, string description, (string Key, string Value) tag, CancellationToken ct)
    {
        var reply = await connection.QueryAsync(
            AwsService.Ec2,
            "CreateSnapshot",
            Version,
            [
                ("VolumeId", volumeId), ("Description", description),
                ("TagSpecification.1.ResourceType", "snapshot"), ("TagSpecification.1.Tag.1.Key", tag.Key), ("TagSpecification.1.Tag.1.Value", tag.Value),
            ],
            ct);
        return Elements(reply, "snapshotId").First().Value;
    }

    /// <summary>Deletes a volume that nothing has attached; one that is gone is no error.</summary>
    public Task DeleteVolumeAsync(string volumeId, CancellationToken ct) => DeleteAsync("DeleteVolume", ("VolumeId", volumeId), "InvalidVolume.NotFound", ct);

    /// <summary>Deletes a snapshot; one that is gone is no error.</summary>
    public Task DeleteSnapshotAsync(string snapshotId, CancellationToken ct) => DeleteAsync("DeleteSnapshot", ("SnapshotId", snapshotId), "InvalidSnapshot.NotFound", ct);

    private async Task<string?> StateAsync(string operation, (string, string) id, string notFound, CancellationToken ct)
    {
        var (reply, refusal) = await connection.TryQueryAsync(AwsService.Ec2, operation, Version, [id], ct);
        return refusal switch
        {
            null => Elements(reply!, "status").FirstOrDefault()?.Value,
            _ when refusal.Code == notFound => null,
            _ => throw refusal.ToException(),
        };
    }

    private async Task DeleteAsync(string operation, (string, string) id, string notFound, CancellationToken ct)
    {
        var (_, refusal) = await connection.TryQueryAsync(AwsService.Ec2, operation, Version, [id], ct);
        if (refusal is not null && refusal.Code != notFound)
        {
            throw refusal.ToException();
        }
    }

    private static IEnumerable<XElement> Elements(XElement reply, string name) => reply.Descendants().Where(element => element.Name.LocalName == name);
}
