using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

/// <summary>The images that the sandbox knows by their descriptions.</summary>
public sealed class BuiltInImageSpecs
{
    private const string Show = "for f in . from-image of-root cache cache/index; do stat -c '%u:%g %a %n' /shared-storage/$f 2>&1; done; ";
    private const string Seeded = "1000:1000 750 /shared-storage/.\n1000:1000 640 /shared-storage/from-image\n0:0 644 /shared-storage/of-root\n"
        + "1000:1000 700 /shared-storage/cache\n1000:1000 600 /shared-storage/cache/index\n";

    [Fact]
    public async Task A_VOLUME_at_the_mounts_path_seeds_each_tasks_volume_with_content_owner_and_mode()
    {
        await using var rig = await FargateRig.StartAsync();
        var container = Of("tidepool/with-volume:1", Show + "cat /shared-storage/from-image /shared-storage/cache/index && rm -r /shared-storage/from-image /shared-storage/cache");

        var first = await rig.RunToEndAsync(container);
        var second = await rig.RunToEndAsync(container);

        Assert.Equal((Seeded + "from the image\nindex\n", 0), (rig.Log(first.TaskArn, "c"), first.Containers[0].ExitCode));
        Assert.Equal(rig.Log(first.TaskArn, "c"), rig.Log(second.TaskArn, "c"));
        Assert.Equal((1000, 1000, (UnixFileMode)0x1e8), Assert.Single(rig.Fargate.DescribeVolumes(second.TaskArn)) is var volume ? (volume.Uid, volume.Gid, volume.Mode) : default);
    }

    [Fact]
    public async Task Mounted_elsewhere_a_VOLUME_gives_the_volume_nothing_and_its_content_stays_in_the_container()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(Of("tidepool/with-volume", $"stat -c '%u:%g %a' /data; ls /data; {Show}") with { MountPoints = [new("bind-mount-storage", "/data")] });

        Assert.Equal("0:0 755\n" + Seeded, rig.Log(stopped.TaskArn, "c"));
    }

    [Fact]
    public async Task Without_a_VOLUME_a_mount_hides_what_the_image_has_at_its_path()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(
            Of("tidepool/without-volume", "ls -A /shared-storage; stat -c '%u:%g %a' /shared-storage; touch /shared-storage/x 2>&1"));

        Assert.Equal("0:0 755\ntouch: cannot touch '/shared-storage/x': Permission denied\n", rig.Log(stopped.TaskArn, "c"));
    }

    [Fact]
    public async Task What_an_image_has_and_no_mount_hides_is_each_containers_own()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(
            Of("tidepool/without-volume", "echo mine >> /shared-storage/from-image; (echo x > /shared-storage/of-root) 2>&1; cat /shared-storage/from-image") with
            {
                MountPoints = [],
                Essential = false,
            },
            Of("tidepool/without-volume", "cat /shared-storage/from-image; touch /shared-storage/x 2>&1") with
            {
                Name = "other",
                MountPoints = [],
                ReadonlyRootFilesystem = true,
                DependsOn = [new("c", "SUCCESS")],
            });

        Assert.Equal("bash: line 1: /shared-storage/of-root: Permission denied\nfrom the image\nmine\n", rig.Log(stopped.TaskArn, "c"));
        Assert.Equal("from the image\ntouch: cannot touch '/shared-storage/x': Read-only file system\n", rig.Log(stopped.TaskArn, "other"));
    }

    [Fact]
    public async Task An_image_as_root_writes_where_Fargate_lets_root_alone_write()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(Of("tidepool/as-root", "id -u; pwd; touch /shared-storage/x; stat -c '%u:%g %a' /shared-storage"));

        Assert.Equal(("0\n/root\n0:0 755\n", 0), (rig.Log(stopped.TaskArn, "c"), stopped.Containers[0].ExitCode));
    }

    [Theory]
    [InlineData("tidepool/with-volume")]
    [InlineData("tidepool/without-volume")]
    [InlineData("tidepool/as-root")]
    public async Task By_itself_an_image_runs_until_it_is_stopped(string image)
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(Of(image, "") with { Command = [], StopTimeout = 30 });
        await rig.LogUntilAsync(task, "c", "waiting\n");

        Assert.Equal(0, (await rig.StopAsync(task)).Containers[0].ExitCode);
    }

    [Fact]
    public async Task Entry_point_command_user_and_folder_are_the_definitions()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(Of("tidepool/as-root", "") with
        {
            EntryPoint = ["sh", "-c", "echo $(id -u) $PWD $0"],
            Command = ["said"],
            User = "nobody",
            WorkingDirectory = "/tmp",
        });

        Assert.Equal("65534 /tmp said\n", rig.Log(stopped.TaskArn, "c"));
    }

    private static ContainerDefinition Of(string image, string script) => FargateRig.Container("c", "") with { Image = image, Command = ["bash", "-c", script] };
}
