using Tidepool.Comparison;
using Tidepool.Deployment;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Storage.Comparison;
using Tidepool.Tests.Deployment.Verification;
using Tidepool.Tests.Fargate;

namespace Tidepool.Tests.Comparison;

/// <summary>A rule of volumes is broken, and the comparison notices: those cells differ, and no other.</summary>
public sealed class BrokenVolumeRuleSpecs
{
    private delegate BrokenRuntime Break(IContainerRuntime inner, TaskStorage storage, string folder);

    private static readonly Dictionary<string, Break> Faults = new()
    {
        [nameof(VolumesAreElsewhere.BindOfOneName)] = Elsewhere(VolumesAreElsewhere.BindOfOneName),
        [nameof(VolumesAreElsewhere.EbsOfTheFamily)] = Elsewhere(VolumesAreElsewhere.EbsOfTheFamily),
        [nameof(VolumesAreElsewhere.EfsOfTheTask)] = Elsewhere(VolumesAreElsewhere.EfsOfTheTask),
        [nameof(RestartsForget)] = (inner, storage, folder) => new RestartsForget(inner, storage, folder),
    };

    [Theory]
    [InlineData(
        nameof(VolumesAreElsewhere.BindOfOneName),
        "same-task other-task container-restarted task-replaced scaled-to-two new-revision same-name-one-task same-name-two-tasks writer-killed",
        "other-task/bind found", "task-replaced/bind found", "scaled-to-two/bind found", "new-revision/bind found", "same-name-two-tasks/bind overwritten")]
    [InlineData(
        nameof(VolumesAreElsewhere.EbsOfTheFamily),
        "same-task task-replaced scaled-to-two",
        "task-replaced/ebs-service found", "task-replaced/ebs-run-task found", "task-replaced/ebs-snapshot found",
        "scaled-to-two/ebs-service found", "scaled-to-two/ebs-run-task found", "scaled-to-two/ebs-snapshot found")]
    [InlineData(
        nameof(VolumesAreElsewhere.EfsOfTheTask),
        "same-task task-replaced same-name-two-tasks",
        "task-replaced/efs not found", "task-replaced/efs-access-point not found", "same-name-two-tasks/efs apart", "same-name-two-tasks/efs-access-point apart")]
    [InlineData(nameof(RestartsForget), "container-restarted", "container-restarted/bind not found")]
    public async Task A_broken_rule_is_seen_in_its_cells_and_no_other(string fault, string scenarios, params string[] different)
    {
        Assert.SkipUnless(LinuxCalls.EffectiveUid == 0, "EBS volumes and the owners of EFS need root.");
        var names = scenarios.Split(' ');
        var folder = Directory.CreateTempSubdirectory("tidepool-broken-").FullName;
        try
        {
            var report = await VerificationRig.UseAsync(
                "tidepool/with-volume:1",
                () => FargateRig.StartAsync(options => options with { AroundRuntime = inner => Faults[fault](inner, new TaskStorage(options.EnvironmentFolder), folder) }),
                front: null,
                (place, setting) => new StorageComparison(place, setting with { IsFileSystemOwn = true }, new Progress<DeploymentEvent>(), TimeProvider.System)
                    .RunAsync([.. ComparisonScenarios.All.Where(scenario => names.Contains(scenario.Id))], also: null, FargateRig.Ct));
            Assert.Equal(
                string.Join('\n', different),
                string.Join('\n', report.Scenarios.SelectMany(row => row.Cells
                    .Where(cell => cell.Verdict != CellReport.AsExpected)
                    .Select(cell => $"{row.Id}/{cell.Storage} {cell.Observed ?? cell.Text}"))));
            Assert.All(report.Claims.Where(claim => claim.Cells.Any(cell => different.Any(seen => seen.StartsWith($"{cell} ", StringComparison.Ordinal)))), claim =>
            {
                Assert.False(claim.Agrees);
                Assert.StartsWith("Something else was seen here: ", claim.Found, StringComparison.Ordinal);
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Break Elsewhere(Func<RuntimeTask, string?> where) => (inner, storage, folder) => new VolumesAreElsewhere(inner, storage, folder, where);
}
