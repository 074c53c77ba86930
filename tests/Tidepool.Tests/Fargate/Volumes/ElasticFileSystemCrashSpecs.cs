using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;
using Tidepool.Fargate.Volumes.AccessPoints;

namespace Tidepool.Tests.Fargate.Volumes;

/// <summary>What a killed Tidepool leaves of EFS: dead mounts, which the next start clears away, and files, which stay.</summary>
public sealed class ElasticFileSystemCrashSpecs : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-efs-crash-").FullName;

    public void Dispose()
    {
        Mounts.UnmountUnder(_root);
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_sweep_clears_dead_mounts_away_and_touches_no_file_of_a_file_system()
    {
        Assert.SkipUnless(ServedFolder.IsPossible, "Access points are mounted with root's rights and /dev/fuse only.");
        using var engine = EngineProcess.StartWithFileSystem(_root, AppContext.BaseDirectory);
        var report = await EngineProcess.ReportAsync(_root, engine);
        Assert.Equal("1000:1000 755\n1000:1000 precious\n", report.FileSystemLog);
        var (fileSystem, _) = Assert.Single(new ElasticFileSystems(Path.Combine(_root, "storage"), TimeProvider.System).List());
        var accessPoints = Path.Combine(_root, "environments", "one", "access-points");
        var point = Assert.Single(Mounts.Under(accessPoints));

        engine.Kill();
        await engine.WaitForExitAsync(FargateRig.Ct);
        await Condition.UntilAsync(() => !File.Exists(Path.Combine(point, "precious")), "the mount's death");
        Assert.Equal([point], Mounts.Under(accessPoints));

        var swept = Assert.Single(await EnvironmentFolders.SweepAsync(Path.Combine(_root, "environments"), null, TimeProvider.System, FargateRig.Ct));
        Assert.Null(swept.Problem);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root, "environments")));
        Assert.Empty(Mounts.Under(_root));
        Assert.Equal("precious\n", File.ReadAllText(Path.Combine(_root, "storage", "efs", fileSystem.Id, "data", "agents", "precious")));
    }

    [Fact]
    public async Task Removing_an_environment_whose_mounts_live_unmounts_them_and_touches_no_file_of_a_file_system()
    {
        Assert.SkipUnless(ServedFolder.IsPossible, "Access points are mounted with root's rights and /dev/fuse only.");
        var (data, point) = (Path.Combine(_root, "data"), Path.Combine(_root, "environment", "access-points", "fsap-0"));
        Directory.CreateDirectory(data);
        Directory.CreateDirectory(point);
        await ServedFolder.MountAsync(data, point, new(0, 0, []));
        File.WriteAllText(Path.Combine(point, "precious"), "x");

        await TreeRemoval.RemoveAsync(Path.Combine(_root, "environment"), FargateRig.Ct);
        Assert.Equal("x", File.ReadAllText(Path.Combine(data, "precious")));
    }
}
