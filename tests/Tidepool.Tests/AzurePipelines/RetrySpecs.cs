using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class RetrySpecs
{
    [Fact]
    public async Task A_failed_stage_runs_again_with_what_failed_in_it_and_then_what_depends_on_it()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            Stage(
                "Build",
                Job("Good", Script("Set")),
                Job("Bad", Script("CmdLine")) with { DependsOn = ["Good"], Variables = [new("seen", "$[ dependencies.Good.outputs['Set.x'] ]", false, default)] }),
            Stage("Ship", Job("Put", Script("CmdLine"))) with { DependsOn = ["Build"] });
        var good = await agent.TakeJobAsync();
        await good.RunStepAsync("Set", outputs: new() { ["x"] = new() { Value = "kept" } });
        await good.CompleteAsync();
        var bad = await agent.TakeJobAsync();
        await bad.CompleteAsync("failed");
        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal(NodeResult.Skipped, run.Snapshot().Stages[1].Result);

        await run.RetryStageAsync("build");

        Assert.Null(run.Snapshot().Result);
        var again = await agent.TakeJobAsync();
        Assert.NotEqual(bad.Message.JobId, again.Message.JobId);
        var variables = again.Message.Variables;
        Assert.Equal(
            ("Bad", "2", "2", "2", "kept", "Build.Bad.__default.2"),
            (again.Message.JobName, variables["system.stageAttempt"].Value, variables["system.phaseAttempt"].Value, variables["system.jobAttempt"].Value,
                variables["seen"].Value, variables["system.jobIdentifier"].Value));
        await again.RunStepAsync("CmdLine");
        await again.CompleteAsync();
        await (await agent.TakeJobAsync()).CompleteAsync();
        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        var stages = run.Snapshot().Stages;
        Assert.Equal([("Good", 1), ("Bad", 2), ("Put", 2)], stages.SelectMany(stage => stage.Jobs).Select(job => (job.Name, job.Attempt)));
        Assert.All(stages, stage => Assert.Equal(NodeResult.Succeeded, stage.Result));
        var records = (await LegSpecs.TimelineAsync(agent, run)).Records!;
        var build = records.Single(record => record is { Type: "Stage", RefName: "Build" });
        Assert.Equal((2, "succeeded", 1), (build.Attempt, build.Result, build.PreviousAttempts!.Single().Attempt));
        Assert.Equal(["Bad", "Good"], records.Where(record => record.ParentId == build.Id).Select(record => record.RefName).Order());
        Assert.DoesNotContain(records, record => record.Id == bad.Message.JobId);
        Assert.Equal(2, (await EventsAsync(run)).OfType<RunFinished>().Count());
    }

    [Fact]
    public async Task Legs_that_succeeded_are_kept()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { Strategy = new() { Parallel = "2" } }));
        await (await agent.TakeJobAsync()).CompleteAsync();
        await (await agent.TakeJobAsync()).CompleteAsync("failed");
        await EndAsync(run);

        await run.RetryStageAsync("Build");
        var again = await agent.TakeJobAsync();
        Assert.Equal("Job2", again.Message.JobName);
        await again.CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal([1, 2], run.Snapshot().Stages.Single().Jobs.Select(job => job.Attempt));
    }

    [Fact]
    public async Task All_jobs_of_a_stage_run_again_when_that_is_asked()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        await (await agent.TakeJobAsync()).CompleteAsync();
        await EndAsync(run);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => run.RetryStageAsync("Build"));
        Assert.Equal("Stage Build of run 20260304.1 has no job that failed.", refused.Message);
        Assert.Equal(NodeResult.Succeeded, run.Snapshot().Result);
        await run.RetryStageAsync("Build", allJobs: true);
        await (await agent.TakeJobAsync()).CompleteAsync("failed");

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
    }

    [Fact]
    public async Task A_stage_of_a_canceled_run_runs_again_as_if_nobody_had_canceled()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        await run.CancelAsync();
        await job.CompleteAsync("canceled");
        Assert.Equal(NodeResult.Canceled, await EndAsync(run));

        await run.RetryStageAsync("Build");
        await (await agent.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
    }

    [Fact]
    public async Task A_manual_stage_starts_when_somebody_starts_it_and_what_depends_on_it_follows()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            Stage("First", Job("Pause") with { IsAgentless = true }),
            Stage("Manual", Job("Ask", Script("CmdLine"))) with { IsManual = true },
            Stage("After", Job("Pause") with { IsAgentless = true }) with { DependsOn = ["Manual"] });
        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));

        await run.StartStageAsync("Manual");
        await (await agent.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.All(run.Snapshot().Stages, stage => Assert.Equal(NodeResult.Succeeded, stage.Result));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => run.StartStageAsync("Manual"));
        Assert.Equal("Stage Manual of run 20260304.1 does not wait to be started.", refused.Message);
        refused = await Assert.ThrowsAnyAsync<Exception>(() => run.StartStageAsync("No"));
        Assert.Equal("Run 20260304.1 has no stage No.", refused.Message);
    }
}
