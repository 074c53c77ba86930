using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>Removes a folder whatever containers left in it: other users' files, folders without permissions.</summary>
internal static class TreeRemoval
{
    /// <summary>Removes a folder. What is mounted in it is unmounted before, so that its content stays.</summary>
    /// <exception cref="IOException">Something cannot be removed or unmounted; holds its path.</exception>
    public static async Task RemoveAsync(string path, CancellationToken ct)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        Mounts.UnmountUnder(path);
        if (TryRemove(path))
        {
            return;
        }

        // Files of the range in /etc/subuid belong to root of a namespace with that range.
        var output = $"{path} could not be removed";
        var unshare = new[] { "/usr/bin/unshare", "/bin/unshare" }.FirstOrDefault(File.Exists);
        foreach (var command in unshare is null ? [] : (string[][])
        [
            [unshare, .. SandboxMode.MapRange, "rm", "-rf", "--", path],
            [unshare, "--user", "--map-root-user", "rm", "-rf", "--", path],
        ])
        {
            (_, output) = await ToolProcess.RunAsync(command, ct);
            if (!Directory.Exists(path))
            {
                return;
            }
        }

        throw new IOException(output.Trim());
    }

    private static bool TryRemove(string path)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                Directory.Delete(path, recursive: true);
                return true;
            }
            catch (DirectoryNotFoundException)
            {
                return true;
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                Unlock(path);
            }
        }

        return false;
    }

    // A job may take its own folders' permissions away; their owner can give them back.
    private static void Unlock(string folder)
    {
        try
        {
            LinuxCalls.Chmod(folder, TaskStorage.Private);
            foreach (var child in new DirectoryInfo(folder).EnumerateDirectories().Where(child => child.LinkTarget is null))
            {
                Unlock(child.FullName);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            // Someone else's; the namespace of the range comes next.
        }
    }
}
