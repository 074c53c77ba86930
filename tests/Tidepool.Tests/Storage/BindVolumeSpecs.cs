using Tidepool.Storage;

namespace Tidepool.Tests.Storage;

public sealed class BindVolumeSpecs
{
    private const UnixFileMode Rwxr_xr_x = (UnixFileMode)0x1ed;

    private static readonly ImageVolume Image = new("/shared-storage", 1000, 1000, Rwxr_xr_x);

    [Fact]
    public void A_fresh_volume_is_roots_with_mode_0755() =>
        Assert.Equal(new DirectoryOwner(0, 0, Rwxr_xr_x), BindVolume.OwnerOf([("/data", [Image]), ("/shared-storage", [])]));

    [Fact]
    public void An_images_volume_at_exactly_the_mounts_path_gives_its_owner() =>
        Assert.Equal(new DirectoryOwner(1000, 1000, Rwxr_xr_x), BindVolume.OwnerOf([("/data", [Image]), ("/shared-storage", [Image])]));

    [Fact]
    public void The_first_image_in_start_order_wins() =>
        Assert.Equal(7, BindVolume.OwnerOf([("/shared-storage", [Image with { Uid = 7 }]), ("/shared-storage", [Image])]).Uid);

    [Theory]
    [InlineData("/shared-storage/")]
    [InlineData("/shared-storage/sub")]
    [InlineData("/shared")]
    public void Another_path_gives_nothing(string path) => Assert.Equal(0, BindVolume.OwnerOf([(path, [Image])]).Uid);
}
