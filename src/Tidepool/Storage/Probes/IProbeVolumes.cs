namespace Tidepool.Storage.Probes;

/// <summary>EBS volumes and snapshots beside ECS: EC2, or what a local environment keeps.</summary>
public interface IProbeVolumes
{
    /// <summary>What a volume is: <c>available</c>, <c>in-use</c>, <c>deleting</c> or <c>deleted</c>.</summary>
    Task<string> StateAsync(string volumeId, CancellationToken ct);

    /// <summary>Takes a snapshot, and waits until volumes can be made from it.</summary>
    /// <param name="volumeId">The volume; no task has it.</param>
    /// <param name="owner">What tags and descriptions call it.</param>
    /// <param name="made">Told the snapshot's id as soon as there is one.</param>
    /// <param name="ct">Ends the wait.</param>
    Task<string> SnapshotAsync(string volumeId, string owner, Action<string> made, CancellationToken ct);

    /// <summary>Removes a volume or a snapshot; one that is gone is no error.</summary>
    Task RemoveAsync(string id, CancellationToken ct);
}
