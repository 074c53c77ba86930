using Tidepool.Deployment.Verification;
using Tidepool.Fargate.Runtimes;
using Tidepool.Storage.Probes;
using Tidepool.Tests.Fargate;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Deployment.Verification;

public sealed class StorageVerificationSpecs(DockerDaemon daemon)
{
    // The sandbox has all that the tests need; what it does not limit it does not show.
    private static IEnumerable<string> Expected(VerificationReport report) => StorageProbes.All.Select(probe =>
        probe.Id == "disk-limit" && report.Probes.Single(seen => seen.Id == probe.Id).Observed == "no limit" ? "disk-limit not tried: no limit" : $"{probe.Id} as expected");

    private static IEnumerable<string> Seen(VerificationReport report) =>
        report.Probes.Select(probe => $"{probe.Id} {probe.Verdict}{(probe.Verdict == ProbeReport.AsExpected ? "" : $": {probe.Observed} {string.Join(" | ", probe.Proof)}")}");

    [Fact]
    public async Task In_the_sandbox_every_rule_holds()
    {
        Assert.SkipUnless(LinuxCalls.EffectiveUid == 0, "Disks and access points take root.");
        var report = await VerificationRig.RunAsync("tidepool/with-volume:1");
        Assert.True(Expected(report).SequenceEqual(Seen(report)), string.Join("\n", Seen(report)));
        Assert.All(report.Probes.Where(probe => probe.Verdict == ProbeReport.AsExpected), probe => Assert.NotEmpty(probe.Proof));
    }

    [Fact]
    public async Task In_a_container_engine_every_rule_holds()
    {
        var report = await VerificationRig.RunAsync(TestImage.Seeded, () => daemon.RigAsync());
        Assert.True(Expected(report).SequenceEqual(Seen(report)), string.Join("\n", Seen(report)));
    }

    [Fact]
    public async Task What_an_image_cannot_show_is_not_tried_and_says_why()
    {
        var report = await VerificationRig.RunAsync("tidepool/as-root:1", probes: ["image-volume-owner", "image-volume-content", "image-content-hidden"]);
        Assert.Equal(
            [
                "not tried: the image has no directory /shared-storage",
                "not tried: the image has no directory /shared-storage",
                "as expected: /opt/tidepool/tidepool-agent of the image is hidden",
            ],
            report.Probes.Select(probe => $"{probe.Verdict}: {probe.Observed}"));
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_one_clear_problem()
    {
        var problem = await Assert.ThrowsAsync<ProblemException>(() => VerificationRig.RunAsync("busybox:1"));
        Assert.StartsWith("VERIFY003: ECS refused the task definition of a probe: ", problem.Message, StringComparison.Ordinal);
    }
}
