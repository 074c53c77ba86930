using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tidepool.Fargate.Runtimes;
using Tidepool.Storage;

namespace Tidepool.Fargate.Volumes;

/// <summary>The EFS file systems of this machine: their files, and those that were made here with their access points. They stay until removed by name.</summary>
/// <param name="storageFolder">The folder of what outlives environments; made when it is missing.</param>
/// <param name="clock">Clock of the times of making.</param>
public sealed partial class ElasticFileSystems(string storageFolder, TimeProvider clock)
{
    private const string FactsName = "file-system.json";
    private const string LockName = "lock";

    private readonly string _root = Path.Combine(storageFolder, "efs");

    /// <summary>All of them, the oldest first, with their access points.</summary>
    public IReadOnlyList<StoredFileSystem> List() =>
    [
        .. (Directory.Exists(_root) ? Directory.GetDirectories(_root) : [])
            .Select(folder => Read<ElasticFileSystem>(Path.Combine(folder, FactsName)))
            .OfType<ElasticFileSystem>()
            .OrderBy(fileSystem => fileSystem.CreatedAt)
            .Select(fileSystem => new StoredFileSystem(fileSystem, AccessPointsOf(fileSystem.Id))),
    ];

    /// <summary>Makes an empty file system.</summary>
    /// <exception cref="ProblemException">EFS001: this machine's disk does not take it.</exception>
    public ElasticFileSystem CreateFileSystem(string? name)
    {
        var made = new ElasticFileSystem($"fs-{NewId()}", name, clock.GetUtcNow(), IsLocal: true);
        Make(FolderOf(made.Id), FactsName, made);
        return made;
    }

    /// <summary>Makes an access point. Its folder is made when a task first mounts it.</summary>
    /// <exception cref="ProblemException">EFS002: there is no such file system that was made here; EFS003: the path cannot be one.</exception>
    public AccessPoint CreateAccessPoint(string fileSystemId, string path, AccessPointUser? user, AccessPointCreation? creation)
    {
        if (Find(fileSystemId) is not { IsLocal: true })
        {
            throw NotThere(fileSystemId);
        }

        if (path.Length > 100 || !PathText().IsMatch(path))
        {
            throw new ProblemException(
                "EFS003", $"'{path}' cannot be the root directory of an access point.", "Write an absolute path of up to four folders, as in /agents.");
        }

        var made = new AccessPoint($"fsap-{NewId()}", fileSystemId, path, user, creation);
        Make(Path.Combine(FolderOf(fileSystemId), "access-points"), $"{made.Id}.json", made);
        return made;
    }

    /// <summary>Whether an id is one of EFS, whether it is there or not.</summary>
    public static bool IsId(string id) => id.StartsWith("fs-", StringComparison.Ordinal) || id.StartsWith("fsap-", StringComparison.Ordinal);

    /// <summary>Removes a file system with all its files, or an access point.</summary>
    /// <exception cref="ProblemException">EFS002: there is none of that id; EFS004: tasks use it; EFS005: something of it cannot be removed.</exception>
    public async Task RemoveAsync(string id, CancellationToken ct)
    {
        if (List().SelectMany(pair => pair.AccessPoints).FirstOrDefault(point => point.Id == id) is { } accessPoint)
        {
            File.Delete(Path.Combine(FolderOf(accessPoint.FileSystemId), "access-points", $"{id}.json"));
            return;
        }

        if (!FileSystemId().IsMatch(id) || !Directory.Exists(FolderOf(id)))
        {
            throw NotThere(id);
        }

        try
        {
            using var all = TryLock(id, FileAccess.ReadWrite, FileShare.None) ?? throw new ProblemException(
                "EFS004", $"Tasks use the EFS file system {id}.", "Stop them, then remove it.");
            await TreeRemoval.RemoveAsync(DataOf(id), ct);
            await TreeRemoval.RemoveAsync(FolderOf(id), ct);
        }
        catch (IOException e)
        {
            throw new ProblemException(
                "EFS005", $"The EFS file system {id} could not be removed: {e.Message}", $"Remove it as root: sudo rm -rf {FolderOf(id)}");
        }
    }

    /// <summary>A file system that was made or used here; null when there is none.</summary>
    internal ElasticFileSystem? Find(string id) =>
        FileSystemId().IsMatch(id) ? Read<ElasticFileSystem>(Path.Combine(FolderOf(id), FactsName)) : null;

    /// <summary>Access points that were made here.</summary>
    internal IReadOnlyList<AccessPoint> AccessPointsOf(string id) =>
        Path.Combine(FolderOf(id), "access-points") is var folder && Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read<AccessPoint>).OfType<AccessPoint>()]
            : [];

    /// <summary>Whether a text can be the id of a file system.</summary>
    internal static bool IsFileSystemId(string text) => FileSystemId().IsMatch(text);

    /// <summary>Keeps a file system from being removed, until what is answered is disposed of. Its folder is there then, root's with mode 0755 when it is new.</summary>
    /// <param name="known">The file system.</param>
    /// <param name="owners">Gives files their owners.</param>
    /// <param name="ct">Ends the making.</param>
    /// <exception cref="IOException">It is being removed, or cannot be made.</exception>
    internal async Task<IDisposable> UseAsync(ElasticFileSystem known, FileOwnership owners, CancellationToken ct)
    {
        Directory.CreateDirectory(_root);

        // Others of this machine must not reach what containers leave there, setuid files among it.
        LinuxCalls.Chmod(storageFolder, TaskStorage.Private);
        Directory.CreateDirectory(FolderOf(known.Id));
        var use = TryLock(known.Id, FileAccess.Read, FileShare.Read) ?? throw new IOException($"the EFS file system {known.Id} is being removed");
        try
        {
            if (!Directory.Exists(DataOf(known.Id)))
            {
                Directory.CreateDirectory(DataOf(known.Id));
                await owners.GiveAsync(DataOf(known.Id), BindVolume.Default, ct);
                Write(FolderOf(known.Id), FactsName, known);
            }

            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>Where the files of a file system are.</summary>
    internal string DataOf(string id) => Path.Combine(FolderOf(id), "data");

    private static ProblemException NotThere(string id) => new(
        "EFS002",
        $"There is no EFS {(id.StartsWith("fsap-", StringComparison.Ordinal) ? "access point" : "file system")} {id} that was made on this machine.",
        "See what there is: tidepool storage list. What an emulator has is made and removed there.");

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(9))[..17];

    private static T? Read<T>(string file)
        where T : class
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<T>(File.ReadAllText(file)) : null;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            // Cut short while it was made, or removed meanwhile.
            return null;
        }
    }

    private static void Make<T>(string folder, string name, T facts)
    {
        try
        {
            Write(folder, name, facts);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("EFS001", $"The storage folder cannot be written: {e.Message}", "Free space on that disk, or set XDG_STATE_HOME to another one.");
        }
    }

    private static void Write<T>(string folder, string name, T facts)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, name);
        var draft = string.Create(CultureInfo.InvariantCulture, $"{file}.{Environment.ProcessId}");
        File.WriteAllText(draft, JsonSerializer.Serialize(facts));
        File.Move(draft, file, overwrite: true);
    }

    private string FolderOf(string id) => Path.Combine(_root, id);

    private FileStream? TryLock(string id, FileAccess access, FileShare share)
    {
        try
        {
            return new(Path.Combine(FolderOf(id), LockName), FileMode.OpenOrCreate, access, share, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(Path.Combine(FolderOf(id), LockName)))
        {
            return null;
        }
    }

    [GeneratedRegex("^fs-[0-9a-f]{8,40}$")]
    private static partial Regex FileSystemId();

    [GeneratedRegex(@"^(/|(/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4})$")]
    private static partial Regex PathText();
}
