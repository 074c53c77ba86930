using System.Diagnostics;
using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;

namespace Tidepool.Tests.Fargate;

public sealed class DiskImageSpecs : IDisposable
{
    private const long GiB = 1024L * 1024 * 1024;

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-disk-").FullName;

    private string ImageFile => Path.Combine(_root, "disk.img");

    private string Folder => Path.Combine(_root, "a folder", "disk");

    public void Dispose()
    {
        Mounts.UnmountUnder(_root);
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData("ext3")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public async Task A_disk_image_is_a_disk_of_its_size_and_type_that_takes_little_of_this_machine(string type)
    {
        var image = await MakeAsync(GiB, Enum.Parse<DiskFileSystem>(type, ignoreCase: true));

        image.Mount(Folder);

        var mounted = (await ToolAsync("findmnt", "--noheadings", "--bytes", "--output", "FSTYPE,SIZE,OPTIONS", Folder)).Split();
        Assert.Equal(type, mounted[0]);
        Assert.InRange(long.Parse(mounted.First(word => long.TryParse(word, out _))), GiB * 8 / 10, GiB);
        Assert.Contains("nodev", mounted[^2].Split(','));
        Assert.Equal(GiB, new FileInfo(ImageFile).Length);
        Assert.InRange(long.Parse((await ToolAsync("du", "--block-size=1", ImageFile)).Split('\t')[0]), 0, GiB / 8);

        var full = Assert.Throws<IOException>(() => Fill(GiB));
        Assert.Contains("No space left on device", full.Message);
        DiskImage.Unmount(Folder);
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task What_is_on_a_disk_image_is_there_when_it_is_mounted_again_and_a_copy_of_it_beside_it()
    {
        var image = await MakeAsync(GiB, DiskFileSystem.Xfs);
        image.Mount(Folder);
        File.WriteAllText(Path.Combine(Folder, "kept"), "kept");
        DiskImage.Unmount(Folder);
        File.Copy(ImageFile, $"{ImageFile}.copy");

        image.Mount(Folder);
        (image with { File = $"{ImageFile}.copy" }).Mount($"{Folder}-copy");

        Assert.Equal("kept", File.ReadAllText(Path.Combine(Folder, "kept")));
        Assert.Equal("kept", File.ReadAllText(Path.Combine($"{Folder}-copy", "kept")));
    }

    [Fact]
    public async Task The_removal_of_a_folder_does_not_reach_into_a_disk_that_is_mounted_in_it()
    {
        var image = await MakeAsync(64 * 1024 * 1024, DiskFileSystem.Ext4);
        image.Mount(Folder);
        File.WriteAllText(Path.Combine(Folder, "kept"), "kept");

        // Someone still looks at it.
        using (File.OpenRead(Path.Combine(Folder, "kept")))
        {
            await TreeRemoval.RemoveAsync(Path.GetDirectoryName(Folder)!, FargateRig.Ct);
        }

        Assert.False(Directory.Exists(Path.GetDirectoryName(Folder)));
        await Condition.UntilAsync(() => !IsAttached(ImageFile), "the end of the loop device");
        image.Mount(Folder);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(Folder, "kept")));
    }

    [Fact]
    public async Task A_disk_that_cannot_be_made_leaves_no_file()
    {
        var tooSmall = await Assert.ThrowsAsync<IOException>(() => MakeAsync(1024 * 1024, DiskFileSystem.Xfs));

        Assert.StartsWith("mkfs.xfs: ", tooSmall.Message);
        Assert.False(File.Exists(ImageFile));
    }

    [Fact]
    public async Task A_file_without_a_file_system_is_not_mounted_and_keeps_no_loop_device()
    {
        await ImagesAsync();
        using (var file = File.Create(ImageFile))
        {
            file.SetLength(GiB);
        }

        var failed = Assert.Throws<IOException>(() => new DiskImage(ImageFile, DiskFileSystem.Ext4).Mount(Folder));

        Assert.Equal($"mount of {ImageFile} as ext4 at {Folder}: Invalid argument", failed.Message);
        Assert.False(IsAttached(ImageFile));
    }

    [Fact]
    public void Mount_points_in_a_folder_are_found_whatever_their_names_those_inside_others_first()
    {
        string[] lines =
        [
            "22 1 254:0 / / rw - ext4 /dev/vda rw",
            "30 22 7:0 / /a\\040folder/one rw,nodev - ext4 /dev/loop0 rw",
            "31 30 7:1 / /a\\040folder/one/two rw shared:1 - xfs /dev/loop1 rw",
            "32 22 7:2 / /a\\040folder2 rw - xfs /dev/loop2 rw",
        ];

        Assert.Equal(["/a folder/one/two", "/a folder/one"], Mounts.Under(lines, "/a folder"));
        Assert.Equal(["/a folder2"], Mounts.Under(lines, "/a folder2"));
    }

    private static bool IsAttached(string file) => Directory.GetDirectories("/sys/block", "loop*")
        .Select(device => Path.Combine(device, "loop", "backing_file"))
        .Any(backing => File.Exists(backing) && File.ReadAllText(backing).Trim() == file);

    private async Task<DiskImage> MakeAsync(long bytes, DiskFileSystem type) => await (await ImagesAsync()).MakeAsync(ImageFile, bytes, type, FargateRig.Ct);

    private async Task<DiskImages> ImagesAsync()
    {
        var images = await DiskImages.FindAsync(_root, "", FargateRig.Ct);
        Assert.SkipWhen(images.Obstacle is not null, $"This machine has no disk images: {images.Obstacle}.");
        Assert.Empty(Directory.GetFileSystemEntries(_root));
        return images;
    }

    private void Fill(long bytes)
    {
        using var file = File.Create(Path.Combine(Folder, "big"));
        var block = new byte[16 * 1024 * 1024];
        for (var written = 0L; written < bytes; written += block.Length)
        {
            file.Write(block);
            file.Flush(flushToDisk: false);
        }
    }

    private static async Task<string> ToolAsync(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        return await process.StandardOutput.ReadToEndAsync(FargateRig.Ct);
    }
}
