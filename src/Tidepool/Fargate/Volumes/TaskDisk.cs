using Microsoft.Win32.SafeHandles;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Volumes;

/// <summary>
/// The disk of one task: a file system of its size for its volumes and writable layers. The sparse file below has no name, so that with
/// the unmounting all of it is gone.
/// </summary>
internal sealed class TaskDisk : IDisposable
{
    private const string ReservedName = "reserved";
    private const string FileSystem = "ext4";
    private const int BlockSize = 4096;

    // The kernel would fill what mkfs left empty in the background, for each disk anew.
    private const string Options = "noinit_itable";

    /// <summary>Room on this machine's disk that is worth getting back: a look through the free blocks of a disk is not for nothing.</summary>
    private const long WorthTrimming = 64L << 20;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly SafeFileHandle _image;
    private readonly SafeFileHandle _root;
    private readonly SafeFileHandle _reserved;
    private long _images;
    private long _missing;
    private long _keptByTrim;
    private bool _isGone;

    private TaskDisk(string folder, SafeFileHandle image)
    {
        (_folder, _image) = (folder, image);
        _root = DiskCalls.OpenFolder(folder);
        _reserved = File.OpenHandle(Path.Combine(folder, ReservedName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Makes a disk and mounts it.</summary>
    /// <param name="template">A new file system of the disk's size.</param>
    /// <param name="folder">Where it is mounted; made when it is missing.</param>
    /// <exception cref="IOException">This machine's disk is full, or the like; nothing stays mounted.</exception>
    public static TaskDisk Make(DiskTemplate template, string folder)
    {
        var file = $"{folder}.disk";
        var image = File.OpenHandle(file, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var mounted = false;
        try
        {
            template.WriteTo(image);
            Directory.CreateDirectory(folder);
            LoopDevice.Mount(file, folder, FileSystem, Options);
            mounted = true;
            return new(folder, image);
        }
        catch
        {
            image.Dispose();
            if (mounted)
            {
                Mounts.Unmount(folder);
            }

            throw;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>What is in use, the place of images included, in bytes; 0 once the disk is gone.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate)
            {
                return _isGone ? 0 : Used;
            }
        }
    }

    /// <summary>What was written here and is not yet on this machine's disk, in bytes.</summary>
    public long UnwrittenBytes
    {
        get
        {
            lock (_gate)
            {
                return _isGone ? 0 : Math.Max(0, -Unused);
            }
        }
    }

    private DriveInfo Space => new(_folder);

    private long Used => Space.TotalSize - Space.TotalFreeSpace - _missing;

    // What this machine keeps for files that are deleted; negative for files that have not arrived there.
    private long Unused => LinuxCalls.AllocatedBytes(_image) - (Used - _images);

    /// <summary>Gives images their place on the disk, as they have it on Fargate.</summary>
    /// <returns>False when they do not fit.</returns>
    /// <exception cref="IOException">The disk is broken; holds how.</exception>
    public bool TryReserve(long imageBytes)
    {
        lock (_gate)
        {
            if (imageBytes == 0)
            {
                return true;
            }

            // What this machine lacks has no part in whether they fit.
            var available = Space.AvailableFreeSpace;
            RandomAccess.SetLength(_reserved, _images);
            _missing = 0;
            var fits = TryGrow(imageBytes);
            _images += fits ? imageBytes : 0;
            Limit(available);
            return fits;
        }
    }

    /// <summary>
    /// Leaves so much free that this machine's disk can hold it: what is written beyond that would be lost, with an error that names no
    /// full disk.
    /// </summary>
    /// <param name="bytes">What may yet be written here.</param>
    /// <exception cref="IOException">The disk is broken; holds how.</exception>
    public void Limit(long bytes)
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            var missing = Math.Max(0, Space.AvailableFreeSpace + _missing - bytes);
            if (missing < _missing)
            {
                RandomAccess.SetLength(_reserved, _images + missing);
                _missing = missing;
            }

            // The whole at once, unless a container takes of it meanwhile: then what is there.
            for (var part = missing - _missing; part >= BlockSize; part = part / 2 / BlockSize * BlockSize)
            {
                _missing += TryGrow(part) ? part : 0;
                part = Math.Min(part, missing - _missing);
            }
        }
    }

    /// <summary>Gives back to this machine's disk what files took that are deleted.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            if (Unused - _keptByTrim > WorthTrimming)
            {
                DiskCalls.Trim(_root);
                _keptByTrim = Math.Max(0, Unused);
            }

            _keptByTrim = Math.Clamp(Unused, 0, _keptByTrim);
        }
    }

    /// <summary>Ends the disk with all that is on it.</summary>
    /// <exception cref="IOException">It stays mounted; holds why.</exception>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            _isGone = true;
            DiskCalls.Abandon(_root);

            // At once, even where another mount namespace still has the disk.
            RandomAccess.SetLength(_image, 0);
            _reserved.Dispose();
            _root.Dispose();
            _image.Dispose();
            DiskImage.Unmount(_folder);
        }
    }

    private bool TryGrow(long bytes)
    {
        var length = RandomAccess.GetLength(_reserved);
        if (DiskCalls.TryAllocate(_reserved, length, bytes))
        {
            return true;
        }

        // It may have got a part.
        RandomAccess.SetLength(_reserved, length);
        return false;
    }
}
