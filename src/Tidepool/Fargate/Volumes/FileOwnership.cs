using Tidepool.Fargate.Runtimes;
using Tidepool.Storage;

namespace Tidepool.Fargate.Volumes;

/// <summary>Gives folders to users as containers see them, as far as this machine lets Tidepool.</summary>
/// <param name="owners">How files show their owners to containers.</param>
internal sealed class FileOwnership(FileOwners owners)
{
    /// <summary>Gives a folder to a user, with a mode.</summary>
    /// <exception cref="IOException">It cannot be given; holds why.</exception>
    public async Task GiveAsync(string folder, DirectoryOwner owner, CancellationToken ct)
    {
        if (LinuxCalls.EffectiveUid == 0)
        {
            LinuxCalls.Chown(folder, owner.Uid, owner.Gid);
        }

        LinuxCalls.Chmod(folder, owner.Mode);
        if (LinuxCalls.EffectiveUid != 0 && owners.Uids is not null && owner is not { Uid: 0, Gid: 0 })
        {
            var (exitCode, output) = await ToolProcess.RunAsync(
                ["/usr/bin/unshare", .. SandboxMode.MapRange, "chown", $"{(uint)owner.Uid}:{(uint)owner.Gid}", "--", folder], ct);
            if (exitCode != 0)
            {
                throw new IOException(output.Trim());
            }
        }
    }
}
