using System.Text.Json.Nodes;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Upstream;

namespace Tidepool.Fargate.Volumes;

/// <summary>Finds the EFS file systems and access points that task definitions name: those made here, then those of the upstream.</summary>
internal sealed class ElasticFileSystemDirectory(ElasticFileSystems local, UpstreamClient? upstream, TimeProvider clock)
{
    private const string Service = "elasticfilesystem";

    /// <summary>A file system that a task can reach; null when there is none of that id, or no mount target for it.</summary>
    /// <exception cref="TaskStartException">The upstream fails; holds how.</exception>
    public async Task<ElasticFileSystem?> FileSystemAsync(string id, CancellationToken ct)
    {
        if (local.Find(id) is { IsLocal: true } made)
        {
            return made;
        }

        // An emulator that knows nothing of mount targets does not count them either.
        var found = await FirstAsync($"/2015-02-01/file-systems?FileSystemId={id}", "FileSystems", "FileSystemNotFound", ct);
        return found is null || found["NumberOfMountTargets"]?.GetValue<int>() is 0
            ? null
            : local.Find(id) ?? new(id, (string?)found["Name"], clock.GetUtcNow(), IsLocal: false);
    }

    /// <summary>An access point of a file system; null when there is none of that id.</summary>
    /// <exception cref="TaskStartException">The upstream fails; holds how.</exception>
    public async Task<AccessPoint?> AccessPointAsync(ElasticFileSystem fileSystem, string id, CancellationToken ct)
    {
        if (fileSystem.IsLocal)
        {
            return local.AccessPointsOf(fileSystem.Id).FirstOrDefault(point => point.Id == id);
        }

        return await FirstAsync($"/2015-02-01/access-points?AccessPointId={Uri.EscapeDataString(id)}", "AccessPoints", "AccessPointNotFound", ct) is { } found
            && (string?)found["FileSystemId"] == fileSystem.Id
            ? Read(id, fileSystem.Id, found)
            : null;
    }

    private static AccessPoint Read(string id, string fileSystemId, JsonObject found)
    {
        var root = found["RootDirectory"] as JsonObject;
        return new(
            id,
            fileSystemId,
            (string?)root?["Path"] ?? "/",
            found["PosixUser"] is JsonObject user
                ? new(Number(user["Uid"]), Number(user["Gid"]), [.. (user["SecondaryGids"] as JsonArray ?? []).Select(Number)])
                : null,
            root?["CreationInfo"] is JsonObject creation
                ? new(
                    Number(creation["OwnerUid"]),
                    Number(creation["OwnerGid"]),
                    (UnixFileMode)Convert.ToInt32((string?)creation["Permissions"] ?? "0755", 8))
                : null);
    }

    // Emulators keep what clients sent, some as text.
    private static uint Number(JsonNode? node) => uint.Parse($"{node}", System.Globalization.CultureInfo.InvariantCulture);

    private async Task<JsonObject?> FirstAsync(string path, string list, string notFound, CancellationToken ct)
    {
        try
        {
            return upstream is null ? null : ((await upstream.ReadAsync(Service, path, ct))[list] as JsonArray)?.FirstOrDefault() as JsonObject;
        }
        catch (UpstreamException e) when (e.Code == notFound)
        {
            return null;
        }
        catch (UpstreamException e)
        {
            throw new TaskStartException($"ResourceInitializationError: the upstream could not be asked for {path}: {e.Message}");
        }
    }
}
