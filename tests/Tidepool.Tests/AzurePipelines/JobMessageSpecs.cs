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

    [Fact]
    public async Task A_job_gets_the_repositories_that_it_checks_out_and_no_others()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            request => request with
            {
                Repositories = new Dictionary<string, ServedRepository>
                {
                    ["tools"] = new("shared tools", "refs/tags/v1", new('b', 40)),
                    ["other"] = new("other", "refs/heads/main", new('c', 40)),
                },
            },
            Stage("Build", Job("Pack", Checkout("self"), Checkout("Tools")) with
            {
                Variables = [new("ref", "$[ resources.repositories['tools'].ref ]", false, default)],
            }));

        var job = await agent.TakeJobAsync();

        Assert.Equal(["self", "tools"], job.Message.Resources.Repositories.Select(repository => repository.Alias));
        var tools = job.Message.Resources.Repositories[1].Properties;
        Assert.Equal(
            ($"{tested.Service.OrganizationUrl}/tidepool/_git/shared%20tools", "refs/tags/v1", new string('b', 40), "shared tools"),
            (tools["url"].GetString(), tools["ref"].GetString(), tools["version"].GetString(), tools["name"].GetString()));
        Assert.Equal("refs/tags/v1", job.Message.Variables["ref"].Value);
        Assert.Equal(new string('b', 40), job.Message.Variables["resources.repositories.tools.version"].Value);
        Assert.Equal("site", job.Message.Variables["resources.repositories.self.name"].Value);
        await job.CompleteAsync();
        await EndAsync(run);
    }

    [Fact]
    public async Task A_job_that_checks_out_what_is_not_served_fails_with_its_name()
    {
        await using var tested = await StartAsync();
        _ = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Checkout("tools"))));

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal("The checkout step references the repository 'tools' which is not served here.", OnlyJob(run).Reason);
    }

    [Fact]
    public async Task Every_field_of_a_step_reaches_the_agent()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("One") with
        {
            Condition = "always()",
            ContinueOnError = true,
            TimeoutInMinutes = 7,
            RetryCountOnTaskFailure = 3,
            Environment = new Dictionary<string, string> { ["A"] = "$(b)" },
            Target = new(Container: null, IsRestricted: true, SettableVariables: ["x*"]),
        })));

        var job = await agent.TakeJobAsync();

        var step = job.Step("One");
        Assert.Equal(("always()", true, 7, 3, "$(b)"),
            (step.Condition, step.ContinueOnError, step.TimeoutInMinutes, step.RetryCountOnTaskFailure, step.Environment!["A"]));
        Assert.Equal(("host", "restricted"), (step.Target!.Target, step.Target.Commands));
        Assert.Equal(["x*"], step.Target.SettableVariables!);
        await job.CompleteAsync();
        await EndAsync(run);
    }

    [Fact]
    public async Task A_pipeline_resource_is_the_last_run_of_it_that_succeeded()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var first = tested.Queue(request => request with { DefinitionName = "library" }, Stage("Build", Job("Pack", Script("CmdLine"))));
        await (await agent.TakeJobAsync()).CompleteAsync();
        await EndAsync(first);
        var failed = tested.Queue(request => request with { DefinitionName = "library" }, Stage("Build", Job("Pack", Script("CmdLine"))));
        await (await agent.TakeJobAsync()).CompleteAsync("failed");
        await EndAsync(failed);

        var run = tested.Queue(
            request => request with
            {
                Pipeline = request.Pipeline with { Resources = new() { Pipelines = [new("lib", null, "library", null, null, default)] } },
            },
            Stage("Build", Job("Use", Script("CmdLine")) with { Variables = [new("id", "$[ resources.pipeline['lib'].runID ]", false, default)] }));
        var job = await agent.TakeJobAsync();

        Assert.Equal((first.Number, $"{first.Id}", "library"),
            (job.Message.Variables["resources.pipeline.lib.runName"].Value, job.Message.Variables["id"].Value,
                job.Message.Variables["resources.pipeline.lib.pipelineName"].Value));
        await job.CompleteAsync();
        await EndAsync(run);
    }

    private static PipelineStep Checkout(string repository) => new()
    {
        TaskName = "Checkout",
        TaskId = TaskReference.Checkout,
        TaskVersion = "1.0.0",
        Name = $"Checkout_{repository}",
        DisplayName = "Checkout",
        Inputs = new Dictionary<string, string> { ["repository"] = repository },
    };
}
