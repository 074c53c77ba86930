using Tidepool.Storage;

namespace Tidepool.Tests.Storage;

public sealed class MonthlyCostSpecs
{
    private static readonly BilledDeployment Ordinary = new() { Tasks = 1, AgentsPerTask = 2, CpuUnits = 1024, MemoryMiB = 2048, IsArm = true };

    [Fact]
    public void One_task_of_one_vCPU_and_two_GB_costs_what_Fargate_lists_for_730_hours()
    {
        var lines = Of(Ordinary with { HasPublicAddress = true, Secrets = 1, HasRepository = true });
        Assert.Equal(
            [
                ("Fargate ARM64, 1 vCPU x 1 task", 23.64m, false),
                ("Fargate ARM64, 2 GB x 1 task", 5.20m, false),
                ("public IPv4 address x 1", 3.65m, false),
                ("1 secret", 0.40m, false),
                ("logs taken in, if each of 2 agents writes 1 GB", 1.00m, true),
                ("logs kept, the same for a month", 0.06m, true),
                ("image in ECR, if it has 1 GB", 0.10m, true),
                ("Azure Pipelines, parallel jobs beyond the free one, if all 2 agents are to run jobs at once", 15.00m, true),
            ],
            lines);
    }

    [Theory]
    [InlineData(20, null)]  // the first 20 GiB are free
    [InlineData(100, 6.48)] // 80 GiB x 0.000111 x 730
    public void A_bind_mount_costs_what_the_disk_has_over_20_GiB(int gib, double? monthly) => Assert.Equal(
        (decimal?)monthly,
        Of(Ordinary with { EphemeralStorageGiB = gib }).Where(line => line.Item.StartsWith("ephemeral", StringComparison.Ordinal)).Select(line => (decimal?)line.Monthly).SingleOrDefault());

    [Fact]
    public void Each_task_has_an_EBS_volume_of_its_own_and_a_file_system_is_for_all() => Assert.Equal(
        [("EBS gp3, 100 GiB x 3 tasks", 24.00m, false), ("EFS Standard, if 10 GB are kept", 3.00m, true)],
        Of(Ordinary with { Tasks = 3, EbsGiB = 100, HasEfs = true }).Where(line => line.Item[0] == 'E'));

    [Theory]
    [InlineData(true, true, 7.53)]   // Spot, ARM
    [InlineData(false, true, 9.41)]  // Spot, x86
    [InlineData(false, false, 29.55)]
    public void Architecture_and_Spot_set_the_price_of_a_vCPU(bool isArm, bool isSpot, double monthly) =>
        Assert.Equal((decimal)monthly, Of(Ordinary with { IsArm = isArm, IsSpot = isSpot })[0].Monthly);

    [Fact]
    public void A_service_of_no_task_costs_nothing_that_runs() =>
        Assert.Equal([("public IPv4 address x 1", 3.65m, false), ("NAT gateway x 1", 32.85m, false)], Of(Ordinary with { Tasks = 0, NatGateways = 1, HasPublicAddress = true }));

    [Fact]
    public void Every_price_says_its_unit_its_page_and_its_day()
    {
        Assert.Equal(("us-east-1", "USD", 730m), (Prices.Listed.Region, Prices.Listed.Currency, Prices.Listed.HoursPerMonth));
        Assert.All(Prices.Listed.All.Values, price =>
        {
            Assert.True(price.Value > 0);
            Assert.NotEmpty(price.Unit);
            Assert.Equal("https", price.Source.Scheme);
            Assert.InRange(price.Date, new DateOnly(2026, 1, 1), new DateOnly(2026, 12, 31));
        });
    }

    private static IReadOnlyList<(string Item, decimal Monthly, bool IsEstimate)> Of(BilledDeployment deployment) =>
        [.. MonthlyCost.Of(deployment, Prices.Listed).Lines.Select(line => (line.Item, line.Monthly, line.IsEstimate))];
}
