using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class ReplaySpecs
{
    [Fact]
    public async Task What_configuring_an_agent_sends_is_answered_as_it_was()
    {
        await using var tested = await StartAsync(options => options with { Pool = "Agents" });
        using var replay = new WireReplay(tested, tested.Agent("az3"));

        foreach (var exchange in WireRecording.Read("config"))
        {
            await replay.PlayAsync(exchange);
        }

        Assert.Equal("az3", Assert.Single(tested.Service.Agents).Name);
    }

    [Fact]
    public async Task What_running_a_job_sends_is_answered_as_it_was_and_ends_the_run()
    {
        await using var tested = await StartAsync();
        var agent = tested.Agent("az2");
        agent.UseRegistration(await agent.RegisterAsync());
        using var replay = new WireReplay(tested, agent);
        replay.MapRecords("a91ea86e-e71e-440a-b018-2096f81356e4", "d4610a8a-3b8b-49d4-bac6-36764a4f8a13",
            "833c6c08-ac03-4ef3-89ba-e8a56229fb2e");

        var run = tested.Queue(Stage("Stage", Job("Job", Script("CmdLine1"), Script("CmdLine2"))));
        foreach (var exchange in WireRecording.Read("run"))
        {
            await replay.PlayAsync(exchange);
        }

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        var steps = OnlyJob(run).Steps;
        Assert.Equal(["Initialize job", "say hello", "Command Line Script", "Finalize Job"], steps.Select(step => step.DisplayName));
        Assert.Contains("hello from az2", steps[1].LogLines());
        Assert.Equal(new RunIssue("warning", "careful"), Assert.Single(steps[1].Issues));
        Assert.Contains((await EventsAsync(run)).OfType<LogLine>(), line =>
            line is { Step.DisplayName: "Initialize job", Text: "Prepare build directory." });
    }

    [Fact]
    public async Task What_cancelling_a_job_sends_is_answered_as_it_was_and_ends_the_run()
    {
        await using var tested = await StartAsync();
        var agent = tested.Agent("az4");
        agent.UseRegistration(await agent.RegisterAsync());
        using var replay = new WireReplay(tested, agent);
        replay.MapRecords("86577ab6-6214-4bcf-b99d-70fc75caa3ac", "b6a3a71c-e296-437a-b5a8-efeefcd02bf7",
            "f9ef31d0-969a-4ba2-8dde-f9532ced6bec");

        var run = tested.Queue(Stage("Stage", Job("Job", Script("CmdLine1"), Script("CmdLine2"))));
        foreach (var exchange in WireRecording.Read("cancel"))
        {
            if (exchange.Response?["messageType"]?.GetValue<string>() == "JobCancellation")
            {
                await run.CancelAsync();
            }

            await replay.PlayAsync(exchange);
        }

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.Equal(
            [NodeResult.Succeeded, NodeResult.Canceled, NodeResult.Succeeded, NodeResult.Succeeded],
            OnlyJob(run).Steps.Select(step => step.Result!.Value));
    }

    [Fact]
    public async Task What_removing_an_agent_sends_is_answered_as_it_was()
    {
        await using var tested = await StartAsync();
        var agent = tested.Agent("az2");
        agent.UseRegistration(await agent.RegisterAsync());
        using var replay = new WireReplay(tested, agent);

        foreach (var exchange in WireRecording.Read("remove"))
        {
            await replay.PlayAsync(exchange);
        }

        Assert.Empty(tested.Service.Agents);
    }
}
