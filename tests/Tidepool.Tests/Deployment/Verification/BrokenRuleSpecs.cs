using Tidepool.Deployment.Verification;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tests.Fargate;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Deployment.Verification;

/// <summary>Each rule of storage is broken, and its probe tells; the others do not.</summary>
public sealed class BrokenRuleSpecs(DockerDaemon daemon)
{
    private delegate BrokenRuntime Break(IContainerRuntime inner, TaskStorage storage, string folder);

    private static readonly Dictionary<string, Break> Faults = new()
    {
        [nameof(TasksShareVolumes)] = (inner, storage, folder) => new TasksShareVolumes(inner, storage, folder),
        [nameof(VolumesAreUsedAgain)] = (inner, storage, folder) => new VolumesAreUsedAgain(inner, storage, folder),
        [nameof(ContainersApart)] = (inner, storage, folder) => new ContainersApart(inner, storage, folder),
        [nameof(RestartsForget)] = (inner, storage, folder) => new RestartsForget(inner, storage, folder),
        [nameof(StopKills)] = (inner, storage, folder) => new StopKills(inner, storage, folder),
        [nameof(VolumesAreElsewhere.EbsOfTheFamily)] = Elsewhere(VolumesAreElsewhere.EbsOfTheFamily),
        [nameof(VolumesAreElsewhere.EbsWithoutSnapshot)] = Elsewhere(VolumesAreElsewhere.EbsWithoutSnapshot),
        [nameof(VolumesAreElsewhere.EfsOfTheTask)] = Elsewhere(VolumesAreElsewhere.EfsOfTheTask),
        [nameof(VolumesAreElsewhere.EfsWithoutAccessPoint)] = Elsewhere(VolumesAreElsewhere.EfsWithoutAccessPoint),
        [nameof(VolumesAreElsewhere.OffTheDisk)] = Elsewhere(VolumesAreElsewhere.OffTheDisk),
        [nameof(VolumesAreOther.Open)] = Other(VolumesAreOther.Open),
        [nameof(VolumesAreOther.OfTheImagesUser)] = Other(VolumesAreOther.OfTheImagesUser),
        [nameof(VolumesAreOther.WithoutSeed)] = Other(VolumesAreOther.WithoutSeed),
        [nameof(VolumesAreOther.WithoutContent)] = Other(VolumesAreOther.WithoutContent),
        [nameof(VolumesAreOther.AlwaysSeeded)] = Other(VolumesAreOther.AlwaysSeeded),
        [nameof(ContainersAreOther.Writable)] = (inner, storage, folder) => new ContainersAreOther(inner, storage, folder, ContainersAreOther.Writable),
        [nameof(ContainersAreOther.NeverRoot)] = (inner, storage, folder) => new ContainersAreOther(inner, storage, folder, ContainersAreOther.NeverRoot),
    };

    [Theory]
    [InlineData(nameof(TasksShareVolumes), "fresh-per-task", "gone-after-replacement", "two-tasks-apart")]
    [InlineData(nameof(VolumesAreUsedAgain), "fresh-per-task", "gone-after-replacement")]
    [InlineData(nameof(ContainersApart), "init-container-chown", "read-only-mount", "same-in-both-containers")] // both others see what another container did
    [InlineData(nameof(RestartsForget), "survives-restart")]
    [InlineData(nameof(StopKills), "ebs-gone-with-service-task", "ebs-per-task", "efs-shared", "stop-grace", "two-tasks-apart")] // all others look when they hear the signal
    [InlineData(nameof(VolumesAreOther.Open), "default-owner", "image-volume-owner", "init-container-chown")]
    [InlineData(nameof(VolumesAreOther.OfTheImagesUser), "default-owner")]
    [InlineData(nameof(VolumesAreOther.WithoutSeed), "image-volume-content", "image-volume-owner")]
    [InlineData(nameof(VolumesAreOther.WithoutContent), "image-volume-content")]
    [InlineData(nameof(VolumesAreOther.AlwaysSeeded), "image-content-hidden")]
    [InlineData(nameof(VolumesAreElsewhere.EbsOfTheFamily), "ebs-from-snapshot", "ebs-gone-with-service-task", "ebs-never-attached-again", "ebs-per-task")]
    [InlineData(nameof(VolumesAreElsewhere.EbsWithoutSnapshot), "ebs-from-snapshot")]
    [InlineData(nameof(VolumesAreElsewhere.EfsOfTheTask), "efs-access-point-user", "efs-shared", "efs-survives")]
    [InlineData(nameof(VolumesAreElsewhere.EfsWithoutAccessPoint), "efs-access-point-user")]
    [InlineData(nameof(VolumesAreElsewhere.OffTheDisk), "disk-metric")]
    [InlineData(nameof(ContainersAreOther.Writable), "read-only-mount")]
    [InlineData(nameof(ContainersAreOther.NeverRoot), "init-container-chown")]
    public async Task A_broken_rule_turns_its_probes_red_and_no_other(string fault, params string[] red)
    {
        Assert.SkipUnless(LinuxCalls.EffectiveUid == 0, "Rules of owners can be broken by root only.");
        Assert.Equal(string.Join('\n', red), (await RunAsync(fault, "tidepool/with-volume:1", change => FargateRig.StartAsync(change))).Different());
    }

    [Theory]
    [InlineData(nameof(TasksShareVolumes), "fresh-per-task", "gone-after-replacement", "two-tasks-apart")]
    [InlineData(nameof(VolumesAreOther.OfTheImagesUser), "default-owner")]
    public async Task In_a_container_engine_too(string fault, params string[] red)
    {
        var report = await RunAsync(fault, TestImage.Seeded, change => daemon.RigAsync(change));
        Assert.Equal(string.Join('\n', red), report.Different());
    }

    private static async Task<VerificationReport> RunAsync(string fault, string image, Func<Func<FargateOptions, FargateOptions>, Task<FargateRig>> start)
    {
        var folder = Directory.CreateTempSubdirectory("tidepool-broken-").FullName;
        try
        {
            return await VerificationRig.RunAsync(
                image,
                () => start(options => options with { AroundRuntime = inner => Faults[fault](inner, new TaskStorage(options.EnvironmentFolder), folder) }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_service_that_takes_a_folder_of_the_host_is_told_apart_too()
    {
        await using var front = new RegistrationFront();
        var report = await VerificationRig.RunAsync("tidepool/with-volume:1", front: front.StartAsync, probes: ["source-path-refused", "fresh-per-task"]);
        Assert.Equal("source-path-refused", report.Different());
        Assert.Equal("taken", report.Probes.Single(probe => probe.Id == "source-path-refused").Observed);
    }

    private static Break Elsewhere(Func<RuntimeTask, string?> where) => (inner, storage, folder) => new VolumesAreElsewhere(inner, storage, folder, where);

    private static Break Other(Action<string, string> change) => (inner, storage, folder) => new VolumesAreOther(inner, storage, folder, change);
}
