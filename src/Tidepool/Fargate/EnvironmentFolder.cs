using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>The folder of one environment, held by a lock that the kernel frees when its holder is gone.</summary>
internal sealed class EnvironmentFolder : IDisposable
{
    public const string LockName = "lock";
    public const string JournalName = "journal.db";

    private readonly FileStream _lock;

    private EnvironmentFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    /// <summary>Makes the folder when it is missing, and takes its lock.</summary>
    /// <exception cref="ProblemException">Another Tidepool holds it, or it cannot be made.</exception>
    public static EnvironmentFolder Open(string path)
    {
        try
        {
            for (var attempt = 0; attempt < 10; attempt++)
            {
                if (!Directory.Exists(path) && System.IO.Path.GetDirectoryName(path) is { } environments)
                {
                    Directory.CreateDirectory(environments);
                    LinuxCalls.SpreadSubfolders(environments);
                }

                Directory.CreateDirectory(path);
                if (TryTake(path, FileMode.OpenOrCreate, out var busy) is { } folder)
                {
                    // Others must not reach what containers leave there, setuid files among it.
                    LinuxCalls.Chmod(path, TaskStorage.Private);
                    return folder;
                }

                if (busy)
                {
                    throw new ProblemException(
                        "FARGATE001", $"The environment {path} is in use by another Tidepool.", "Stop that one, or let it be and use another folder.");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(
                "FARGATE002", $"The environment's folder cannot be made: {e.Message}", "Free space on that disk, or choose a folder that you may write to.");
        }

        throw new ProblemException(
            "FARGATE002", $"The environment's folder {path} is removed again and again.",
            "Choose a folder of your own.");
    }

    /// <summary>Takes the lock of a folder that is there; null when it is held, or is no environment.</summary>
    public static EnvironmentFolder? TryTake(string path) => TryTake(path, FileMode.Open, out _);

    /// <summary>Whether a Tidepool that runs holds the folder.</summary>
    public static bool IsLive(string path)
    {
        using var free = TryTake(path, FileMode.Open, out var busy);
        return busy;
    }

    /// <summary>Removes the folder, its lock last so that a removal that is cut short can be finished later, and lets go of it.</summary>
    /// <exception cref="IOException">Something cannot be removed; holds its path.</exception>
    public async Task RemoveAsync(CancellationToken ct)
    {
        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos().Where(entry => entry.Name != LockName).ToArray())
        {
            if (entry is DirectoryInfo { LinkTarget: null })
            {
                await TreeRemoval.RemoveAsync(entry.FullName, ct);
            }
            else
            {
                entry.Delete();
            }
        }

        File.Delete(_lock.Name);
        Directory.Delete(Path);
        _lock.Dispose();
    }

    public void Dispose() => _lock.Dispose();

    private static EnvironmentFolder? TryTake(string path, FileMode mode, out bool busy)
    {
        busy = false;
        var file = System.IO.Path.Combine(path, LockName);
        FileStream held;
        try
        {
            held = new(file, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException) when (File.Exists(file))
        {
            busy = true;
            return null;
        }

        // Its last holder may have removed the file between our opening and our locking it.
        if (IsSame(held, file))
        {
            return new(path, held);
        }

        held.Dispose();
        return null;
    }

    private static bool IsSame(FileStream held, string file)
    {
        try
        {
            return LinuxCalls.Describe($"/proc/self/fd/{held.SafeFileHandle.DangerousGetHandle()}", follow: true).Inode == LinuxCalls.Describe(file).Inode;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
