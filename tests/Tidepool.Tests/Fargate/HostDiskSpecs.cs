using System.Globalization;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Volumes;

namespace Tidepool.Tests.Fargate;

/// <summary>Tasks' disks on a disk of this machine that is smaller than they are.</summary>
public sealed class HostDiskSpecs : IDisposable
{
    private const long GiB = 1L << 30;

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-host-").FullName;

    private string Host => Path.Combine(_root, "host");

    public void Dispose()
    {
        Mounts.UnmountUnder(_root);
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData(100 * GiB, 500 * GiB, 0, 99 * GiB)]
    [InlineData(100 * GiB, 500 * GiB, 60 * GiB, 39 * GiB)] // written, and not yet there
    [InlineData(8 * GiB, 8 * GiB, 0, (8 * GiB) - (GiB / 2))] // a small disk keeps less
    [InlineData(GiB, 500 * GiB, GiB, 0)]
    public void Tasks_may_write_what_is_free_less_what_is_under_way(long available, long total, long unwritten, long room) =>
        Assert.Equal(room, DiskRoom.Of(available, total, unwritten));

    [Fact]
    public async Task What_this_machines_disk_cannot_hold_is_not_offered_and_is_again_once_it_can()
    {
        await MountAsync(4 * GiB);
        await using var rig = await StartAsync();
        Assert.Contains(
            "The size of the task's disk: this machine's own disk has room for 3 GiB, and tasks get no more than that.", rig.Fargate.Runtime.NotExercised);
        var task = await rig.RunAsync(FargateRig.Container(
            "agent-1",
            $"df --block-size=1 --output=size,avail /tmp | tail -1; n=0; while said=$( (echo x > /tmp/x$n) 2>&1 ); do n=$((n+1)); sleep 0.01; done; echo $said; until echo x > /tmp/x; do sleep 0.01; done 2>/dev/null; echo written; {FargateRig.Wait}"));
        var shown = (await rig.LogUntilAsync(task, "agent-1", "\n")).Split(' ', '\n', StringSplitOptions.RemoveEmptyEntries).Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        Assert.InRange(shown[0], 20 * GiB, 21 * GiB);
        Assert.InRange(shown[1], 3 * GiB, 4 * GiB);

        using (var large = File.OpenHandle(Path.Combine(Host, "large"), FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose))
        {
            Assert.True(DiskCalls.TryAllocate(large, 0, new DriveInfo(Host).AvailableFreeSpace - (100L << 20)));
            await rig.LogUntilAsync(task, "agent-1", "No space left on device");
        }

        await rig.LogUntilAsync(task, "agent-1", "written");
        var notice = await NoticeAsync(rig);
        Assert.Equal("DISK_FULL", notice.Status);
        Assert.Matches("^This machine's own disk is nearly full: [0-9]+ MiB are free for .*/tasks\\. Tasks find their disks full until there is more\\.$", notice.Reason);
    }

    [Fact]
    public async Task What_a_task_deletes_this_machine_gets_back()
    {
        await MountAsync(4 * GiB);
        await using var rig = await StartAsync();
        var task = await rig.RunAsync(FargateRig.Container(
            "agent-1", $"head -c 300000000 /dev/zero > /tmp/x; sync /tmp/x; echo written; until [ -e /shared-storage/go ]; do sleep 0.01; done; rm /tmp/x; {FargateRig.Wait}"));
        var before = new DriveInfo(Host).AvailableFreeSpace;
        await rig.LogUntilAsync(task, "agent-1", "written");
        Assert.InRange(before - new DriveInfo(Host).AvailableFreeSpace, 250_000_000, 350_000_000);

        Directory.CreateDirectory(Path.Combine(rig.Fargate.DescribeVolumes(task)[0].HostPath, "go"));

        await Condition.UntilAsync(() => before - new DriveInfo(Host).AvailableFreeSpace < 20_000_000, "the room that was deleted");
    }

    [Fact]
    public async Task With_hardly_any_room_tasks_have_folders_and_this_machines_own_disk_says_when_it_is_full()
    {
        await MountAsync(GiB / 2);
        await using var rig = await StartAsync();
        var task = await rig.RunToEndAsync(FargateRig.Container("agent-1", "said=$( (head -c 1000000000 /dev/zero > /tmp/x) 2>&1 ); rm /tmp/x; echo $said"));

        Assert.Equal("head: error writing 'standard output': No space left on device\n", rig.Log(task.TaskArn, "agent-1"));
        Assert.Equal("DISK_SHORT", (await NoticeAsync(rig)).Status);
    }

    [Fact]
    public async Task What_a_killed_Tidepool_left_mounted_is_unmounted_by_the_next_sweep()
    {
        await ImagesAsync();
        var environments = Path.Combine(_root, "environments");
        using var engine = EngineProcess.Start(_root);
        var report = await EngineProcess.ReportAsync(_root, engine);
        Assert.DoesNotContain(report.Facts!.NotExercised, line => line.StartsWith("The size of the task's disk: it is", StringComparison.Ordinal));
        var containers = HostProcesses.Descendants(engine.Id);
        engine.Kill();
        await engine.WaitForExitAsync(FargateRig.Ct);
        await Condition.UntilAsync(() => !containers.Any(HostProcesses.IsAlive), "the end of all processes of the containers");
        Assert.Single(Mounts.Under(environments));

        var swept = Assert.Single(await EnvironmentFolders.SweepAsync(environments, null, TimeProvider.System, FargateRig.Ct));

        Assert.Equal((1, null), (swept.TasksRemoved, swept.Problem));
        Assert.Empty(Mounts.Under(environments));
        Assert.Empty(Directory.GetFileSystemEntries(environments));
    }

    [Fact]
    public async Task Images_take_their_place_on_the_disk_and_one_that_is_too_large_does_not_fit()
    {
        var template = await DiskTemplate.MakeAsync(await ImagesAsync(), Path.Combine(_root, "template"), 3 * GiB, FargateRig.Ct);
        using var disk = TaskDisk.Make(template, Path.Combine(_root, "disk"));
        Assert.InRange(disk.UsedBytes, 0, 1 << 20);

        Assert.False(disk.TryReserve(3 * GiB));
        Assert.InRange(disk.UsedBytes, 0, 1 << 20);
        Assert.True(disk.TryReserve(2 * GiB));
        Assert.InRange(disk.UsedBytes, 2 * GiB, (2 * GiB) + (1 << 20));
        Assert.InRange(disk.UnwrittenBytes, 0, 1 << 20);
    }

    private async Task<DiskImages> ImagesAsync()
    {
        var images = await DiskImages.FindAsync(_root, "", FargateRig.Ct);
        Assert.SkipWhen(images.Obstacle is not null, $"This machine has no disk images: {images.Obstacle}.");
        return images;
    }

    // The disk of the machine, for what follows.
    private async Task MountAsync(long bytes)
    {
        var image = await (await ImagesAsync()).MakeScratchAsync(Path.Combine(_root, "host.disk"), bytes, FargateRig.Ct);
        image.Mount(Host);
    }

    private Task<FargateRig> StartAsync() => FargateRig.StartAsync(parent: Host);

    private static async Task<TaskStateChange> NoticeAsync(FargateRig rig)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(FargateRig.Ct);
        limit.CancelAfter(FargateRig.Limit);
        return await rig.Fargate.ReadStateChangesAsync(limit.Token).FirstAsync(change => change.Kind is TaskStateChangeKind.Notice, limit.Token);
    }
}
