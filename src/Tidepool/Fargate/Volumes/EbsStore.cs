using System.Security.Cryptography;
using System.Text.Json;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>EBS volumes and snapshots in one folder: each a folder of its own with its content and a document of what it is.</summary>
/// <param name="folder">The storage folder, or that of an environment. Need not exist.</param>
internal sealed class EbsStore(string folder)
{
    private const string DiskName = "disk.img";
    private const string FolderName = "files";
    private const string DocumentName = "about.json";

    // What is not whole yet is found by no one, and removed by whoever finds that its maker is gone.
    private const string Unfinished = ".unfinished";

    private readonly string _volumes = Path.Combine(folder, "ebs", "volumes");
    private readonly string _snapshots = Path.Combine(folder, "ebs", "snapshots");

    /// <summary>A new volume's id.</summary>
    public static string NewVolumeId() => $"vol-0{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>A new snapshot's id.</summary>
    public static string NewSnapshotId() => $"snap-0{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>Where a volume is, whether it is there or not.</summary>
    public string FolderOfVolume(string volumeId) => Path.Combine(_volumes, volumeId);

    /// <summary>Where a snapshot is, whether it is there or not.</summary>
    public string FolderOfSnapshot(string snapshotId) => Path.Combine(_snapshots, snapshotId);

    /// <summary>The disk image, or the folder, in the folder of a volume or snapshot.</summary>
    public static string ContentOf(string folder, bool isDisk) => Path.Combine(folder, isDisk ? DiskName : FolderName);

    /// <summary>Where a volume's disk is mounted for a task of an environment.</summary>
    public static string MountPointOf(string environmentFolder, string volumeId) => Path.Combine(environmentFolder, "ebs", "mounted", volumeId);

    /// <summary>All volumes.</summary>
    public IEnumerable<EbsVolume> Volumes() => Read<EbsVolume>(_volumes);

    /// <summary>All snapshots.</summary>
    public IEnumerable<EbsSnapshot> Snapshots() => Read<EbsSnapshot>(_snapshots);

    /// <summary>A snapshot by its id; null when there is none.</summary>
    public EbsSnapshot? Snapshot(string snapshotId) => Snapshots().FirstOrDefault(snapshot => snapshot.SnapshotId == snapshotId);

    /// <summary>Writes what a volume is.</summary>
    public void Write(EbsVolume volume) => WriteDocument(FolderOfVolume(volume.VolumeId), volume);

    /// <summary>Makes a volume's folder with its content and document.</summary>
    public Task AddAsync(EbsVolume volume, Func<string, Task> fill) => AddAsync(FolderOfVolume(volume.VolumeId), volume, fill);

    /// <summary>Makes a snapshot's folder with its content and document.</summary>
    public Task AddAsync(EbsSnapshot snapshot, Func<string, Task> fill) => AddAsync(FolderOfSnapshot(snapshot.SnapshotId), snapshot, fill);

    /// <summary>Removes what was being made by processes that are gone; what cannot be removed stays until the next time.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var left in new[] { _volumes, _snapshots }.Where(Directory.Exists).SelectMany(parent => Directory.GetDirectories(parent, $"*{Unfinished}")))
        {
            if (EnvironmentFolder.TryTake(left) is { } abandoned)
            {
                using (abandoned)
                {
                    try
                    {
                        await abandoned.RemoveAsync(ct);
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                    {
                        // It is found by no one.
                    }
                }
            }
        }
    }

    private static async Task AddAsync<T>(string place, T document, Func<string, Task> fill)
    {
        using var making = EnvironmentFolder.Open($"{place}{Unfinished}");
        var made = false;
        try
        {
            await fill(making.Path);
            WriteDocument(making.Path, document);
            Directory.Move(making.Path, place);
            made = true;
            File.Delete(Path.Combine(place, EnvironmentFolder.LockName));
        }
        finally
        {
            if (!made)
            {
                await making.RemoveAsync(CancellationToken.None);
            }
        }
    }

    private static IEnumerable<T> Read<T>(string parent)
        where T : class
    {
        foreach (var place in (Directory.Exists(parent) ? Directory.GetDirectories(parent) : []).Order(StringComparer.Ordinal))
        {
            if (!place.EndsWith(Unfinished, StringComparison.Ordinal) && ReadDocument<T>(place) is { } document)
            {
                yield return document;
            }
        }
    }

    // Null for what is being removed, or is none of ours.
    private static T? ReadDocument<T>(string place)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(place, DocumentName)), TaskDefinitionJson.Options);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    private static void WriteDocument<T>(string place, T document)
    {
        var (path, next) = (Path.Combine(place, DocumentName), Path.Combine(place, $"{DocumentName}.next"));
        File.WriteAllText(next, JsonSerializer.Serialize(document, TaskDefinitionJson.Options));
        File.Move(next, path, overwrite: true);
    }
}
