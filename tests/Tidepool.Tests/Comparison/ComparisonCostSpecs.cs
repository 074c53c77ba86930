using Tidepool.Comparison;
using Tidepool.Deployment;
using Tidepool.Storage;

namespace Tidepool.Tests.Comparison;

public sealed class ComparisonCostSpecs
{
    // 1 task, 1 vCPU and 2 GB, 100 GiB, 730 h, 100 GiB a day written.
    private static readonly CostWish Worked = new() { Gib = 100, WrittenGibPerDay = 100, ReadGibPerDay = 0, IsX86 = true };

    [Theory]
    [InlineData("bind", 6.48)]
    [InlineData("ebs", 8.00)]
    [InlineData("efs", 210.00)] // 30 kept, 180 written
    public void A_hundred_GiB_cost_what_the_price_lists_make_of_them(string storage, double monthly) =>
        Assert.Equal((decimal)monthly, Of(Worked, storage).StorageMonthly);

    [Fact]
    public void The_whole_bill_has_compute_address_secret_logs_image_and_jobs_beside_the_storage()
    {
        var bind = Of(Worked, "bind");
        Assert.Equal(
            [
                ("Fargate X86_64, 1 vCPU x 1 task", 29.55m, false),
                ("Fargate X86_64, 2 GB x 1 task", 6.49m, false),
                ("ephemeral storage, 80 GiB over 20 x 1 task", 6.48m, true),
                ("public IPv4 address x 1", 3.65m, false),
                ("1 secret", 0.40m, false),
                ("logs taken in, if each of 2 agents writes 1 GB", 1.00m, false),
                ("logs kept, the same for a month", 0.06m, false),
                ("image in ECR, if it has 1 GB", 0.10m, false),
                ("Azure Pipelines, parallel jobs beyond the free one, if all 2 agents are to run jobs at once", 15.00m, false),
            ],
            bind.Lines.Select(line => (line.Item, line.Monthly, line.IsStorage)));
        Assert.Equal(62.73m, bind.Monthly);
        Assert.All(bind.Lines, line => Assert.StartsWith("https://", line.Source, StringComparison.Ordinal));
    }

    [Fact]
    public void Of_EFS_what_is_kept_written_and_read_is_a_line_each_and_the_day_and_doubts_of_its_price_are_told() => Assert.Equal(
        [("EFS Standard, 100 GB kept", 100m, 30m), ("EFS elastic throughput, written", 3000m, 180m), ("EFS elastic throughput, read", 1500m, 45m)],
        Of(Worked with { ReadGibPerDay = 50 }, "efs").Lines.Where(line => line.IsStorage).Select(line =>
        {
            Assert.Equal((new DateOnly(2026, 6, 13), "of a page about AWS, not of its price list"), (line.Date, line.Remark));
            return (line.Item, line.Quantity, line.Monthly);
        }));

    [Fact]
    public void As_much_is_read_as_written_where_nothing_else_is_told() => Assert.Equal(
        (100m, 30m + 180m + 90m),
        (ComparisonCost.Of(Worked with { ReadGibPerDay = null }).ReadGibPerDay, Of(Worked with { ReadGibPerDay = null }, "efs").StorageMonthly!.Value));

    [Theory]
    [InlineData("bind", 3, 730, 19.45)]  // three disks; rounded once
    [InlineData("ebs", 3, 730, 24.00)]   // three volumes
    [InlineData("efs", 3, 730, 30.00)]   // one file system
    [InlineData("bind", 1, 73, 0.65)]    // while the task lives
    [InlineData("ebs", 1, 73, 0.80)]
    [InlineData("efs", 1, 73, 30.00)]    // all month
    public void Disks_and_volumes_are_one_a_task_and_live_as_long_and_a_file_system_is_kept_once(string storage, int tasks, int hours, double monthly) =>
        Assert.Equal((decimal)monthly, Of(Worked with { Tasks = tasks, Hours = hours, WrittenGibPerDay = 0 }, storage).StorageMonthly);

    [Theory]
    [InlineData("bind", 20, 0d)]
    [InlineData("bind", 20.1, 0.08)]  // a disk of 21 GiB
    [InlineData("bind", 0, 0d)]
    [InlineData("ebs", 0, 0.08)]      // a volume has 1 GiB at least
    [InlineData("efs", 0, 0d)]
    [InlineData("bind", 200, 14.59)]
    [InlineData("bind", 200.5, null)]
    [InlineData("ebs", 16384, 1310.72)]
    [InlineData("ebs", 16385, null)]
    [InlineData("efs", 16385, 4915.50)]
    public void Sizes_begin_and_end_where_Fargate_and_EBS_say(string storage, double gib, double? monthly)
    {
        var cost = Of(Worked with { Gib = (decimal)gib, WrittenGibPerDay = 0 }, storage);
        Assert.Equal(((decimal?)monthly, monthly is null, monthly is null), (cost.StorageMonthly, cost.Monthly is null, cost.Text is not null));
    }

    [Fact]
    public void What_cannot_be_had_says_why() => Assert.Equal(
        ("a task's own disk has 200 GiB at most", "an EBS volume has 16384 GiB at most, and a task takes one"),
        (Of(Worked with { Gib = 20_000 }, "bind").Text, Of(Worked with { Gib = 20_000 }, "ebs").Text));

    [Fact]
    public void IOPS_and_throughput_beyond_those_of_every_gp3_volume_and_snapshots_have_their_price() => Assert.Equal(
        [("EBS gp3, 100 GiB x 2 tasks", 16m), ("EBS gp3, 1000 IOPS over 3000 x 2 tasks", 10m), ("EBS gp3, 125 MiB/s over 125 x 2 tasks", 10m), ("EBS snapshots, 50 GB kept", 2.5m)],
        Of(Worked with { Tasks = 2, EbsIops = 4000, EbsThroughput = 250, SnapshotGib = 50 }, "ebs").Lines.Where(line => line.IsStorage).Select(line => (line.Item, line.Monthly)));

    [Fact]
    public void A_NAT_gateway_takes_the_place_of_public_addresses_and_its_traffic_is_paid_for() => Assert.Equal(
        [("public IPv4 address x 1", 3.65m), ("NAT gateway x 1", 32.85m), ("traffic through NAT", 4.50m)],
        Of(Worked with { NatGib = 100, Tasks = 3 }, "bind").Lines.Where(line => line.Source.Contains("vpc", StringComparison.Ordinal)).Select(line => (line.Item, line.Monthly)));

    [Fact]
    public void Logs_and_parallel_jobs_that_are_told_are_no_guess() => Assert.Equal(
        [("logs taken in", 5m, false), ("logs kept, the same for a month", 0.3m, false), ("Azure Pipelines, parallel jobs beyond the free one, for 4 at once", 45m, false)],
        Of(Worked with { LogsGib = 10, ParallelJobs = 4 }, "bind").Lines
            .Where(line => line.Item.StartsWith("logs", StringComparison.Ordinal) || line.Item.StartsWith("Azure", StringComparison.Ordinal))
            .Select(line => (line.Item, line.Monthly, line.IsEstimate)));

    [Theory]
    [InlineData(false, false, 23.64)]
    [InlineData(true, false, 29.55)]
    [InlineData(false, true, 7.53)]
    [InlineData(true, true, 9.41)]
    public void ARM_is_the_default_and_Spot_is_for_who_asks(bool isX86, bool isSpot, double vCpu) =>
        Assert.Equal((decimal)vCpu, Of(Worked with { IsX86 = isX86, IsSpot = isSpot }, "bind").Lines[0].Monthly);

    [Fact]
    public void Curves_begin_at_nothing_go_to_500_GiB_or_twice_the_size_and_bend_and_end_where_they_must()
    {
        var curves = ComparisonCost.Of(Worked with { WrittenGibPerDay = 1 }).Curves.ToDictionary(curve => curve.Storage, curve => curve.Points);
        Assert.Equal(["bind", "ebs", "efs"], curves.Keys);
        Assert.Equal([new(0, 0), new(200, 14.59m)], [curves["bind"][0], curves["bind"][^1]]);
        Assert.Contains(new CostPoint(20, 0), curves["bind"]);
        Assert.Equal([new(0, 0), new(500, 40)], [curves["ebs"][0], curves["ebs"][^1]]);
        Assert.Equal([new(0, 1.8m), new(500, 151.8m)], [curves["efs"][0], curves["efs"][^1]]);
        Assert.All(curves.Values, points => Assert.Equal(points.Select(point => point.Gib).Distinct().Order(), points.Select(point => point.Gib)));
        Assert.Equal(2000, ComparisonCost.Of(Worked with { Gib = 1000 }).Curves[1].Points[^1].Gib);
    }

    [Fact]
    public void A_size_on_a_curve_costs_what_the_bill_says()
    {
        var wish = Worked with { Gib = 150, Tasks = 3, Hours = 200, EbsIops = 4000, EbsThroughput = 500, SnapshotGib = 10, WrittenGibPerDay = 3 };
        var report = ComparisonCost.Of(wish);
        Assert.All(report.Storages, storage => Assert.Equal(
            (double)storage.StorageMonthly!.Value,
            (double)report.Curves.Single(curve => curve.Storage == storage.Storage).Points.Single(point => point.Gib == wish.Gib).Monthly,
            0.025)); // a bill rounds each of its lines
    }

    [Fact]
    public void Every_figure_that_cannot_be_is_told_at_once_with_its_range()
    {
        var e = Assert.Throws<ProblemsException>(() => ComparisonCost.Of(new()
        {
            Gib = -1,
            WrittenGibPerDay = 1e9m,
            Tasks = 0,
            Hours = 745,
            Agents = 11,
            CpuUnits = 1000,
            NatGib = -0.5m,
        }));
        Assert.Equal(
            [
                "COST001: --gib is '-1'. It must be a number from 0 to 1000000.",
                "COST001: --written-gib-per-day is '1000000000'. It must be a number from 0 to 1000000.",
                "COST001: --tasks is '0'. It must be a whole number from 1 to 5000.",
                "COST001: --hours is '745'. It must be a number from 0 to 744.",
                "COST001: --agents is '11'. It must be a whole number from 1 to 10.",
                "COST001: --nat-gib is '-0.5'. It must be a number from 0 to 1000000.",
                "TASK011: 1000 CPU units do not go with 2048 MiB. Use one of 256, 512, 1024, 2048, 4096, 8192, 16384 CPU units.",
            ],
            e.Problems.Select(problem => problem.ToString()));
    }

    [Theory]
    [InlineData(1, 3001, 125, "COST002: An EBS volume of 1 GiB has no 3001 IOPS. Use at most 500 IOPS a GiB, or 3000.")]
    [InlineData(100, 3000, 751, "COST002: An EBS volume of 3000 IOPS has no 751 MiB/s. Use at most 750 MiB/s, or --ebs-iops 3004.")]
    public void A_gp3_volume_that_EBS_does_not_make_is_refused(int gib, int iops, int throughput, string message) => Assert.Equal(
        message,
        Assert.Single(Assert.Throws<ProblemsException>(() => ComparisonCost.Of(new() { Gib = gib, EbsIops = iops, EbsThroughput = throughput })).Problems).ToString());

    [Theory]
    [InlineData("60", 60d)]
    [InlineData("0.5", 0.5)]
    [InlineData("NaN", null)]
    [InlineData("Infinity", null)]
    [InlineData("-1", null)]
    [InlineData("1e3", null)]
    [InlineData("1,5", null)]
    [InlineData("99999999999999999999999999999999999999", null)]
    [InlineData("", null)]
    public void A_text_is_a_figure_or_it_is_none(string text, double? value) => Assert.Equal((decimal?)value, CostWish.GibRange.Read(text));

    [Fact]
    public void The_least_and_the_most_of_every_figure_have_a_cost()
    {
        Assert.Equal(3, ComparisonCost.Of(new() { Gib = 0, WrittenGibPerDay = 0, Tasks = 1, Hours = 0, Agents = 1 }).Storages.Count);
        Assert.Equal(3, ComparisonCost.Of(new()
        {
            Gib = 1_000_000,
            WrittenGibPerDay = 1_000_000,
            ReadGibPerDay = 1_000_000,
            Tasks = 5000,
            Hours = 744,
            Agents = 10,
            CpuUnits = 16384,
            MemoryMiB = 122880,
            NatGib = 1_000_000,
            LogsGib = 1_000_000,
            ParallelJobs = 50_000,
            EbsIops = 16000,
            EbsThroughput = 1000,
            SnapshotGib = 1_000_000,
        }).Storages.Count);
    }

    private static StorageCost Of(CostWish wish, string storage) => ComparisonCost.Of(wish).Storages.Single(cost => cost.Storage == storage);
}
