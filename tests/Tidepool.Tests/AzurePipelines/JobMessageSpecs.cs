using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using Tidepool.Tests.Agent;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class JobMessageSpecs
{
    [Theory]
    [InlineData("all")]
    [InlineData(null)]
    public async Task An_agent_hears_what_to_clean_before_the_job(string? clean)
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { WorkspaceClean = clean }));

        var job = await agent.TakeJobAsync();

        Assert.Equal(clean, job.Message.Workspace!.Clean);
        await job.CompleteAsync();
    }

    [Fact]
    public async Task A_jobs_display_name_is_expanded_wherever_it_is_shown()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            request => request with { Secrets = new Dictionary<string, string> { ["key"] = "s3cret" } },
            Stage("Build", Job("Pack", Script("CmdLine")) with
            {
                DisplayName = "Pack $(what) with $(key) for $(whom)",
                Variables = [new("what", "tea", ReadOnly: false, default)],
            }));
        const string expanded = "Pack tea with *** for $(whom)";

        var job = await agent.TakeJobAsync();

        Assert.Equal(expanded, job.Message.JobDisplayName);
        Assert.All(
            ["system.jobDisplayName", "system.phaseDisplayName", "agent.jobName"],
            name => Assert.Equal(expanded, job.Message.Variables[name].Value));
        Assert.Equal(expanded, tested.Service.Agents.Single().AssignedRequest!.JobName);
        Assert.Equal(expanded, OnlyJob(run).DisplayName);
        var timeline = await agent.SendAsync<Timeline>(
            HttpMethod.Get, $"{job.Plan}/timelines/{job.Message.Timeline.Id}?includeRecords=true", body: null, bearerToken: job.Token);
        Assert.All(timeline.Records!.Where(record => record.Type is "Job" or "Phase"), record => Assert.Equal(expanded, record.Name));
        await job.CompleteAsync();
        await EndAsync(run);
        var events = await EventsAsync(run);
        Assert.Equal(new("Pack", expanded), events.OfType<JobQueued>().Single().Job);
        Assert.Equal(new("Pack", expanded), events.OfType<JobFinished>().Single().Job);
    }

    [Fact]
    public async Task The_built_in_agent_cleans_its_workspace_for_a_job_that_asks_for_it()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            jobs:
            - job: First
              steps:
              - checkout: none
              - script: touch "$(Pipeline.Workspace)/left"
            - job: Kept
              dependsOn: First
              steps:
              - checkout: none
              - script: test -e "$(Pipeline.Workspace)/left"
            - job: Cleaned
              dependsOn: Kept
              workspace:
                clean: all
              steps:
              - checkout: none
              - script: test ! -e "$(Pipeline.Workspace)/left"
            """);

        Assert.Equal(
            [NodeResult.Succeeded, NodeResult.Succeeded, NodeResult.Succeeded],
            run.Stages.Single().Jobs.Select(job => job.Result!.Value));
    }
}
