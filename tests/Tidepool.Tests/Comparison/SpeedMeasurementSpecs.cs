using Tidepool.Comparison;
using Tidepool.Deployment;
using Tidepool.Deployment.Verification;
using Tidepool.Storage.Comparison;
using Tidepool.Storage.Probes;
using Tidepool.Tests.Deployment.Verification;
using Tidepool.Tests.Fargate;

namespace Tidepool.Tests.Comparison;

public sealed class SpeedMeasurementSpecs
{
    [Fact]
    public async Task Every_piece_of_work_has_a_time_on_every_storage_and_in_the_layer_with_its_proof()
    {
        var measured = new List<string>();
        var speed = await VerificationRig.UseAsync("tidepool/with-volume:latest", null, null, async (place, setting) =>
        {
            var (report, left) = await ProbeSession.UseAsync(
                place,
                setting,
                new Progress<DeploymentEvent>(),
                TimeProvider.System,
                async session =>
                {
                    await session.TakeSnapshotAsync(FargateRig.Ct);
                    return await SpeedMeasurement.RunAsync(session, new SpeedPace(2, TimeSpan.Zero, FargateRig.Limit, Shrink: 4), isAws: false, verdict => measured.Add(verdict.Probe.Id), FargateRig.Ct);
                },
                FargateRig.Ct);
            Assert.Empty(left);
            return report;
        });

        Assert.Equal(["speed/bind", "speed/ebs-service", "speed/ebs-snapshot", "speed/efs", "speed/efs-access-point"], measured);
        Assert.Equal(["large-file", "small-files", "git-clone", "unpack"], speed.Rows.Select(row => row.Id));
        Assert.All(speed.Rows, row =>
        {
            Assert.Equal("s", row.Unit);
            Assert.Equal(ComparedStorage.All.Select(storage => storage.Id), row.Cells.Select(cell => cell.Storage));
            Assert.True(row.Layer > 0, row.Id);
            Assert.All(row.Cells, cell =>
            {
                var word = SpeedWork.All.Single(work => work.Id == row.Id).Word;
                Assert.True(cell is { Value: > 0, Ratio: > 0 }, $"{row.Id} on {cell.Storage}: {cell.Text}");
                Assert.Equal(cell.Storage == "ebs-run-task" ? "of the same medium as EBS of a service, and measured there" : null, cell.Text);
                Assert.Matches("^task arn:aws:ecs:", cell.Proof[0]);
                Assert.Matches("^best of 2: [0-9.]+ s on the volume, [0-9.]+ s in the container's own layer", cell.Proof[1]);
                Assert.Equal(4, cell.Proof.Count(line => line.StartsWith($"{word}.", StringComparison.Ordinal) && line.Contains(".held=", StringComparison.Ordinal)));
            });
        });
        Assert.Contains(speed.Rows[0].Cells.Single(cell => cell.Storage == "ebs-snapshot").Proof, line => line.Contains(", volume vol-", StringComparison.Ordinal));
        Assert.Contains("these speeds are not AWS's", speed.Remarks[0], StringComparison.Ordinal);
        Assert.Equal("All work is 4 times smaller than it is called.", speed.Remarks[1]);
    }
}
