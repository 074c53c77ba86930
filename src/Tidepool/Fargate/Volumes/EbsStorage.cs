namespace Tidepool.Fargate.Volumes;

/// <summary>An EBS volume and what becomes of it.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="IsAttached">Whether a task of a live environment has it.</param>
/// <param name="UsedBytes">What it takes of this machine's disk; 0 where that cannot be read.</param>
public sealed record StoredEbsVolume(EbsVolume Volume, bool IsAttached, long UsedBytes);

/// <summary>A snapshot.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="UsedBytes">What it takes of this machine's disk; 0 where that cannot be read.</param>
public sealed record StoredEbsSnapshot(EbsSnapshot Snapshot, long UsedBytes);

/// <summary>The EBS volumes and snapshots of this machine: those that were kept, and those that tasks have now.</summary>
/// <param name="storageFolder">What outlives environments.</param>
/// <param name="environmentsFolder">The folder that holds one folder an environment.</param>
/// <param name="clock">Clock of snapshots.</param>
public sealed class EbsStorage(string storageFolder, string environmentsFolder, TimeProvider clock)
{
    private readonly EbsStore _lasting = new(storageFolder);

    /// <summary>All volumes, the oldest first.</summary>
    public IReadOnlyList<StoredEbsVolume> Volumes() =>
    [
        .. Stores().SelectMany(store => store.Volumes().Select(volume => (Store: store, Volume: volume)))
            .OrderBy(found => found.Volume.CreatedAt)
            .Select(found => new StoredEbsVolume(
                found.Volume, IsAttached(found.Volume), UsedBytes(found.Store.FolderOfVolume(found.Volume.VolumeId), found.Volume.IsDisk))),
    ];

    /// <summary>All snapshots, the oldest first.</summary>
    public IReadOnlyList<StoredEbsSnapshot> Snapshots() =>
    [
        .. _lasting.Snapshots()
            .OrderBy(snapshot => snapshot.CreatedAt)
            .Select(snapshot => new StoredEbsSnapshot(snapshot, UsedBytes(_lasting.FolderOfSnapshot(snapshot.SnapshotId), snapshot.IsDisk))),
    ];

    /// <summary>Takes a snapshot of a volume, attached or not. While it is copied, writers of an attached disk wait.</summary>
    /// <param name="volumeId">The volume.</param>
    /// <param name="description">What to call it; null for nothing.</param>
    /// <param name="copied">Told the bytes copied so far; never told of a folder.</param>
    /// <param name="ct">Ends the copy; nothing is left then.</param>
    /// <exception cref="ProblemException">There is no such volume, or it cannot be copied.</exception>
    public async Task<EbsSnapshot> SnapshotAsync(string volumeId, string? description, IProgress<long>? copied, CancellationToken ct)
    {
        await _lasting.SweepAsync(ct);
        var (store, volume) = Stores()
            .SelectMany(store => store.Volumes().Select(volume => (store, volume)))
            .FirstOrDefault(found => found.volume.VolumeId == volumeId);
        if (volume is null)
        {
            throw NotThere(volumeId);
        }

        var snapshot = new EbsSnapshot
        {
            SnapshotId = EbsStore.NewSnapshotId(),
            VolumeId = volumeId,
            SizeGiB = volume.SizeGiB,
            FileSystem = volume.FileSystem,
            IsDisk = volume.IsDisk,
            Description = description,
            CreatedAt = clock.GetUtcNow(),
        };
        try
        {
            await _lasting.AddAsync(snapshot, place => CopyAsync(
                volume, EbsStore.ContentOf(store.FolderOfVolume(volumeId), volume.IsDisk), EbsStore.ContentOf(place, volume.IsDisk), copied, ct));
            return snapshot;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(
                "EBS004", $"No snapshot could be taken of {volumeId}: {e.Message}", "Free space on that disk; where a right is missing, be the user who runs the tasks.");
        }
    }

    /// <summary>Removes volumes that no task has, and snapshots; all of them or, where one cannot be, none.</summary>
    /// <exception cref="ProblemException">One is not there, is attached, or cannot be removed.</exception>
    public async Task RemoveAsync(IReadOnlyList<string> ids, CancellationToken ct)
    {
        await _lasting.SweepAsync(ct);
        var folders = ids.Distinct().Select(FolderOf).ToArray();
        foreach (var folder in folders)
        {
            try
            {
                await TreeRemoval.RemoveAsync(folder, ct);
            }
            catch (IOException e)
            {
                throw new ProblemException("EBS005", $"{Path.GetFileName(folder)} could not be removed: {e.Message}", $"Remove it: sudo rm -rf {folder}");
            }
        }
    }

    /// <summary>Sees whether volumes and snapshots may be removed.</summary>
    /// <exception cref="ProblemException">EBS002: one is not there. EBS003: a task has one.</exception>
    public void CheckRemovable(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            _ = FolderOf(id);
        }
    }

    private static bool IsAttached(EbsVolume volume) => volume.Environment is { } environment && EnvironmentFolder.IsLive(environment);

    private static long UsedBytes(string folder, bool isDisk)
    {
        try
        {
            return isDisk
                ? Runtimes.LinuxCalls.TakenBytes(EbsStore.ContentOf(folder, isDisk))
                : TaskStorage.BytesOf(EbsStore.ContentOf(folder, isDisk));
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task CopyAsync(EbsVolume volume, string from, string to, IProgress<long>? copied, CancellationToken ct)
    {
        if (!volume.IsDisk)
        {
            Directory.CreateDirectory(to);
            await FolderCopy.RunAsync(from, to, ct);
            return;
        }

        await using var frozen = IsAttached(volume) && EbsStore.MountPointOf(volume.Environment!, volume.VolumeId) is var point && Mounts.Under(point).Count > 0
            ? await FrozenDisk.AtAsync(point, ct)
            : null;
        await SparseCopy.RunAsync(from, to, copied, ct);
    }

    private string FolderOf(string id)
    {
        if (_lasting.Snapshot(id) is not null)
        {
            return _lasting.FolderOfSnapshot(id);
        }

        return Volumes().FirstOrDefault(stored => stored.Volume.VolumeId == id) switch
        {
            null => throw NotThere(id),
            { IsAttached: true, Volume: var volume } => throw new ProblemException(
                "EBS003", $"{id} is attached to {volume.TaskArn}.", "Stop the task first."),
            _ => _lasting.FolderOfVolume(id),
        };
    }

    private IEnumerable<EbsStore> Stores() => new[] { storageFolder }
        .Concat(Directory.Exists(environmentsFolder) ? Directory.GetDirectories(environmentsFolder).Where(EnvironmentFolder.IsLive) : [])
        .Select(folder => new EbsStore(folder));

    private static ProblemException NotThere(string id) => new(
        "EBS002", $"There is no {(id.StartsWith("snap-", StringComparison.Ordinal) ? "snapshot" : "EBS volume")} {id} on this machine.", "See what there is: tidepool storage list");
}
