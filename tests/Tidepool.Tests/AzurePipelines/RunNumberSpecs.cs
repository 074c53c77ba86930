using System.Text.Json;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.Tests.AzurePipelines;

public sealed class RunNumberSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private static readonly Dictionary<string, string> Variables = new(StringComparer.OrdinalIgnoreCase)
    {
        ["build.sourceBranchName"] = "main",
        ["build.buildId"] = "12",
        ["system.teamProject"] = "tidepool",
        ["colour"] = "blue",
    };

    [Theory]
    [InlineData("$(Date:yyyyMMdd).$(Rev:r)", "20260304.3")]
    [InlineData("$(Date:yyyyMMdd)$(Rev:.rrr)", "20260304.003")]
    [InlineData("$(TeamProject)_$(SourceBranchName)_$(Year:yy)$(Month)$(DayOfMonth)-$(rev:rrr)", "tidepool_main_2634-003")]
    [InlineData("$(Hours)$(Minutes)$(Seconds).$(DayOfYear).$(BuildID)", "567.63.12")]
    [InlineData("$(colour) $(unknown)", "blue $(unknown)")]
    [InlineData("release", "release")]
    public void A_format_makes_a_number(string format, string number) =>
        Assert.Equal(number, RunNumber.Of(format, Now, Variables, _ => 3));

    [Theory]
    [InlineData("a/b")]
    [InlineData("what?")]
    [InlineData("ends with.")]
    [InlineData("$(Date:q)")]
    public void A_number_that_the_service_refuses_is_a_problem(string format) =>
        Assert.Equal(
            $"The run's number would be '{format}', which the service refuses.",
            Assert.Throws<ProblemException>(() => RunNumber.Of(format, Now, Variables, _ => 3)).Problem.What);

    [Fact]
    public void The_revision_counts_what_else_is_in_the_number()
    {
        var asked = "";

        RunNumber.Of("$(SourceBranchName)-$(Rev:r)", Now, Variables, rest =>
        {
            asked = rest;
            return 1;
        });

        Assert.Equal("main-", asked);
    }

    [Fact]
    public void A_time_without_an_offset_is_universal_time() => Assert.Equal(
        DateTimeOffset.MinValue,
        JsonSerializer.Deserialize("{\"createdOn\":\"0001-01-01T00:00:00\"}", ProtocolJson.Default.TaskAgent)!.CreatedOn);
}
