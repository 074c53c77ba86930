using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate.Runtimes;

public sealed class ControlGroupsSpecs : IDisposable
{
    private const string TaskId = "0123456789abcdef0123456789abcdef";

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-groups-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("cgroupfs", "1", 0)]
    [InlineData("cgroupfs", null, 0)]
    [InlineData("cgroupfs", "2", 1)]
    [InlineData("systemd", "2", 2)]
    [InlineData("systemd", "1", null)]
    [InlineData("none", "2", null)]
    public void An_engines_driver_and_version_tell_the_layout(string driver, string? version, int? layout) =>
        Assert.Equal((ControlGroupLayout?)layout, ControlGroups.LayoutOf(driver, version));

    [Theory]
    [InlineData(1, "/tidepool-[0-9a-f]{12}/0123456789abcdef0123456789abcdef", "")]
    [InlineData(2, "tidepool-[0-9a-f]{12}-0123456789abcdef0123456789abcdef\\.slice", "tidepool.slice/{0}.slice/")]
    public void In_version_2_a_task_has_one_group_with_all_limits(int layout, string parent, string above)
    {
        var groups = new ControlGroups(_root, (ControlGroupLayout)layout, "/environment");
        var name = groups.ParentOf(TaskId);
        Assert.Matches($"^{parent}$", name);
        var environment = name.Trim('/')[.."tidepool-012345678912".Length];
        var folder = $"{_root}/{string.Format(above, environment)}{name.TrimStart('/')}";

        // What the kernel, or systemd, has there.
        Directory.CreateDirectory($"{folder}/container");
        foreach (var file in new[] { "memory.max", "memory.swap.max", "cpu.max" })
        {
            File.WriteAllText($"{folder}/{file}", "max");
        }

        groups.Make(Task);
        Assert.True(groups.Hold(Task));

        Assert.Equal(("2147483648", "0", "100000 100000"), (Read("memory.max"), Read("memory.swap.max"), Read("cpu.max")));

        string Read(string file) => File.ReadAllText($"{folder}/{file}");
    }

    [Fact]
    public void A_group_that_no_container_is_in_holds_nothing()
    {
        var groups = new ControlGroups(_root, ControlGroupLayout.Version2, "/environment");
        groups.Make(Task);
        Assert.False(groups.Hold(Task));

        groups.Remove(TaskId);
        groups.RemoveAll();
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    private static RuntimeTask Task => new(
        $"arn:aws:ecs:us-east-1:000000000000:task/c/{TaskId}", new(FargateRig.Definition(), "arn:aws:ecs:us-east-1:000000000000:task-definition/f:1", 1))
    {
        RuntimeIds = new Dictionary<string, string>(),
    };
}
