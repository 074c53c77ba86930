namespace Tidepool.Storage.Comparison;

/// <summary>A piece of work whose time is taken on a storage and in the container's own layer.</summary>
/// <param name="Id">As in <c>small-files</c>.</param>
/// <param name="Name">As in <c>10,000 files of 1 KiB</c>.</param>
/// <param name="Word">Its name in scripts.</param>
/// <param name="Holds">What must be there afterwards: bytes or files.</param>
/// <param name="Needs">Tools that not every image has.</param>
public sealed record SpeedWork(string Id, string Name, string Word, long Holds, params IReadOnlyList<string> Needs)
{
    private const int LargeMiB = 256;
    private const int SmallFiles = 10_000;
    private const int ClonedFiles = 2000;
    private const int PackedFiles = 3000;

    public static SpeedWork LargeFile { get; } = new("large-file", $"hand-off of one file of {LargeMiB} MiB: written, flushed, read", "large", LargeMiB * 1048576L);

    public static SpeedWork SmallFilesRead { get; } = new("small-files", "10,000 files of 1 KiB: written, read", "small", SmallFiles);

    public static SpeedWork GitClone { get; } = new("git-clone", "git clone of 2,000 files of 1 KiB", "clone", ClonedFiles, "git");

    public static SpeedWork Unpack { get; } = new("unpack", "unpack of a package of 3,000 files (tar.gz), as a restore from a cache does", "unpack", PackedFiles, "tar", "gzip");

    /// <summary>All of them, in the order of reports and of scripts.</summary>
    public static IReadOnlyList<SpeedWork> All { get; } = [LargeFile, SmallFilesRead, GitClone, Unpack];
}
