using Tidepool.Comparison;
using Tidepool.Storage;

namespace Tidepool.Tests.Comparison;

public sealed class CostBreakEvenSpecs
{
    [Fact]
    public void One_task_of_a_hundred_GiB_has_a_sentence_for_each_pair_and_figure() => Assert.Equal(
        [
            "Beyond its 20 free GiB a bind mount costs 0.081 USD a GiB and task, EBS gp3 0.080; up to the 200 GiB of a task's disk a bind mount is never dearer, and it saves 1.60 USD at 20 GiB and 1.41 USD at 200.",
            "With 1 task and this traffic EFS is at no size cheaper than bind mounts: 270.00 USD of traffic, and 0.300 a GiB against 0.081.",
            "With 1 task and this traffic EFS is at no size cheaper than EBS gp3: 270.00 USD of traffic, and 0.300 a GiB against 0.080.",
            "At 100 GiB and this traffic EFS is cheaper than bind mounts from 47 tasks on that use the same GiB.",
            "At 100 GiB and this traffic EFS is cheaper than EBS gp3 from 38 tasks on that use the same GiB.",
            "With 1 task and 100 GiB EFS costs more than bind mounts even if nothing is written.",
            "With 1 task and 100 GiB EFS costs more than EBS gp3 even if nothing is written.",
        ],
        Of(new() { Gib = 100, WrittenGibPerDay = 100 }));

    [Fact]
    public void With_many_tasks_that_share_one_EFS_it_is_the_cheaper_one_from_a_size_on_and_up_to_a_traffic() => Assert.Equal(
        [
            "Beyond its 20 free GiB a bind mount costs 0.081 USD a GiB and task, EBS gp3 0.080; up to the 200 GiB of a task's disk a bind mount is never dearer, and it saves 16.00 USD at 20 GiB and 14.15 USD at 200.",
            "With 10 tasks on one EFS and this traffic EFS is cheaper than bind mounts from 37.05 GiB on, if all tasks use the same GiB.",
            "With 10 tasks on one EFS and this traffic EFS is cheaper than EBS gp3 from 5.4 GiB on, if all tasks use the same GiB.",
            "At 100 GiB and this traffic EFS is cheaper than bind mounts from 6 tasks on that use the same GiB.",
            "At 100 GiB and this traffic EFS is cheaper than EBS gp3 from 5 tasks on that use the same GiB.",
            "With 10 tasks and 100 GiB EFS is cheaper than bind mounts while less than 12.9 GiB a day are written and read.",
            "With 10 tasks and 100 GiB EFS is cheaper than EBS gp3 while less than 18.52 GiB a day are written and read.",
        ],
        Of(new() { Gib = 100, WrittenGibPerDay = 1, Tasks = 10 }));

    [Theory]
    [InlineData(4, 5, 100)]
    [InlineData(10, 1, 37.1)]
    [InlineData(7, 0.5, 150)]
    [InlineData(5000, 10, 1)]
    public void Sizes_from_which_on_it_is_cheaper_are_those_of_the_bills(int tasks, double written, double other)
    {
        var wish = new CostWish { Tasks = tasks, WrittenGibPerDay = (decimal)written, Gib = (decimal)other };
        var (efs, ebs) = (StorageLine.Of("efs", wish, Prices.Listed), StorageLine.Of("ebs", wish, Prices.Listed));
        var cheaper = CostBreakEven.Cheaper(efs, ebs);
        for (var gib = 0m; gib <= 400; gib += 0.25m)
        {
            var isCheaper = cheaper is { } sizes && gib >= sizes.From && (sizes.Until is not { } until || gib < until);
            Assert.True(isCheaper == efs.At(gib) < ebs.At(gib) || efs.At(gib) == ebs.At(gib), $"{gib} GiB: {efs.At(gib)} and {ebs.At(gib)}, {cheaper}");
        }
    }

    [Fact]
    public void A_volume_with_more_IOPS_is_dearer_than_EFS_up_to_a_size() => Assert.Contains(
        "With 1 task and this traffic EFS is cheaper than EBS gp3 up to 22.73 GiB.",
        Of(new() { Gib = 50, WrittenGibPerDay = 0, EbsIops = 4000 }));

    [Fact]
    public void What_is_free_is_not_undercut_by_any_number_of_tasks() => Assert.Contains(
        "At 20 GiB and this traffic EFS is cheaper than bind mounts with no number of tasks: those are free.",
        Of(new() { Gib = 20, WrittenGibPerDay = 0 }));

    [Fact]
    public void Beyond_a_task_s_disk_bind_mounts_are_no_rival() =>
        Assert.DoesNotContain(Of(new() { Gib = 201, WrittenGibPerDay = 0 }), sentence => sentence.Contains("201 GiB", StringComparison.Ordinal) && sentence.Contains("bind", StringComparison.Ordinal));

    [Fact]
    public void Without_an_hour_of_tasks_one_sentence_is_enough() =>
        Assert.Equal(["No task runs at any hour: bind mounts and EBS volumes cost nothing, EFS what it keeps."], Of(new() { Hours = 0 }));

    private static IReadOnlyList<string> Of(CostWish wish) => ComparisonCost.Of(wish).BreakEven;
}
