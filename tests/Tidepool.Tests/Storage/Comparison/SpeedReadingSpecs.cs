using Tidepool.Storage.Comparison;
using Tidepool.Storage.Probes;

namespace Tidepool.Tests.Storage.Comparison;

public sealed class SpeedReadingSpecs
{
    [Fact]
    public void The_best_turn_of_each_counts_and_the_ratio_is_that_of_one_task() => Assert.Equal(
        new SpeedReading(0.5, 1.25, 3, null),
        Of(
            "small.layer=700000000", "small.layer.held=10000", "small.volume=1500000000", "small.volume.held=10000",
            "small.volume=1250000000", "small.volume.held=10000", "small.layer=500000000", "small.layer.held=10000",
            "small.layer=510000000", "small.layer.held=10000", "small.volume=1300000000", "small.volume.held=10000"));

    [Fact]
    public void A_ratio_of_two_is_twice_as_slow() =>
        Assert.Equal(2, Of("small.layer=100000000", "small.layer.held=10000", "small.volume=200000000", "small.volume.held=10000").Ratio);

    [Theory]
    [InlineData("the image has no git", "small.missing=git")]
    [InlineData("it failed on the volume: No space left on device", "small.layer=1", "small.layer.held=10000", "small.volume.failed=No space left on device")]
    [InlineData("it failed in the container's own layer: Read-only file system", "small.layer.failed=Read-only file system", "small.volume=1", "small.volume.held=10000")]
    [InlineData("of 10000 files 9999 were there on the volume", "small.layer=1", "small.layer.held=10000", "small.volume=1", "small.volume.held=9999")]
    [InlineData("the task did not come to its end: exit code 137", "small.layer=1", "small.layer.held=10000")]
    [InlineData("the task did not come to its end: exit code 137", "small.layer=1", "small.layer.held=10000", "small.volume=1")]
    [InlineData("the task did not come to its end: exit code 137")]
    public void What_was_not_done_or_not_wholly_has_no_time_and_says_why(string fault, params string[] facts) =>
        Assert.Equal(new SpeedReading(null, null, 0, fault), Of(facts));

    [Fact]
    public void Of_one_large_file_bytes_are_counted() => Assert.Equal(
        "of 268435456 bytes 1048576 were there in the container's own layer",
        SpeedReading.Of(Evidence("large.layer=1", "large.layer.held=1048576"), SpeedWork.LargeFile).Fault);

    private static SpeedReading Of(params string[] facts) => SpeedReading.Of(Evidence(facts), SpeedWork.SmallFilesRead);

    private static ContainerEvidence Evidence(params string[] facts) => new(137, [.. facts.Select(fact => $"probe {fact}")]);
}
