using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class AgentlessSpecs
{
    [Fact]
    public async Task A_delay_lasts_as_long_as_it_says()
    {
        await using var tested = await StartAsync();
        var run = tested.Queue(Stage("Wait", Job("Pause", Task("Delay", ("delayForMinutes", "$(long)"))) with
        {
            IsAgentless = true,
            Variables = [new("long", "5", false, default)],
        }));
        await UntilAsync(() => OnlyJob(run).StartedAt is not null);

        tested.Clock.Advance(TimeSpan.FromMinutes(4.9));
        Assert.Null(OnlyJob(run).Result);
        tested.Clock.Advance(TimeSpan.FromMinutes(0.1));

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal(
            [nameof(RunStarted), nameof(StageStarted), nameof(JobStarted), nameof(StepStarted), nameof(StepFinished), nameof(JobFinished), nameof(StageFinished), nameof(RunFinished)],
            (await EventsAsync(run)).Select(happened => happened.GetType().Name));
    }

    [Fact]
    public async Task Another_task_of_the_service_is_refused_by_its_name_and_later_steps_are_skipped()
    {
        await using var tested = await StartAsync();
        var run = tested.Queue(Stage("Wait", Job("Ask", Task("ManualValidation"), Task("Delay")) with { IsAgentless = true }));

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        var steps = OnlyJob(run).Steps;
        Assert.Equal([NodeResult.Failed, NodeResult.Skipped], steps.Select(step => step.Result!.Value));
        Assert.StartsWith("Task ManualValidation runs on Azure DevOps", steps[0].Issues.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delay_ends_with_the_run_that_is_canceled()
    {
        await using var tested = await StartAsync();
        var run = tested.Queue(Stage("Wait", Job("Pause", Task("Delay", ("delayForMinutes", "5"))) with { IsAgentless = true }));
        await UntilAsync(() => OnlyJob(run).StartedAt is not null);

        await run.CancelAsync();

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal(NodeResult.Canceled, OnlyJob(run).Steps.Single().Result);
    }

    [Fact]
    public async Task A_run_ends_without_the_stages_that_somebody_has_to_start()
    {
        await using var tested = await StartAsync();
        var run = tested.Queue(
            Stage("First", Job("Pause") with { IsAgentless = true }),
            Stage("Manual", Job("Pause") with { IsAgentless = true }) with { IsManual = true },
            Stage("After", Job("Pause") with { IsAgentless = true }) with { DependsOn = ["Manual"] });

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal([NodeResult.Succeeded, null, null], run.Snapshot().Stages.Select(stage => stage.Result));
    }

    private static PipelineStep Task(string name, params (string Name, string Value)[] inputs) => new()
    {
        TaskName = name,
        TaskId = Guid.NewGuid(),
        TaskVersion = "1.0.0",
        Name = name,
        DisplayName = name,
        Inputs = inputs.ToDictionary(input => input.Name, input => input.Value),
    };
}
