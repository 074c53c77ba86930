using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Volumes;

/// <summary>Copies a folder with all that containers left in it, owners and modes too.</summary>
internal static class FolderCopy
{
    /// <exception cref="IOException">Something cannot be read or written; holds what.</exception>
    public static async Task RunAsync(string from, string to, CancellationToken ct)
    {
        string[] copy = ["cp", "-a", "--reflink=auto", "--", $"{from}/.", to];
        var output = "";

        // Files of the range in /etc/subuid belong to root of a namespace with that range.
        foreach (var command in (string[][])[["unshare", .. SandboxMode.MapRange, .. copy], copy])
        {
            (var exitCode, output) = await ToolProcess.RunAsync(["/usr/bin/env", .. command], ct);
            if (exitCode == 0)
            {
                return;
            }
        }

        throw new IOException(output.Trim());
    }
}
