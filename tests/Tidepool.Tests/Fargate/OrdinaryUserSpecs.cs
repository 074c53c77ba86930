using System.Diagnostics;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Tests.Agent;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate;

/// <summary>The runtimes for a user who is not root: the engine runs as another uid, in a mount namespace that has what the test needs.</summary>
public sealed class OrdinaryUserSpecs(DockerDaemon daemon) : IDisposable
{
    private const string Uid = "54321";

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-user-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task With_a_range_in_subuid_owners_hold_as_on_Fargate()
    {
        var report = await RunAsync(range: true);

        Assert.Equal((null, "rootless", true), (report.Problem, report.Facts?.Mode, report.Facts?.OwnersEnforced));
        Assert.Equal("1000\n1000:1000:750\nindex\n", report.FirstLog);
        Assert.Contains("0:0:755\n", report.SecondLog);
        Assert.Contains("/data/x: Permission denied", report.SecondLog);
        Assert.Equal([(1000, 1000, true), (0, 0, true)], report.Volumes.Select(volume => (volume.Uid, volume.Gid, volume.OwnersEnforced)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_survives_a_kill_of_the_engine(bool range)
    {
        using var engine = Start(range);
        Assert.Null((await EngineProcess.ReportAsync(_root, engine)).Problem);
        var containers = HostProcesses.Descendants(engine.Id);
        Assert.True(containers.Count >= 6, $"{containers.Count} processes");

        engine.Kill();

        await engine.WaitForExitAsync(FargateRig.Ct);
        await Condition.UntilAsync(() => !containers.Any(HostProcesses.IsAlive), "the end of all processes of the containers");
    }

    [Fact]
    public async Task Without_a_range_tasks_run_and_owners_are_said_not_to_be_enforced()
    {
        var report = await RunAsync(range: false);

        Assert.Equal((null, "single-uid", false), (report.Problem, report.Facts?.Mode, report.Facts?.OwnersEnforced));
        Assert.StartsWith("1000\n", report.FirstLog);
        Assert.Contains("\nx\n", report.SecondLog);
        Assert.All(report.Volumes, volume => Assert.False(volume.OwnersEnforced));
        Assert.Contains(report.Facts!.NotExercised, line => line.StartsWith("Owners: ", StringComparison.Ordinal));
        Assert.Contains("The size of the task's disk: it is measured and not enforced; only root can mount one.", report.Facts.NotExercised);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_EFS_file_system_outlives_the_tasks_and_where_an_access_point_would_change_owners_that_is_said(bool range)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can take another user's place.");
        using var engine = EngineProcess.StartWithFileSystem(Prepare(range), Path.Combine(_root, "program"), [.. Enter, .. AsUser]);
        var report = await EngineProcess.ReportAsync(_root, engine);
        Assert.Null(report.Problem);
        await EngineProcess.StopAsync(_root, engine);

        var refusal = $"makes every user 1000:1000, which takes root and /dev/fuse on this machine, and container agent-1 runs as 0:0. "
            + "Run tidepool as root, or give the container that user.";
        Assert.Contains("1000:1000 755\n1000:1000 precious\n", report.FileSystemLog);
        Assert.Equal(range, report.FileSystemLog.Contains(refusal, StringComparison.Ordinal));
        Assert.Equal(range, report.Facts!.NotExercised.Any(line => line.StartsWith("EFS access points: ", StringComparison.Ordinal)));
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_root, "storage"), "precious", SearchOption.AllDirectories));
        Assert.Equal(range ? 300999u : uint.Parse(Uid), LinuxCalls.Describe(file).Uid);
    }

    [Theory]
    [InlineData(true, @"^Essential container in task exited\n0:\d{5}:2775\n1000:\d{5}:644\n1000 \d{5}\nkept\n")]
    [InlineData(false, @"^Essential container in task exited\n1000:1000:2775\n1000:1000:644\n1000\nkept\n")]
    public async Task An_EBS_volume_is_a_folder_which_is_said_and_comes_back_from_a_snapshot(bool range, string said)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can take another user's place.");
        using var engine = EngineProcess.StartWithEbs(Prepare(range), Path.Combine(_root, "program"), [.. Enter, .. AsUser]);

        var report = await EngineProcess.ReportAsync(_root, engine);

        Assert.Null(report.Problem);
        Assert.Matches(said, report.SecondLog);
        Assert.Contains(
            "EBS volumes: they are folders, whose size and file system are not enforced, as only root can mount one; IOPS, throughput and encryption are not exercised.",
            report.Facts!.NotExercised);
        await EngineProcess.StopAsync(_root, engine);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root, "storage", "ebs", "volumes")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root, "storage", "ebs", "snapshots")));
    }

    [Fact]
    public async Task Without_user_namespaces_there_is_one_clear_problem_with_the_mend()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can take another user's place.");

        // Another uid in a user namespace that may have none below it; to the machine it still is root.
        using var engine = Start(
            Prepare(range: false, uid: "0"),
            [.. Enter, "bwrap", "--unshare-user", "--uid", Uid, "--gid", Uid, "--disable-userns", "--dev-bind", "/", "/", "--"]);

        var report = await EngineProcess.ReportAsync(_root, engine);
        await engine.WaitForExitAsync(FargateRig.Ct);

        Assert.StartsWith("SANDBOX002: This machine lets bubblewrap make no namespaces: bwrap: ", report.Problem);
        Assert.EndsWith(
            " Allow them: sudo sysctl -w user.max_user_namespaces=15000 and, where they exist, kernel.unprivileged_userns_clone=1 and "
            + "kernel.apparmor_restrict_unprivileged_userns=0; in a container, give it CAP_SYS_ADMIN.",
            report.Problem);
    }

    [Fact]
    public async Task In_a_container_engine_that_the_user_may_use_owners_hold_and_what_others_own_is_removed()
    {
        await daemon.StartAsync();
        daemon.LetEveryoneIn();
        var agent = Path.Combine(_root, "tidepool-agent");
        File.Copy(await AgentBinary.GetAsync(), agent);
        using var process = EngineProcess.Start(
            Prepare(range: false), Path.Combine(_root, "program"), daemon.Socket, agent, [.. Enter, .. AsUser]);
        var report = await EngineProcess.ReportAsync(_root, process);

        Assert.Equal((null, "docker", true), (report.Problem, report.Facts?.Name, report.Facts?.OwnersEnforced));
        Assert.Equal("1000\n1000:1000:755\n", report.FirstLog);
        Assert.Contains("0:0:755\n", report.SecondLog);
        Assert.Contains("/data/x: Permission denied", report.SecondLog);
        Assert.Contains("EBS volumes: there are none, as only root can mount one.", report.Facts!.NotExercised);
        await EngineProcess.StopAsync(_root, process);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root, "environments")));
        Assert.DoesNotContain(
            Path.Combine(_root, "environments", "one"), await EngineLeftovers.EnvironmentsAsync(daemon.Socket, FargateRig.Ct));
    }

    private static IEnumerable<string> AsUser => ["setpriv", "--reuid", Uid, "--regid", Uid, "--clear-groups", "--inh-caps=-all"];

    private async Task<EngineReport> RunAsync(bool range)
    {
        using var engine = Start(range);
        var report = await EngineProcess.ReportAsync(_root, engine);
        if (report.Problem is null)
        {
            await EngineProcess.StopAsync(_root, engine);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root, "environments")));
        }

        return report;
    }

    private Process Start(bool range)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can take another user's place.");
        return Start(Prepare(range), [.. Enter, .. AsUser]);
    }

    private static Process Start(string folder, IEnumerable<string> under) => EngineProcess.Start(folder, Path.Combine(folder, "program"), [.. under]);

    // In a mount namespace of its own, so that the machine's files stay as they are: the user's entries, and the program and its
    // runtime at a path that the user can reach.
    private IEnumerable<string> Enter =>
    [
        "unshare", "--mount", "sh", "-ec",
        """
        for name in passwd group subuid subgid; do [ -e "/etc/$name" ] && mount --bind "$0/etc/$name" "/etc/$name"; done
        mount --bind "$1" "$0/program"
        mount --bind "$2" "$0/dotnet"
        export DOTNET_ROOT="$0/dotnet" HOME="$0/home"
        shift 2
        exec "$@"
        """,
        _root, AppContext.BaseDirectory, DotnetRoot,
    ];

    private static string DotnetRoot => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    private string Prepare(bool range, string uid = Uid)
    {
        foreach (var name in new[] { "etc", "program", "dotnet", "home" })
        {
            Directory.CreateDirectory(Path.Combine(_root, name));
        }

        void Etc(string name, string line) => File.WriteAllText(
            Path.Combine(_root, "etc", name), (File.Exists($"/etc/{name}") ? File.ReadAllText($"/etc/{name}") : "") + line);
        Etc("passwd", $"tidepool-test:x:{Uid}:{Uid}::{_root}/home:/bin/sh\n");
        Etc("group", $"tidepool-test:x:{Uid}:\n");
        Etc("subuid", range ? $"{Uid}:300000:65536\n" : "");
        Etc("subgid", range ? $"{Uid}:300000:65536\n" : "");
        using var own = Process.Start("chown", ["-R", $"{uid}:{uid}", _root]);
        own.WaitForExit();
        return _root;
    }
}
