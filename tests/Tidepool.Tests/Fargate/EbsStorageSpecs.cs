using System.Diagnostics;
using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;

namespace Tidepool.Tests.Fargate;

public sealed class EbsStorageSpecs : IDisposable
{
    private const long MiB = 1024 * 1024;

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-ebs-").FullName;

    private EbsStorage Storage => new(_root, Path.Combine(_root, "environments"), TimeProvider.System);

    private string Snapshots => Path.Combine(_root, "ebs", "snapshots");

    public void Dispose()
    {
        Mounts.UnmountUnder(_root);
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_copy_of_a_disk_is_the_same_and_takes_no_more_of_this_machine()
    {
        var (from, to) = (Path.Combine(_root, "from"), Path.Combine(_root, "to"));
        using (var file = File.Create(from))
        {
            file.SetLength(512 * MiB);
            foreach (var at in new[] { 0, 100, 511 })
            {
                file.Position = at * MiB;
                file.Write([.. Enumerable.Repeat((byte)at, (int)MiB)]);
            }
        }

        await SparseCopy.RunAsync(from, to, null, FargateRig.Ct);

        using var same = Process.Start("cmp", [from, to]);
        await same.WaitForExitAsync(FargateRig.Ct);
        Assert.Equal(0, same.ExitCode);
        Assert.InRange(Tidepool.Fargate.Runtimes.LinuxCalls.TakenBytes(to), 0, 16 * MiB);
    }

    [Fact]
    public async Task A_snapshot_that_is_cut_short_leaves_nothing()
    {
        var volume = await KeptAsync(64 * MiB);
        using var cut = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage.SnapshotAsync(volume, null, new Cut(cut), cut.Token));

        Assert.Empty(Directory.GetFileSystemEntries(Snapshots));
        Assert.Empty(Storage.Snapshots());
    }

    [Fact]
    public async Task What_was_being_copied_by_a_process_that_is_gone_is_no_snapshot_and_is_removed_by_the_next_command()
    {
        var volume = await KeptAsync(MiB);
        var left = Directory.CreateDirectory(Path.Combine(Snapshots, "snap-1.unfinished"));
        File.WriteAllText(Path.Combine(left.FullName, "lock"), "");
        File.WriteAllText(Path.Combine(left.FullName, "disk.img"), "half");
        using var making = EnvironmentFolder.Open(Path.Combine(Snapshots, "snap-2.unfinished"));
        Assert.Empty(Storage.Snapshots());

        var snapshot = await Storage.SnapshotAsync(volume, null, null, FargateRig.Ct);

        Assert.Equal([snapshot.SnapshotId], Storage.Snapshots().Select(stored => stored.Snapshot.SnapshotId));
        Assert.Equal([snapshot.SnapshotId, "snap-2.unfinished"], Directory.GetFileSystemEntries(Snapshots).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_volume_whose_environment_is_gone_is_kept_and_no_longer_attached()
    {
        var volume = await KeptAsync(MiB, environment: Path.Combine(_root, "environments", "killed"));

        var stored = Assert.Single(Storage.Volumes());

        Assert.Equal((volume, false), (stored.Volume.VolumeId, stored.IsAttached));
        await Storage.RemoveAsync([volume], FargateRig.Ct);
        Assert.Empty(Storage.Volumes());
    }

    [Fact]
    public async Task Nothing_is_removed_when_one_of_several_is_not_there()
    {
        var volume = await KeptAsync(MiB);

        var problem = await Assert.ThrowsAsync<ProblemException>(() => Storage.RemoveAsync([volume, "snap-1"], FargateRig.Ct));

        Assert.Equal("EBS002: There is no snapshot snap-1 on this machine. See what there is: tidepool storage list", problem.Message);
        Assert.Single(Storage.Volumes());
    }

    [Fact]
    public async Task A_frozen_disk_takes_writes_again_when_who_froze_it_is_killed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount disks.");
        var images = await DiskImages.FindAsync(_root, "", FargateRig.Ct);
        var disk = Path.Combine(_root, "disk");
        (await images.MakeAsync(Path.Combine(_root, "disk.img"), 64 * MiB, DiskFileSystem.Ext4, FargateRig.Ct)).Mount(disk);
        var frozen = await FrozenDisk.AtAsync(disk, FargateRig.Ct);
        var written = Task.Run(() => File.WriteAllText(Path.Combine(disk, "x"), "x"), FargateRig.Ct);
        Assert.NotEqual(written, await Task.WhenAny(written, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, FargateRig.Ct)));

        // What the kernel does to the descriptors of a process that is killed.
        frozen.LetGo();

        await written.WaitAsync(FargateRig.Limit, FargateRig.Ct);
        await frozen.DisposeAsync();
    }

    private async Task<string> KeptAsync(long bytes, string? environment = null)
    {
        var volume = new EbsVolume
        {
            VolumeId = EbsStore.NewVolumeId(),
            SizeGiB = 1,
            FileSystem = "xfs",
            IsDisk = true,
            VolumeType = "gp3",
            TaskArn = "arn",
            DeleteOnTermination = false,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Environment = environment,
        };
        await new EbsStore(_root).AddAsync(volume, place => File.WriteAllBytesAsync(Path.Combine(place, "disk.img"), new byte[bytes], FargateRig.Ct));
        return volume.VolumeId;
    }

    private sealed class Cut(CancellationTokenSource cut) : IProgress<long>
    {
        public void Report(long value) => cut.Cancel();
    }
}
