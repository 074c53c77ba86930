using Tidepool.Fargate.Upstream;

namespace Tidepool.Fargate;

/// <summary>Writes one container's output, both streams in order, to <c>logs/prefix/container/task-id</c>, and to CloudWatch Logs upstream.</summary>
/// <param name="path">The file; null when the container has no log configuration, and its output is lost as on Fargate.</param>
/// <param name="stream">Where else it goes; null for nowhere.</param>
/// <param name="lost">Told the reason when a write fails; containers go on, as they do with the non-blocking log driver.</param>
internal sealed class ContainerLog(string? path, LogStream? stream, Action<string> lost) : IDisposable
{
    private FileStream? _file;

    public void Write(ReadOnlySpan<byte> output)
    {
        stream?.Write(output);
        if (path is null)
        {
            return;
        }

        try
        {
            _file ??= Open(path);
            _file.Write(output);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Whatever a task definition makes of the path: this is the thread of a container's output, and nobody else would hear of it.
            lost($"Output of a container could not be written to {path}: {e.Message}");
        }
    }

    public void Dispose()
    {
        stream?.Flush();
        _file?.Dispose();
    }

    private static FileStream Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // No buffer: what a container wrote can be read at once, and Dispose has nothing left to fail with.
        return new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
