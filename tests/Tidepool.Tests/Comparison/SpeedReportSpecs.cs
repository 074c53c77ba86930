using Tidepool.Comparison;
using Tidepool.Storage;
using Tidepool.Storage.Comparison;
using Tidepool.Storage.Probes;
using Tidepool.Tests.Deployment.Verification;

namespace Tidepool.Tests.Comparison;

public sealed class SpeedReportSpecs
{
    private static readonly string[] Whole =
    [
        "large.layer=1000000000", "large.layer.held=268435456", "large.volume=2000000000", "large.volume.held=268435456",
        "small.layer=100000000", "small.layer.held=10000", "small.volume=150000000", "small.volume.held=10000",
        "clone.missing=git",
        "unpack.layer=100000000", "unpack.layer.held=3000", "unpack.volume.failed=tar: no space",
    ];

    [Fact]
    public void A_large_file_has_a_rate_beside_its_time_and_a_ratio()
    {
        var row = Report().Rows[0];
        Assert.Equal((1, 2, 2), (row.Layer!.Value, row.Cells[0].Value!.Value, row.Cells[0].Ratio!.Value));
        Assert.Equal(
            [
                "task arn:one",
                "best of 1: 2 s on the volume, 1 s in the container's own layer; 128 MiB/s",
                "large.layer=1000000000", "large.layer.held=268435456", "large.volume=2000000000", "large.volume.held=268435456",
            ],
            row.Cells[0].Proof);
    }

    [Fact]
    public void What_the_image_has_no_tool_for_says_which_and_has_no_time_anywhere()
    {
        var row = Report().Rows.Single(row => row.Id == "git-clone");
        Assert.Null(row.Layer);
        Assert.Equal(((double?)null, "the image has no git"), (row.Cells[0].Value, row.Cells[0].Text));
        Assert.Contains("clone.missing=git", row.Cells[0].Proof);
    }

    [Fact]
    public void What_failed_on_the_volume_says_so_and_keeps_its_proof()
    {
        var cell = Report().Rows.Single(row => row.Id == "unpack").Cells[0];
        Assert.Equal(((double?)null, "it failed on the volume: tar: no space"), (cell.Value, cell.Text));
        Assert.Contains("unpack.volume.failed=tar: no space", cell.Proof);
    }

    [Fact]
    public void A_storage_that_could_not_be_tried_says_why_in_every_row_and_one_that_was_not_come_to_too() => Assert.All(Report().Rows, row =>
    {
        Assert.Equal((null, null, "no EFS file system is known: give --file-system"), Cell(row, "efs"));
        Assert.Equal((null, null, "it was stopped before"), Cell(row, "efs-access-point"));
    });

    [Fact]
    public void A_volume_that_RunTask_keeps_has_the_figures_of_the_same_medium()
    {
        var row = Report().Rows[1];
        Assert.Equal((0.15, 1.5, null), Cell(row, "ebs-service"));
        Assert.Equal((0.15, 1.5, "of the same medium as EBS of a service, and measured there"), Cell(row, "ebs-run-task"));
    }

    [Theory]
    [InlineData(false, "these speeds are not AWS's")]
    [InlineData(true, "Measured in your account")]
    public void The_first_remark_says_what_the_figures_are_of(bool isAws, string said) =>
        Assert.Contains(said, SpeedMeasurement.Of([Measured(ComparedStorage.Bind)], isAws).Remarks[0], StringComparison.Ordinal);

    [Fact]
    public void A_layer_in_memory_and_a_coarse_clock_are_told()
    {
        var remarks = SpeedMeasurement.Of([Measured(ComparedStorage.Bind, [.. Whole, "layer-on=tmpfs volume-on=xfs", "clock=/proc/uptime"])], isAws: false).Remarks;
        Assert.Equal(
            ["The container's own layer is in memory here: ratios against it say little.", "The image's date has no nanoseconds: times are to 10 ms."],
            remarks.TakeLast(2));
        Assert.DoesNotContain(Report().Remarks, remark => remark.Contains("in memory here", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_documented_limit_names_its_storage_and_its_page() => Assert.All(Report().Documented, limit =>
    {
        Assert.Contains(limit.Storage, (string[])["bind", "ebs", "efs"]);
        Assert.StartsWith("https://docs.aws.amazon.com/", limit.Source, StringComparison.Ordinal);
    });

    [Fact]
    public void What_it_costs_in_an_account_counts_larger_tasks_and_the_traffic_of_EFS()
    {
        var setting = VerificationRig.Setting("tidepool-agent") with { FileSystem = ProbeSetting.FileSystemOf("fs-1", null), NoSnapshots = "none" };
        var cost = VerificationCost.Of(SpeedProbes.Of(SpeedPace.Aws), setting, hasPublicAddress: true, Prices.Listed);

        // A small one that looks at the image; bind, EBS and EFS of 1 vCPU and 2 GB for ten minutes; 1.2 GiB written to EFS and read.
        Assert.Equal((4, 3, 1, 0.14m), (cost.Tasks, cost.LargeTasks, cost.EbsVolumes, cost.Amount));
    }

    private static (double?, double?, string?) Cell(SpeedRow row, string storage)
    {
        var cell = row.Cells.Single(cell => cell.Storage == storage);
        return (cell.Value, cell.Ratio, cell.Text);
    }

    private static SpeedReport Report() => SpeedMeasurement.Of(
        [Measured(ComparedStorage.Bind), Measured(ComparedStorage.EbsOfService), NotTried(ComparedStorage.Efs)], isAws: false);

    private static ProbeVerdict Measured(ComparedStorage storage, params string[] facts) => new(ProbeOf(storage), ProbeOutcome.AsExpected, "a time for each", [])
    {
        Evidence = new()
        {
            Tasks = new Dictionary<string, TaskEvidence>
            {
                ["task"] = new()
                {
                    TaskArn = "arn:one",
                    Containers = new Dictionary<string, ContainerEvidence>
                    {
                        ["agent-1"] = new(0, [.. (facts.Length == 0 ? Whole : facts).Select(fact => $"probe {fact}")]),
                    },
                },
            },
        },
    };

    private static ProbeVerdict NotTried(ComparedStorage storage) => ProbeOf(storage).NotTried(ProbeOf(storage).Obstacle(VerificationRig.Setting("tidepool-agent"))!);

    private static Probe ProbeOf(ComparedStorage storage) => SpeedProbes.Of(SpeedPace.Local).Single(probe => probe.Id == SpeedProbes.IdOf(storage));
}
