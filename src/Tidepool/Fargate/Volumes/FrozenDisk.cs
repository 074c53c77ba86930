using System.Diagnostics;

namespace Tidepool.Fargate.Volumes;

/// <summary>A mounted file system that is whole on its disk and takes no writes until it is let go: writers wait.</summary>
/// <remarks>
/// A shell of its own holds it, and lets go when its input ends: also when this process is killed, which would otherwise leave
/// a task's writers waiting for ever.
/// </remarks>
internal sealed class FrozenDisk : IAsyncDisposable
{
    private const string Script = """trap '' INT TERM HUP; fsfreeze --freeze "$0" || exit 1; echo frozen; read -r line; fsfreeze --unfreeze "$0" """;

    private readonly Process _holder;

    private FrozenDisk(Process holder) => _holder = holder;

    /// <summary>Freezes what is mounted at a folder.</summary>
    /// <exception cref="IOException">It cannot be; holds the tool's words.</exception>
    public static async Task<FrozenDisk> AtAsync(string folder, CancellationToken ct)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        var frozen = new FrozenDisk(Process.Start(start)!);
        var isFrozen = false;
        try
        {
            isFrozen = await frozen._holder.StandardOutput.ReadLineAsync(ct) is not null;
            return isFrozen ? frozen : throw new IOException((await frozen._holder.StandardError.ReadToEndAsync(ct)).Trim());
        }
        finally
        {
            if (!isFrozen)
            {
                await frozen.DisposeAsync();
            }
        }
    }

    /// <summary>Lets writers go on.</summary>
    public void LetGo() => _holder.StandardInput.Close();

    public async ValueTask DisposeAsync()
    {
        LetGo();
        await _holder.WaitForExitAsync(CancellationToken.None);
        _holder.Dispose();
    }
}
