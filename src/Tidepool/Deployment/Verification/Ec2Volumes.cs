using Tidepool.Deployment.Aws;
using Tidepool.Storage.Probes;

namespace Tidepool.Deployment.Verification;

/// <summary>EBS volumes and snapshots as EC2 tells them.</summary>
public sealed class Ec2Volumes(Ec2Client ec2, TimeProvider clock) : IProbeVolumes
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestDetaching = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestSnapshot = TimeSpan.FromMinutes(10);

    public Task<string> StateAsync(string volumeId, CancellationToken ct) => ec2.VolumeStateAsync(volumeId, ct);

    public async Task<string> SnapshotAsync(string volumeId, string owner, Action<string> made, CancellationToken ct)
    {
        var id = await ec2.CreateSnapshotAsync(volumeId, owner, ("tidepool:verify-storage", owner), ct);
        made(id);
        return await UntilAsync(async () => await ec2.SnapshotStateAsync(id, ct) is "completed", LongestSnapshot, ct)
            ? id
            : throw new ProblemException(
                "VERIFY008", $"Snapshot {id} was not completed within {LongestSnapshot.TotalMinutes:0} minutes.", "Repeat the command with --only ebs-from-snapshot.");
    }

    public async Task RemoveAsync(string id, CancellationToken ct)
    {
        if (id.StartsWith("snap-", StringComparison.Ordinal))
        {
            await ec2.DeleteSnapshotAsync(id, ct);
            return;
        }

        // ECS lets go of it a while after the task has stopped; where it does not, EC2's refusal says so.
        await UntilAsync(async () => await ec2.VolumeStateAsync(id, ct) is not "in-use", LongestDetaching, ct);
        await ec2.DeleteVolumeAsync(id, ct);
    }

    private async Task<bool> UntilAsync(Func<Task<bool>> look, TimeSpan limit, CancellationToken ct)
    {
        var since = clock.GetTimestamp();
        while (!await look())
        {
            if (clock.GetElapsedTime(since) > limit)
            {
                return false;
            }

            await Task.Delay(Poll, clock, ct);
        }

        return true;
    }
}
