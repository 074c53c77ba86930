using System.Diagnostics;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Volumes.AccessPoints;

namespace Tidepool.Tests.Fargate.Volumes;

/// <summary>What an EFS access point makes of a folder, as real programs of several users see it.</summary>
public sealed class ServedFolderSpecs : IAsyncLifetime
{
    private const int Uid = 1500;
    private const int Gid = 1600;
    private const int Other = 1000;

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-served-folder-").FullName;
    private ServedFolder? _served;

    private string Data => Path.Combine(_root, "closed", "data");

    private string Point => Path.Combine(_root, "point");

    public async ValueTask InitializeAsync()
    {
        if (!ServedFolder.IsPossible)
        {
            return;
        }

        LinuxCalls.Chmod(_root, (UnixFileMode)0x1ed); // 0755
        Directory.CreateDirectory(Data);
        Directory.CreateDirectory(Point);
        LinuxCalls.Chmod(Path.GetDirectoryName(Data)!, (UnixFileMode)0x1c0); // 0700: nobody gets there but through the mount
        LinuxCalls.Chmod(Data, (UnixFileMode)0x1e8); // 0750
        LinuxCalls.Chown(Data, Uid, Gid);
        _served = await ServedFolder.MountAsync(Data, Point, new(Uid, Gid, [1700]));
    }

    public ValueTask DisposeAsync()
    {
        _served?.Dispose();
        Assert.Empty(Mounts.Under(_root));
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Other)]
    [InlineData(Uid)]
    public async Task Whoever_writes_files_are_the_access_points_and_it_is_so_for_all_who_look(int uid)
    {
        Assert.Equal(
            "1500:1600 600 secret\n1500:1600 751\n1500:1600 755 1755\nmode 640\n2001-02-03\n",
            await RunAsync(uid, """
                umask 077; echo secret > a; umask 0; mkdir -m 751 d; ln -s a l; mkfifo -m 755 f; : > m; chmod 640 m; touch -d 2001-02-03 m
                echo "$(stat -c '%u:%g %a' a) $(cat l)"; stat -c '%u:%g %a' d; echo "$(stat -c '%u:%g %a' f) $(chmod 1755 f; stat -c %a f)"
                stat -c 'mode %a' m; stat -c %y m | cut -d' ' -f1
                """));
        Assert.Equal((Uid, Gid), Owner(Path.Combine(Data, "a")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Other)]
    public async Task Owners_cannot_be_changed_and_what_others_own_is_judged_as_for_that_user(int uid)
    {
        File.WriteAllText(Path.Combine(Data, "roots"), "of root");
        LinuxCalls.Chmod(Path.Combine(Data, "roots"), (UnixFileMode)0x180); // 0600
        File.WriteAllText(Path.Combine(Data, "groups"), "of a group\n");
        LinuxCalls.Chown(Path.Combine(Data, "groups"), 0, 1700);
        LinuxCalls.Chmod(Path.Combine(Data, "groups"), (UnixFileMode)0x1b0); // 0660

        Assert.Equal(
            """
            chown: changing ownership of 'a': Operation not permitted
            chgrp: changing group of 'a': Operation not permitted
            cat: roots: Permission denied
            0:0 unreadable
            of a group
            1700
            """ + "\n",
            await RunAsync(uid, """
                : > a; chown 1000:1000 a; chgrp 1000 a; cat roots; [ -r roots ] || echo "$(stat -c %u:%g roots) unreadable"; cat groups; chgrp 1700 a; stat -c %g a
                """));
    }

    [Fact]
    public async Task Programs_find_the_file_system_that_they_know()
    {
        // Removed while open, renamed over while open, mapped memory, appending, hard links, locks, holes, long lists, git.
        Assert.Equal(
            """
            kept
            old new
            2
            mapped and appended
            locked
            1073741824
            3000
            dubious ownership
            deeper/f
            8.0E
            """ + "\n",
            await RunAsync(Other, """
                exec 3<> gone; echo kept >&3; rm gone; cat /proc/self/fd/3
                echo old > r; exec 4< r; echo new > r2; mv r2 r; echo "$(cat <&4) $(cat r)"
                echo x > h; ln h h2; stat -c %h h2
                perl -e 'open F, "+>", "map"; print F "mapped"; close F; open G, ">>", "map"; print G " and appended\n"; close G'; cat map
                exec 5> lock; flock 5; flock -n lock true || echo locked; exec 5>&-
                truncate -s 1G hole; stat -c %s hole
                mkdir many; seq 3000 | sed s,^,many/a-name-of-some-length-, | xargs touch; ls many | wc -l
                git init -q repo; git -C repo status 2>&1 | grep -o 'dubious ownership'
                export HOME="$PWD"; git config --global safe.directory '*'; git config --global user.email a@b; git config --global user.name a
                mkdir -p repo/deep/er; echo 1 > repo/deep/er/f; mv repo/deep/er repo/deeper; git -C repo add .; git -C repo commit -qm m
                git clone -q repo clone; git -C clone ls-files; git -C clone status --porcelain
                df -h --output=size . | tail -1 | tr -d ' '
                """));
    }

    [Fact]
    public async Task What_is_written_beside_the_mount_is_seen_through_it_at_once()
    {
        for (var i = 0; i < 20; i++)
        {
            File.WriteAllText(Path.Combine(Data, "new"), $"{i}\n");
            File.Move(Path.Combine(Data, "new"), Path.Combine(Data, "shared"), overwrite: true);
            Assert.Equal($"{i}\n", await RunAsync(Other, "cat shared"));
        }
    }

    [Fact]
    public async Task A_dead_mount_is_cleared_away_and_what_it_showed_stays()
    {
        await RunAsync(Other, "echo precious > a");
        Assert.Equal([Point], Mounts.Under(_root));

        await TreeRemoval.RemoveAsync(Point, FargateRig.Ct);
        Assert.Equal("precious\n", File.ReadAllText(Path.Combine(Data, "a")));
        _served = null;
    }

    private async Task<string> RunAsync(int uid, string script)
    {
        Assert.SkipUnless(ServedFolder.IsPossible, "Folders are served with root's rights and /dev/fuse only.");
        using var process = Process.Start(new ProcessStartInfo(
            "setpriv", ["--reuid", $"{uid}", "--regid", $"{uid}", "--clear-groups", "--", "sh", "-c", $"exec 2>&1; cd {Point}; {script}"])
        {
            RedirectStandardOutput = true,
            Environment = { ["HOME"] = "/nonexistent" },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);
        await process.WaitForExitAsync(FargateRig.Ct);
        return output;
    }

    private static (int Uid, int Gid) Owner(string path) => LinuxCalls.Describe(path) is var facts ? ((int)facts.Uid, (int)facts.Gid) : default;
}
