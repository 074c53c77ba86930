using System.Diagnostics;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate;

public sealed class EnvironmentFolderSpecs : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-sweep-").FullName;

    private string Environments => Path.Combine(_root, "environments");

    private string One => Path.Combine(Environments, "one");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_end_of_an_environment_leaves_nothing()
    {
        await using (var fargate = await LocalFargate.StartAsync(FargateRig.Options(One), TimeProvider.System, FargateRig.Ct))
        {
            Assert.Equal(["etc", "journal.db", "lock", "logs", "tasks"], Directory.GetFileSystemEntries(One).Select(Path.GetFileName).Order());
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, LinuxCalls.Describe(One).Mode);
        }

        Assert.False(Directory.Exists(One));
    }

    [Fact]
    public async Task Two_at_once_cannot_have_one_environment()
    {
        await using var fargate = await LocalFargate.StartAsync(FargateRig.Options(One), TimeProvider.System, FargateRig.Ct);

        var problem = await Assert.ThrowsAsync<ProblemException>(() => LocalFargate.StartAsync(FargateRig.Options(One), TimeProvider.System, FargateRig.Ct));

        Assert.Equal($"FARGATE001: The environment {One} is in use by another Tidepool. Stop that one, or let it be and use another folder.", problem.Message);
    }

    [Fact]
    public async Task A_live_environment_is_never_swept_and_neither_is_what_is_none()
    {
        Directory.CreateDirectory(Path.Combine(Environments, "documents"));
        await using var rig = await FargateRig.StartAsync(options => options with { EnvironmentFolder = One });
        var task = await rig.RunAsync(FargateRig.Container("agent-1", FargateRig.Wait));
        await rig.RunningAsync(task);

        Assert.Empty(await EnvironmentFolders.SweepAsync(Environments, null, TimeProvider.System, FargateRig.Ct));

        Assert.Equal(EcsTaskStatus.Running, (await rig.DescribeAsync(task)).LastStatus);
        Assert.True(Directory.Exists(Path.Combine(Environments, "documents")));
    }

    [Fact]
    public async Task A_missing_root_has_nothing_to_sweep() =>
        Assert.Empty(await EnvironmentFolders.SweepAsync(Path.Combine(_root, "nowhere"), null, TimeProvider.System, FargateRig.Ct));

    [Fact]
    public async Task Nothing_survives_a_kill_of_the_engine_and_the_next_sweep_removes_what_it_left()
    {
        using var engine = EngineProcess.Start(_root);
        await EngineProcess.ReportAsync(_root, engine);
        var containers = HostProcesses.Descendants(engine.Id);
        Assert.True(containers.Count >= 6, $"{containers.Count} processes");

        engine.Kill();
        await engine.WaitForExitAsync(FargateRig.Ct);
        await Condition.UntilAsync(() => !containers.Any(HostProcesses.IsAlive), "the end of all processes of the containers");
        Assert.Single(Directory.GetDirectories(Path.Combine(One, "tasks")));

        Assert.Equal([new(One, 0, 1, null)], await EnvironmentFolders.SweepAsync(Environments, null, TimeProvider.System, FargateRig.Ct));
        Assert.Empty(Directory.GetFileSystemEntries(Environments));
    }

    [Fact]
    public async Task What_the_engine_was_started_with_reaches_no_container()
    {
        var secret = Path.Combine(_root, "open");
        File.WriteAllText(secret, "x");
        using var engine = EngineProcess.Start(
            _root, AppContext.BaseDirectory, "bash", "-c", "exec 9<\"$0\" 200<\"$0\"; export OF_THE_MACHINE=1; exec \"$@\"", secret);
        var report = await EngineProcess.ReportAsync(_root, engine);

        Assert.Contains("AWS_REGION=us-east-1", report.SecondLog);
        Assert.DoesNotContain("OF_THE_MACHINE", report.SecondLog);
        Assert.DoesNotContain(secret, report.SecondLog);
        Assert.All(HostProcesses.Descendants(engine.Id), pid => Assert.DoesNotContain("OF_THE_MACHINE", HostProcesses.Read(pid, "environ")));
        await EngineProcess.StopAsync(_root, engine);
    }

    [Fact]
    public async Task A_sweep_kills_the_recorded_process_if_it_still_is_the_same()
    {
        Directory.CreateDirectory(One);
        using var survivor = Process.Start("sleep", "1000");
        using var reused = Process.Start("sleep", "1000");
        try
        {
            File.WriteAllText(Path.Combine(One, "lock"), "");
            using (var journal = Journal.Create(Path.Combine(One, "journal.db"), reason => Assert.Fail(reason)))
            {
                var identity = ProcessIdentity.Of(survivor.Id)!;
                journal.Started(identity, "task", "agent-1");
                journal.Started(new(reused.Id, identity.StartTicks - 1000), "task", "agent-2");
            }

            Assert.Equal([new(One, 1, 0, null)], await EnvironmentFolders.SweepAsync(Environments, null, TimeProvider.System, FargateRig.Ct));
            await survivor.WaitForExitAsync(FargateRig.Ct);
            Assert.False(reused.HasExited);
        }
        finally
        {
            survivor.Kill();
            reused.Kill();
        }
    }

    [Fact]
    public async Task A_removal_that_was_cut_short_is_finished_by_the_next_sweep()
    {
        Directory.CreateDirectory(Path.Combine(One, "tasks", "t", "v"));
        File.WriteAllText(Path.Combine(One, "lock"), "");
        File.WriteAllText(Path.Combine(One, "journal.db"), "cut short");

        Assert.Equal([new(One, 0, 1, null)], await EnvironmentFolders.SweepAsync(Environments, null, TimeProvider.System, FargateRig.Ct));
        Assert.Empty(Directory.GetFileSystemEntries(Environments));
    }

    [Fact]
    public async Task A_full_disk_reaches_the_job_and_not_the_engine()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount a small file system.");
        var disk = Directory.CreateDirectory(Path.Combine(_root, "disk")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m,mode=755", "none", disk);
        try
        {
            await using var rig = await FargateRig.StartAsync(options => options with { EnvironmentFolder = Path.Combine(disk, "one") });
            var task = await rig.RunAsync(FargateRig.Container(
                "agent-1", $"head -c 8000000 /dev/zero > /shared-storage/big 2>/shared-storage/../tmp/said; echo code $?; for i in 1 2 3 4; do head -c 100000 /dev/zero | tr '\\0' x; done; {FargateRig.Wait}"));
            var notice = await NoticeAsync(rig, "LOGS_LOST");
            Assert.Contains("No space left on device", notice.Reason);
            await rig.RunningAsync(task);

            // The engine still stops this task, and says truthfully that another cannot have its volume.
            var second = await rig.RunAsync(FargateRig.Container("agent-1", FargateRig.Wait));
            var failed = await rig.UntilAsync(second, shown => shown.LastStatus is EcsTaskStatus.Running or EcsTaskStatus.Stopped);
            Assert.True(failed is { LastStatus: EcsTaskStatus.Running } or { StopCode: EcsStopCode.TaskFailedToStart });
            Assert.Equal(EcsTaskStatus.Stopped, (await rig.StopAsync(task)).LastStatus);

            var later = await rig.RunToEndAsync(FargateRig.Container("agent-1", "echo there is space again"));
            Assert.Equal("there is space again\n", rig.Log(later.TaskArn, "agent-1"));
            Assert.Single(await NoticesAsync(rig), change => change.Status is "LOGS_LOST");
        }
        finally
        {
            await RunAsync("umount", disk);
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_one_clear_problem()
    {
        File.WriteAllText(Path.Combine(_root, "file"), "");

        var problem = await Assert.ThrowsAsync<ProblemException>(
            () => LocalFargate.StartAsync(FargateRig.Options(Path.Combine(_root, "file", "one")), TimeProvider.System, FargateRig.Ct));

        Assert.StartsWith("FARGATE002: The environment's folder cannot be made: ", problem.Message);
    }

    private static async Task<TaskStateChange> NoticeAsync(FargateRig rig, string kind)
    {
        await foreach (var change in rig.Fargate.ReadStateChangesAsync(FargateRig.Ct))
        {
            if (change.Kind is TaskStateChangeKind.Notice && change.Status == kind)
            {
                return change;
            }
        }

        throw new InvalidOperationException("The environment ended.");
    }

    private static async Task<IReadOnlyList<TaskStateChange>> NoticesAsync(FargateRig rig)
    {
        var notices = new List<TaskStateChange>();
        var last = await rig.RunToEndAsync(FargateRig.Container("agent-1", "exit 0"));
        await foreach (var change in rig.Fargate.ReadStateChangesAsync(FargateRig.Ct))
        {
            if (change.Kind is TaskStateChangeKind.Notice)
            {
                notices.Add(change);
            }
            else if (change.TaskArn == last.TaskArn && change.Status is EcsTaskStatus.Stopped && change.Kind is TaskStateChangeKind.Task)
            {
                break;
            }
        }

        return notices;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(FargateRig.Ct);
        Assert.Equal(0, process.ExitCode);
    }
}
