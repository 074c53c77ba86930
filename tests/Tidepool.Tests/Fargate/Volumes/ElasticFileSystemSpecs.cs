using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Volumes;
using Tidepool.Fargate.Volumes.AccessPoints;
using Tidepool.Tasks;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate.Volumes;

/// <summary>In the sandbox.</summary>
public sealed class ElasticFileSystemSpecs : ElasticFileSystemContract
{
    private protected override Task<FargateRig> StartAsync() => FargateRig.StartAsync();

    private protected override Task<FargateRig> BesideAsync(FargateRig rig) => FargateRig.StartAsync(options => options with { StorageFolder = Storage(rig) });
}

/// <summary>In a real container engine.</summary>
public sealed class EngineElasticFileSystemSpecs(DockerDaemon daemon) : ElasticFileSystemContract
{
    private protected override Task<FargateRig> StartAsync() => daemon.RigAsync();

    private protected override Task<FargateRig> BesideAsync(FargateRig rig) => daemon.RigAsync(options => options with { StorageFolder = Storage(rig) });

    [Fact]
    public async Task The_sandbox_and_the_engine_share_a_file_system()
    {
        await using var rig = await StartAsync();
        var id = FileSystems(rig).CreateFileSystem(null).Id;
        await RunAsync(rig, "echo of the engine > /efs/a", new(id), user: "root");

        await using var sandbox = await FargateRig.StartAsync(options => options with { StorageFolder = Storage(rig) });
        var (_, log) = await RunAsync(sandbox, "cat /efs/a", new(id));
        Assert.Equal("of the engine\n", log);
    }

    [Fact]
    public async Task An_engine_that_does_not_see_the_mount_of_an_access_point_is_told_of()
    {
        await daemon.StartAsync();
        await using var rig = await daemon.RigAsync();
        var hidden = Directory.CreateTempSubdirectory("tidepool-hidden-").FullName;
        try
        {
            Assert.False(Tidepool.Fargate.Runtimes.Engine.EngineMounts.See(daemon.Socket, hidden));
            Assert.True(Tidepool.Fargate.Runtimes.Engine.EngineMounts.See(daemon.Socket, "/proc"));
        }
        finally
        {
            Directory.Delete(hidden);
        }
    }
}

/// <summary>What holds in every container runtime.</summary>
public abstract class ElasticFileSystemContract
{
    private const string Failed = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: ";

    private protected abstract Task<FargateRig> StartAsync();

    /// <summary>One more environment that shares the first one's storage.</summary>
    private protected abstract Task<FargateRig> BesideAsync(FargateRig rig);

    private protected static string Storage(FargateRig rig) => Path.Combine(rig.EnvironmentFolder, "storage");

    private protected static ElasticFileSystems FileSystems(FargateRig rig) => new(Storage(rig), TimeProvider.System);

    [Fact]
    public async Task A_file_system_outlives_its_tasks_and_all_tasks_share_it()
    {
        await using var rig = await StartAsync();
        var id = FileSystems(rig).CreateFileSystem("shared").Id;
        var first = await StartTaskAsync(rig, $"stat -c '%u:%g %a' /efs; chown 1000:1000 /efs; echo one > /efs/a; until [ -e /efs/b ]; do sleep 0.01; done; cat /efs/b; {FargateRig.Wait}", new(id), user: "root");
        await rig.LogUntilAsync(first, "agent-1", "0:0 755");
        var second = await StartTaskAsync(rig, $"until [ -e /efs/a ]; do sleep 0.01; done; cat /efs/a; echo two > /efs/b; {FargateRig.Wait}", new(id));
        await rig.LogUntilAsync(second, "agent-1", "one");
        await rig.LogUntilAsync(first, "agent-1", "two");

        var problem = await Assert.ThrowsAsync<ProblemException>(() => FileSystems(rig).RemoveAsync(id, FargateRig.Ct));
        Assert.Equal($"EFS004: Tasks use the EFS file system {id}. Stop them, then remove it.", problem.Message);
        await rig.StopAsync(first);
        await rig.StopAsync(second);

        await using var other = await BesideAsync(rig);
        Assert.Equal("one\ntwo\n", (await RunAsync(other, "cat /efs/a /efs/b", new(id))).Log);
        await FileSystems(rig).RemoveAsync(id, FargateRig.Ct);
        Assert.Empty(Directory.GetDirectories(Path.Combine(Storage(rig), "efs")));
    }

    [Fact]
    public async Task A_root_directory_is_mounted_and_one_that_is_not_there_fails_the_start()
    {
        await using var rig = await StartAsync();
        var id = FileSystems(rig).CreateFileSystem(null).Id;
        await RunAsync(rig, "mkdir -p /efs/deep/er; echo there > /efs/deep/er/x; ln -s /etc /efs/etc; : > /efs/file", new(id), user: "root");
        Assert.Equal("there\n", (await RunAsync(rig, "cat /efs/x", new(id, "/deep/er"))).Log);

        foreach (var path in new[] { "/none", "/etc", "/file", "/../../.." })
        {
            var (task, _) = await RunAsync(rig, "true", new(id, path));
            Assert.Equal(
                (EcsStopCode.TaskFailedToStart,
                    $"{Failed}b'mount.nfs4: mounting {id}.efs.us-east-1.amazonaws.com:{path} failed, reason given by server: No such file or directory' "
                    + ": unsuccessful EFS utils command execution; code: 32"),
                (task.StopCode, task.StoppedReason));
        }

        var (encrypted, _) = await RunAsync(rig, "true", new(id, "/none", "ENABLED"));
        Assert.Contains("mounting 127.0.0.1:/none failed", encrypted.StoppedReason);
    }

    [Fact]
    public async Task Through_an_access_point_everyone_is_its_user_in_its_folder()
    {
        Assert.SkipUnless(ServedFolder.IsPossible, "Owners are changed with root's rights and /dev/fuse only.");
        await using var rig = await StartAsync();
        var fileSystems = FileSystems(rig);
        var id = fileSystems.CreateFileSystem(null).Id;
        var point = fileSystems.CreateAccessPoint(id, "/made/here", new(1500, 1600, []), new(1500, 1600, (UnixFileMode)0x1e8)).Id; // 0750
        const string Script = "stat -c '%u:%g %a' /efs; touch /efs/$(id -u); stat -c %u:%g /efs/$(id -u); chown 0 /efs/$(id -u) 2>&1; ls /efs";
        Assert.Equal(
            "1500:1600 750\n1500:1600\nchown: changing ownership of '/efs/1000': Operation not permitted\n1000\n",
            (await RunAsync(rig, Script, Through(id, point))).Log);
        Assert.Equal(
            "1500:1600 750\n1500:1600\nchown: changing ownership of '/efs/0': Operation not permitted\n0\n1000\n",
            (await RunAsync(rig, Script, Through(id, point), user: "root")).Log);
        Assert.Equal("1500:1600\n", (await RunAsync(rig, "stat -c %u:%g /efs/made/here/0", new(id), user: "root")).Log);

        // No user of its own: a folder, and everyone who they are.
        var plain = fileSystems.CreateAccessPoint(id, "/plain", null, new(1000, 1000, (UnixFileMode)0x1ed)).Id;
        Assert.Equal("1000:1000 755\n1000:1000\n", (await RunAsync(rig, "stat -c '%u:%g %a' /efs; touch /efs/x; stat -c %u:%g /efs/x", Through(id, plain))).Log);
        Assert.Empty(AccessPoints(rig));
        Assert.Empty(Directory.GetDirectories(Path.Combine(rig.EnvironmentFolder, "access-points")));
    }

    [Fact]
    public async Task Two_environments_at_once_and_tasks_of_one_share_an_access_point()
    {
        Assert.SkipUnless(ServedFolder.IsPossible, "Owners are changed with root's rights and /dev/fuse only.");
        await using var rig = await StartAsync();
        await using var other = await BesideAsync(rig);
        var fileSystems = FileSystems(rig);
        var id = fileSystems.CreateFileSystem(null).Id;
        var point = Through(id, fileSystems.CreateAccessPoint(id, "/a", new(1500, 1600, []), new(1500, 1600, (UnixFileMode)0x1c0)).Id);
        string Turn(int mine, int last) => $"for i in $(seq {mine} 3 {last}); do until [ \"$(cat /efs/turn 2> /dev/null)\" = $((i - 1)) ]; do sleep 0.01; done; echo $i > /efs/.t && mv /efs/.t /efs/turn; done; echo done; {FargateRig.Wait}";
        var tasks = new[]
        {
            (rig, await StartTaskAsync(rig, $"[ -e /efs/turn ] || echo 0 > /efs/turn; {Turn(1, 30)}", point)),
            (rig, await StartTaskAsync(rig, Turn(2, 30), point)),
            (other, await StartTaskAsync(other, Turn(3, 30), point)),
        };
        foreach (var (where, task) in tasks)
        {
            await where.LogUntilAsync(task, "agent-1", "done");
        }

        Assert.Single(AccessPoints(rig));
        await rig.StopAsync(tasks[0].Item2);
        Assert.Single(AccessPoints(rig));
        await rig.StopAsync(tasks[1].Item2);
        Assert.Empty(AccessPoints(rig));
        Assert.Single(AccessPoints(other));
    }

    [Fact]
    public async Task What_does_not_exist_fails_the_start_in_the_words_of_AWS()
    {
        await using var rig = await StartAsync();
        var fileSystems = FileSystems(rig);
        var id = fileSystems.CreateFileSystem(null).Id;
        var noFolder = fileSystems.CreateAccessPoint(id, "/none", new(1000, 1000, []), null).Id;
        var others = fileSystems.CreateAccessPoint(fileSystems.CreateFileSystem(null).Id, "/", null, null).Id;
        foreach (var point in new[] { "fsap-00000000", others, noFolder })
        {
            var (denied, _) = await RunAsync(rig, "true", Through(id, point));
            Assert.Equal(
                (EcsStopCode.TaskFailedToStart,
                    $"{Failed}b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : unsuccessful EFS utils command execution; code: 32"),
                (denied.StopCode, denied.StoppedReason));
        }

        foreach (var none in new[] { "fs-00000000", "../../etc" })
        {
            var (unknown, _) = await RunAsync(rig, "true", new(none));
            Assert.StartsWith($"{Failed}Failed to resolve \"{none.Split('/')[^1]}.efs.us-east-1.amazonaws.com\" - check that your file system ID is correct", unknown.StoppedReason);
        }

        Assert.Empty(AccessPoints(rig));
    }

    // Beside them each task has a disk of its own, where this machine mounts one.
    private static IReadOnlyList<string> AccessPoints(FargateRig rig) => Mounts.Under(Path.Combine(rig.EnvironmentFolder, "access-points"));

    private protected static EfsVolume Through(string fileSystem, string accessPoint) => new(fileSystem, TransitEncryption: "ENABLED", AuthorizationConfig: new(accessPoint));

    private protected static async Task<(EcsTask Task, string Log)> RunAsync(FargateRig rig, string script, EfsVolume volume, string user = "agent")
    {
        var stopped = await rig.StoppedAsync(await StartTaskAsync(rig, script, volume, user));
        return (stopped, rig.Log(stopped.TaskArn, "agent-1"));
    }

    private protected static async Task<string> StartTaskAsync(FargateRig rig, string script, EfsVolume volume, string user = "agent")
    {
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container("agent-1", script) with { User = user, MountPoints = [new("efs", "/efs")] }) with
            {
                Volumes = [new() { Name = "efs", EfsVolumeConfiguration = volume }],
            },
            FargateRig.Ct);
        return await rig.RunAsync(definition.TaskDefinitionArn);
    }
}
