using System.Globalization;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate.Runtimes;

public sealed class FewMountsSpecs
{
    [Theory]
    [InlineData("/", true)]
    [InlineData("/usr", true)]
    [InlineData("/dev/shm", true)]
    [InlineData("/state", true)]
    [InlineData("/state/environments", true)]
    [InlineData("/state/environments/1", true)]
    [InlineData("/state/environments/1/tasks/2", false)]
    [InlineData("/state/environments/12", false)]
    [InlineData("/device", false)]
    [InlineData("/mnt/backup", false)]
    public void A_mount_stays_where_programs_are_and_around_what_is_needed(string point, bool stays) =>
        Assert.Equal(stays, FewMounts.IsNeeded(point, ["/state/environments/1"]));

    [Fact]
    public async Task What_starts_a_container_has_no_mount_of_any_task()
    {
        Assert.SkipUnless(LinuxCalls.EffectiveUid == 0, "Only root's tasks have mounts.");
        await using var other = await FargateRig.StartAsync();
        await other.RunAsync(FargateRig.Container("agent-1", FargateRig.Wait));
        await using var rig = await FargateRig.StartAsync();
        await rig.RunAsync(FargateRig.Container("agent-1", FargateRig.Wait));
        var marker = $"{2_000_000 + Random.Shared.Next(1_000_000)}";
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"df /shared-storage; echo end; sleep {marker} & wait $!"));

        Assert.Contains("/dev/loop", await rig.LogUntilAsync(task, "agent-1", "end"));
        Assert.Contains(other.EnvironmentFolder, await File.ReadAllTextAsync("/proc/self/mountinfo", FargateRig.Ct));
        var starters = Parents(Assert.Single(HostProcesses.WithArgument(marker))).Where(pid => Mounts(pid) != Mounts(Environment.ProcessId)).ToArray();
        Assert.Contains(starters, pid => HostProcesses.Read(pid, "cmdline").Contains("bwrap", StringComparison.Ordinal));
        Assert.DoesNotContain(starters, pid => Holds(pid, other.EnvironmentFolder));

        // Its own task's are there until it is known to run.
        await Condition.UntilAsync(() => !starters.Any(pid => Holds(pid, rig.EnvironmentFolder)), "the task's own mounts are hidden");
    }

    // What of a process is a mount namespace, as the kernel numbers them.
    private static string? Mounts(int pid) => new FileInfo($"/proc/{pid}/ns/mnt").LinkTarget;

    private static bool Holds(int pid, string folder) =>
        HostProcesses.Read(pid, "mountinfo").Split('\n').Any(line => line.Contains($" {folder}/tasks/", StringComparison.Ordinal));

    // Without the program's own, which has its container's mounts.
    private static IEnumerable<int> Parents(int pid)
    {
        for (var at = ParentOf(ParentOf(pid)); at > 1; at = ParentOf(at))
        {
            yield return at;
        }
    }

    private static int ParentOf(int pid)
    {
        var stat = HostProcesses.Read(pid, "stat");
        return stat.Length == 0 ? 0 : int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
