using Tidepool.Storage;
using Tidepool.Storage.Probes;

namespace Tidepool.Tests.Deployment.Verification;

/// <summary>Verdicts over evidence that no environment here brings about, and what a verification costs.</summary>
public sealed class ProbeVerdictSpecs
{
    private static readonly ProbeSetting Setting = VerificationRig.Setting("image") with { FileSystem = ProbeSetting.FileSystemOf("fs-1", "fsap-1") };

    [Theory]
    [InlineData("DELETED", null, ProbeOutcome.Different)]
    [InlineData("DELETED", "available", ProbeOutcome.AsExpected)] // EC2's word goes before
    [InlineData("DETACHED", "deleted", ProbeOutcome.Different)]
    [InlineData("DETACHED", null, ProbeOutcome.AsExpected)]
    public void A_volume_that_was_to_be_left_must_be_there(string attachment, string? state, ProbeOutcome outcome) =>
        Assert.Equal(outcome, Verdict("ebs-kept-by-run-task", Evidence(("task", new("vol-1", attachment, state), ["probe mark=a"]))).Outcome);

    [Theory]
    [InlineData("deleting", ProbeOutcome.AsExpected)]
    [InlineData("available", ProbeOutcome.Different)]
    public void The_volume_of_a_services_task_must_be_gone(string state, ProbeOutcome outcome) =>
        Assert.Equal(outcome, Verdict("ebs-gone-with-service-task", Evidence(
            ("task", new("vol-1", "DELETED", state), ["probe mark=a", "probe holds=a"]),
            ("replacement", new("vol-2", "DELETED", "deleted"), ["probe mark=b", "probe holds=b"]))).Outcome);

    [Fact]
    public void A_task_that_did_not_start_is_a_difference_with_its_reason()
    {
        var verdict = Verdict("fresh-per-task", new() { Tasks = new Dictionary<string, TaskEvidence> { ["first"] = new() { TaskArn = "arn", StopCode = "TaskFailedToStart", StoppedReason = "no disk" } } });
        Assert.Equal((ProbeOutcome.Different, "task first did not start: no disk"), (verdict.Outcome, verdict.Observed));
    }

    [Fact]
    public void Without_any_evidence_no_rule_holds() =>
        Assert.All(StorageProbes.All, probe => Assert.Equal(ProbeOutcome.Different, probe.Verdict(Setting with { Facts = Facts }, new()).Outcome));

    [Fact]
    public void Every_probe_has_a_name_of_its_own_and_a_line_in_the_documentation()
    {
        var page = File.ReadAllText(Path.Combine(Clone.Root, "docs", "verify-storage.md"));
        Assert.Distinct(StorageProbes.All.Select(probe => probe.Id));
        Assert.All(StorageProbes.All, probe => Assert.Contains($"`{probe.Id}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_cost_counts_every_task_of_every_probe_that_can_be_tried()
    {
        var few = VerificationCost.Of([.. StorageProbes.All.Where(probe => probe.Id is "fresh-per-task" or "source-path-refused")], Setting, hasPublicAddress: false, Prices.Listed);
        Assert.Equal((3, 3, 0, 0), (few.Tasks, few.TaskDefinitions, few.Services, few.EbsVolumes));
        Assert.Equal(0.01m, few.Amount);
        var all = VerificationCost.Of(StorageProbes.All, Setting, hasPublicAddress: true, Prices.Listed);
        Assert.Equal((2, 9, 1), (all.Services, all.EbsVolumes, all.Snapshots));
        Assert.InRange(all.Amount, 0.02m, 0.10m);
    }

    private static ImageFacts Facts => new("1000", "1000:1000 750", 1, "1 2", "/etc", "passwd", RootMayChown: true);

    private static ProbeVerdict Verdict(string id, ProbeEvidence evidence) => StorageProbes.All.Single(probe => probe.Id == id).Verdict(Setting with { Facts = Facts }, evidence);

    private static ProbeEvidence Evidence(params (string Key, EbsEvidence Volume, string[] Lines)[] tasks) => new()
    {
        Tasks = tasks.ToDictionary(task => task.Key, task => new TaskEvidence
        {
            TaskArn = task.Key,
            Volume = task.Volume,
            Containers = new Dictionary<string, ContainerEvidence> { ["writer"] = new(0, task.Lines) },
        }),
    };
}
