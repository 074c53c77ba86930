using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>One stage of a run is cancelled, and the run goes on.</summary>
public sealed class StageCancelSpecs
{
    [Fact]
    public async Task A_stage_that_runs_stops_and_the_others_go_on()
    {
        await using var tested = await StartAsync();
        var (one, two) = (await tested.OnlineAgentAsync("agent-1"), await tested.OnlineAgentAsync("agent-2"));
        var run = tested.Queue(
            Stage(
                "Build",
                Job("Pack", Script("CmdLine")),
                Job("Next", Script("CmdLine")) with { DependsOn = ["Pack"] },
                Job("Tidy", Script("CmdLine")) with { DependsOn = ["Pack"], Condition = "canceled()" }),
            Stage("Other", Job("Long", Script("CmdLine"))),
            Stage("Ship", Job("Put", Script("CmdLine"))) with { DependsOn = ["Build"] },
            Stage("Always", Job("Say", Script("CmdLine"))) with { DependsOn = ["Build"], Condition = "not(canceled())" });
        var pack = await one.TakeJobAsync();
        var other = await two.TakeJobAsync();

        await run.CancelStageAsync("build");
        var cancel = (await one.PollAsync())!;
        Assert.Equal("JobCancellation", cancel.MessageType);
        await one.DeleteMessageAsync(cancel.MessageId);
        await pack.CompleteAsync("canceled");
        var tidy = await one.TakeJobAsync();
        Assert.Equal("Tidy", tidy.Message.JobName);
        await tidy.CompleteAsync();
        var always = await one.TakeJobAsync();
        Assert.Equal("Say", always.Message.JobName);
        await always.CompleteAsync();
        await other.CompleteAsync();

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal(
            [NodeResult.Canceled, NodeResult.Succeeded, NodeResult.Skipped, NodeResult.Succeeded],
            run.Snapshot().Stages.Select(stage => stage.Result!.Value));
        Assert.Equal(["The stage was canceled.", null, null], run.Snapshot().Stages[0].Jobs.Select(job => job.Result is NodeResult.Canceled ? job.Reason : null));
        var next = run.Explain().Nodes.Single(node => node.Job == "Next");
        Assert.Contains("succeeded() is False: the stage was being canceled", next.Because);
        Assert.DoesNotContain(run.Explain().Nodes.Single(node => node is { Stage: "Ship", Job: null }).Because, why => why.Contains("being canceled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stage_whose_job_succeeds_all_the_same_is_canceled_and_the_rest_of_it_runs_when_it_is_retried()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")), Job("Next", Script("CmdLine")) with { DependsOn = ["Pack"] }));
        var pack = await agent.TakeJobAsync();

        await run.CancelStageAsync("Build");
        await agent.DeleteMessageAsync((await agent.PollAsync())!.MessageId);
        await pack.CompleteAsync();

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        await run.RetryStageAsync("Build");
        await (await agent.TakeJobAsync()).CompleteAsync();
        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal([1, 2], run.Snapshot().Stages.Single().Jobs.Select(job => job.Attempt));
    }

    [Fact]
    public async Task A_stage_that_has_not_started_ends_at_once_also_while_its_check_is_under_way()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var checks = new TaskCompletionSource();
        var run = tested.Queue(
            request => request with { BeforeStage = (stage, _, ct) => stage == "Held" ? checks.Task.WaitAsync(ct) : Task.CompletedTask },
            Stage("Build", Job("Pack", Script("CmdLine"))),
            Stage("Held", Job("Wait", Script("CmdLine"))),
            Stage("Later", Job("Put", Script("CmdLine"))) with { DependsOn = ["Build"] });
        var pack = await agent.TakeJobAsync();

        await run.CancelStageAsync("Later");
        await run.CancelStageAsync("Held");
        Assert.Equal([null, NodeResult.Canceled, NodeResult.Canceled], run.Snapshot().Stages.Select(stage => stage.Result));
        checks.SetResult();
        await pack.CompleteAsync();

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal([NodeResult.Succeeded, NodeResult.Canceled, NodeResult.Canceled], run.Snapshot().Stages.Select(stage => stage.Result!.Value));
        Assert.Equal("The stage was canceled.", run.Snapshot().Stages[2].Reason);
        Assert.Equal(["Build"], (await EventsAsync(run)).OfType<StageStarted>().Select(started => started.Stage.Name));
    }

    [Fact]
    public async Task What_cannot_be_cancelled_is_refused()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))), Stage("Ship", Job("Put", Script("CmdLine"))) with { DependsOn = ["Build"] });
        await (await agent.TakeJobAsync()).CompleteAsync();
        var put = await agent.TakeJobAsync();

        Assert.Equal($"Run {run.Number} has no stage None.", (await Assert.ThrowsAnyAsync<Exception>(() => run.CancelStageAsync("None"))).Message);
        Assert.Equal($"Stage Build of run {run.Number} has ended.", (await Assert.ThrowsAnyAsync<Exception>(() => run.CancelStageAsync("Build"))).Message);
        await put.CompleteAsync();
        await EndAsync(run);
        Assert.Equal($"Run {run.Number} has ended.", (await Assert.ThrowsAnyAsync<Exception>(() => run.CancelStageAsync("Ship"))).Message);
    }

    [Fact]
    public async Task The_record_of_a_step_names_its_task()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("say"))));
        var job = await agent.TakeJobAsync();
        await job.RunStepAsync("say");

        var records = (await LegSpecs.TimelineAsync(agent, run)).Records!;
        Assert.Equal("CmdLine 2.250.1", records.Where(record => record.RefName == "say").Select(record => $"{record.Task!.Name} {record.Task.Version}").Single());
        Assert.All(records.Where(record => record.Type != "Task"), record => Assert.Null(record.Task));
        await job.CompleteAsync();
        await EndAsync(run);
    }
}
