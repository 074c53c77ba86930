using System.Collections.Concurrent;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Volumes;

/// <summary>The disks of tasks: of a real size where this machine lets Tidepool, else folders whose content is only measured.</summary>
internal sealed class TaskDisks : IAsyncDisposable
{
    /// <summary>The size of a task's disk where the task definition names none, in GiB.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html</remarks>
    public const int DefaultGiB = 20;

    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;

    // ext4 takes 1.7 % for itself, and less than was asked for would be wrong. Fargate's disks show more than was asked for as well.
    private const int PercentOfAsked = 102;

    // With less, what tasks write would meet a full disk below before anyone has looked. A folder of that disk says so itself.
    private const long LeastRoom = GiB;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly DiskImages _images;
    private readonly TaskStorage _storage;
    private readonly NoticeBoard _notices;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<int, Lazy<Task<DiskTemplate>>> _templates = new();
    private readonly ConcurrentDictionary<string, TaskDisk> _disks = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _watch;
    private string? _obstacle;
    private long _unwritten;

    private TaskDisks(DiskImages images, TaskStorage storage, NoticeBoard notices, TimeProvider clock)
    {
        (_images, _storage, _notices, _clock, _obstacle) = (images, storage, notices, clock, images.Obstacle);
        _watch = WatchAsync();
    }

    /// <summary>Whether a task that starts now gets a disk of its size, as far as this machine's own has room.</summary>
    public bool AreLimited => _obstacle is null && Room >= LeastRoom;

    /// <summary>What of Fargate's disks is left out here, one sentence each.</summary>
    public IReadOnlyList<string> NotExercised => (_obstacle, Room / GiB) switch
    {
        ({ } obstacle, _) => [$"The size of the task's disk: it is measured and not enforced; {obstacle}."],
        (null, < DefaultGiB and var room) => [$"The size of the task's disk: this machine's own disk has room for {room} GiB, and tasks get no more than that."],
        _ => [],
    };

    private DriveInfo Machine => new(_storage.TasksFolder);

    private long Room => DiskRoom.Of(Machine.AvailableFreeSpace, Machine.TotalSize, Interlocked.Read(ref _unwritten));

    /// <summary>Finds out by trying whether tasks can have disks here, and watches over this machine's own disk from then on.</summary>
    /// <param name="images">Makes file systems.</param>
    /// <param name="storage">Where tasks are.</param>
    /// <param name="runtime">Has to get at the disks.</param>
    /// <param name="notices">Told when this machine's disk is full.</param>
    /// <param name="clock">Clock of the watch.</param>
    /// <param name="ct">Ends the try.</param>
    public static async Task<TaskDisks> StartAsync(
        DiskImages images, TaskStorage storage, IContainerRuntime runtime, NoticeBoard notices, TimeProvider clock, CancellationToken ct)
    {
        var disks = new TaskDisks(images, storage, notices, clock);
        try
        {
            await disks.TryAsync(runtime, ct);
            return disks;
        }
        catch
        {
            await disks.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives a task its disk, empty but for the folders of its volumes and layers.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="sizeInGiB">What was asked for.</param>
    /// <param name="ct">Ends the making.</param>
    /// <exception cref="IOException">This machine's disk is full, or the like; holds the reason.</exception>
    public async Task AttachAsync(string taskId, int sizeInGiB, CancellationToken ct)
    {
        if (_obstacle is null && RoomForOne() is { } room)
        {
            var template = await TemplateAsync(sizeInGiB).WaitAsync(ct);
            var disk = _disks[taskId] = await OnThread(() => TaskDisk.Make(template, _storage.FolderOf(taskId)));
            disk.Limit(room);
        }

        _storage.MakeFolders(taskId);
    }

    /// <summary>Gives the images of a task their place on its disk.</summary>
    /// <remarks>
    /// On Fargate images are on the task's disk, unpacked and as pulled (stated). Here each image counts once with its unpacked size; how
    /// large it is packed is not known.
    /// </remarks>
    /// <returns>False when they do not fit.</returns>
    /// <exception cref="IOException">The disk is broken; holds how.</exception>
    public bool TryReserve(string taskId, long imageBytes) =>
        !_disks.TryGetValue(taskId, out var disk) || disk.TryReserve(imageBytes);

    /// <summary>What is in use of a task's disk, in MiB.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="elsewhere">Bytes that count as well, and are not on the disk.</param>
    public long UtilizedMiB(string taskId, long elsewhere) =>
        ((_disks.TryGetValue(taskId, out var disk) ? disk.UsedBytes : _storage.UsedBytes(taskId)) + elsewhere) / MiB;

    /// <summary>Removes a task's disk with all that is on it.</summary>
    /// <exception cref="IOException">Something cannot be removed; holds what.</exception>
    public async Task RemoveAsync(string taskId, CancellationToken ct)
    {
        if (_disks.TryRemove(taskId, out var disk))
        {
            await OnThread(() =>
            {
                disk.Dispose();
                return true;
            });
        }

        await _storage.RemoveAsync(taskId, ct);
    }

    /// <summary>Ends the watch. The disks go with their tasks.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watch;
        _end.Dispose();
    }

    private async Task TryAsync(IContainerRuntime runtime, CancellationToken ct)
    {
        const string Try = "try";
        if (_obstacle is not null)
        {
            return;
        }

        try
        {
            await AttachAsync(Try, DefaultGiB, ct);
            _obstacle = _disks.IsEmpty || runtime.Sees(_storage.FolderOf(Try)) ? null : "the container engine does not see what is mounted while it runs";
        }
        catch (IOException e)
        {
            _obstacle = $"a disk cannot be made ({e.Message.ReplaceLineEndings(" ")})";
        }
        finally
        {
            await RemoveAsync(Try, CancellationToken.None);
        }
    }

    private Task<DiskTemplate> TemplateAsync(int sizeInGiB) => _templates.GetOrAdd(
        sizeInGiB,
        size => new(() => DiskTemplate.MakeAsync(
            _images, Path.Combine(_storage.TasksFolder, $"{size}.disk"), size * GiB / 100 * PercentOfAsked / 4096 * 4096, CancellationToken.None))).Value;

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Pause, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                Look();
            }
        }
        catch (IOException e)
        {
            _notices.Report("DISK_UNWATCHED", $"The disks of tasks are not watched any more; one that is full below may lose what is written: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            // The environment ends.
        }
    }

    private void Look()
    {
        var disks = _disks.Values;
        if (disks.Count == 0)
        {
            return;
        }

        foreach (var disk in disks)
        {
            disk.Trim();
        }

        Interlocked.Exchange(ref _unwritten, disks.Sum(disk => disk.UnwrittenBytes));
        var room = Room;
        foreach (var disk in disks)
        {
            disk.Limit(room);
        }

        if (room == 0)
        {
            _notices.Report("DISK_FULL", $"{NearlyFull} Tasks find their disks full until there is more.");
        }
    }

    // Null where it is too little for a disk.
    private long? RoomForOne()
    {
        var room = Room;
        if (room >= LeastRoom)
        {
            return room;
        }

        _notices.Report("DISK_SHORT", $"{NearlyFull} A task that starts now has folders there and no disk of a size.");
        return null;
    }

    private string NearlyFull => $"This machine's own disk is nearly full: {Machine.AvailableFreeSpace / MiB} MiB are free for {_storage.TasksFolder}.";

    // Mounting and unmounting wait for the kernel, many of them as long as one; threads of the pool are needed elsewhere.
    private static Task<T> OnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
