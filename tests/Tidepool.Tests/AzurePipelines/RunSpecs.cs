using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class RunSpecs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_run_goes_from_its_first_job_to_its_result_and_tells_each_step_on_the_way()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1", ("Agent.OS", "Linux"), ("FARGATE_TASK", "t1"));

        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        await job.RunStepAsync("CmdLine", lines: ["hello"], outputs: new() { ["task"] = new() { Value = "t1" } });
        await job.CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await run.Completion.WaitAsync(Limit, TestContext.Current.CancellationToken));
        var events = await run.ReadEventsAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                nameof(RunStarted), nameof(StageStarted), nameof(JobQueued), nameof(JobAssigned), nameof(JobStarted), nameof(StepStarted),
                nameof(LogLine), nameof(StepFinished), nameof(JobFinished), nameof(StageFinished), nameof(RunFinished),
            ],
            events.Select(happened => happened.GetType().Name));
        var snapshot = run.Snapshot();
        var packed = snapshot.Stages.Single().Jobs.Single();
        Assert.Equal("20260304.1", snapshot.Number);
        Assert.Equal(("agent-1", "t1"), (packed.AgentName, packed.AgentCapabilities["FARGATE_TASK"]));
        Assert.Equal("t1", packed.Outputs["CmdLine.task"]);
        Assert.Equal(["hello"], packed.Steps.Single().LogLines());
    }
}
