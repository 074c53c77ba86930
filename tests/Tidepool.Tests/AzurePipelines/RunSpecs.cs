using System.Net;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class RunSpecs
{
    [Fact]
    public async Task A_run_goes_from_its_first_job_to_its_result_and_tells_each_step_on_the_way()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1", ("Agent.OS", "Linux"), ("FARGATE_TASK", "t1"));

        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        await job.RunStepAsync("CmdLine", lines: ["hello"], outputs: new() { ["task"] = new() { Value = "t1" } });
        await job.CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
        Assert.Equal(
            [
                nameof(RunStarted), nameof(StageStarted), nameof(JobQueued), nameof(JobAssigned), nameof(JobStarted), nameof(StepStarted),
                nameof(LogLine), nameof(StepFinished), nameof(JobFinished), nameof(StageFinished), nameof(RunFinished),
            ],
            (await EventsAsync(run)).Select(happened => happened.GetType().Name));
        var snapshot = run.Snapshot();
        var packed = OnlyJob(run);
        Assert.Equal("20260304.1", snapshot.Number);
        Assert.Equal(("agent-1", "t1"), (packed.AgentName, packed.AgentCapabilities["FARGATE_TASK"]));
        Assert.Equal("t1", packed.Outputs["CmdLine.task"]);
        Assert.Equal(["hello"], packed.Steps.Single().LogLines());
    }

    [Fact]
    public async Task The_job_message_holds_what_an_agent_needs()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var pipeline = Stage(
            "Build", Job("Pack", Script("CmdLine")) with { Variables = [new("colour", "blue", ReadOnly: false, default)] });
        var run = tested.Queue(
            request => request with
            {
                Variables = new Dictionary<string, string> { ["place"] = "here" },
                Secrets = new Dictionary<string, string> { ["key"] = "s3cret" },
            },
            pipeline);

        var job = await agent.TakeJobAsync();

        var message = job.Message;
        Assert.Equal(("Pack job", 14, run.Id, "20260304.1"),
            (message.JobDisplayName, message.Plan.Version, message.Plan.Owner!.Id, message.Plan.Owner.Name));
        Assert.Equal("blue", message.Variables["colour"].Value);
        Assert.Equal("here", message.Variables["place"].Value);
        Assert.Equal(("s3cret", true), (message.Variables["key"].Value, message.Variables["key"].IsSecret));
        Assert.Contains(new MaskHint("variable", "key"), message.Mask);
        Assert.Equal("main", message.Variables["build.sourceBranchName"].Value);
        Assert.Equal("Build", message.Variables["system.stageName"].Value);
        Assert.Equal($"{tested.Service.OrganizationUrl}/", message.Resources.Endpoints.Single().Url);
        var repository = message.Resources.Repositories.Single();
        Assert.Equal(JobResources.SystemConnection, repository.Endpoint!.Name);
        Assert.Equal($"{tested.Service.OrganizationUrl}/tidepool/_git/site", repository.Properties["url"].GetString());
        Assert.Equal(new string('a', 40), repository.Properties["version"].GetString());
        var step = message.Steps.Single();
        Assert.Equal((TaskReference.CmdLine, "CmdLine", "succeeded()", "true"),
            (step.Reference.Id, step.Name, step.Condition, step.Inputs["script"]));
        await job.CompleteAsync();
    }

    [Fact]
    public async Task Outputs_of_one_stage_reach_the_next()
    {
        await using var tested = await StartAsync();
        var first = await tested.OnlineAgentAsync("agent-1", ("FARGATE_TASK", "t1"));
        var second = await tested.OnlineAgentAsync("agent-2", ("FARGATE_TASK", "t2"));
        var run = tested.Queue(
            Stage("Build", Job("Pack", Script("Where")) with { Pool = Pool("fargate", "FARGATE_TASK -equals t1") }),
            Stage("Deploy", Job("Unpack", Script("CmdLine")) with
            {
                Variables = [new("task", "$[ stageDependencies.Build.Pack.outputs['Where.task'] ]", ReadOnly: false, default)],
                Pool = Pool("fargate", "FARGATE_TASK -equals $(task)"),
            }) with
            { DependsOn = ["Build"] });

        var build = await first.TakeJobAsync();
        await build.RunStepAsync("Where", outputs: new() { ["task"] = new() { Value = "t2" } });
        await build.CompleteAsync();
        var deploy = await second.TakeJobAsync();
        Assert.Equal("t2", deploy.Message.Variables["task"].Value);
        await deploy.CompleteAsync();

        Assert.Equal(NodeResult.Succeeded, await EndAsync(run));
    }

    [Fact]
    public async Task A_failed_job_fails_the_run_and_skips_what_depends_on_it()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            Stage("Build", Job("Pack", Script("CmdLine"))),
            Stage("Deploy", Job("Unpack", Script("CmdLine"))) with { DependsOn = ["Build"] });

        var job = await agent.TakeJobAsync();
        await job.RunStepAsync("CmdLine", result: "failed");
        await job.CompleteAsync("failed");

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        var deploy = run.Snapshot().Stages[1];
        Assert.Equal((NodeResult.Skipped, NodeResult.Skipped), (deploy.Result, deploy.Jobs.Single().Result));
        Assert.Contains("Build", deploy.Reason);
    }

    [Fact]
    public async Task A_failed_job_that_may_fail_counts_as_succeeded_with_issues()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { ContinueOnError = "true" }));

        await (await agent.TakeJobAsync()).CompleteAsync("failed");

        Assert.Equal(NodeResult.SucceededWithIssues, await EndAsync(run));
    }

    [Fact]
    public async Task Secrets_are_masked_in_lines_logs_issues_and_outputs()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            request => request with { Secrets = new Dictionary<string, string> { ["key"] = "s3cret" } },
            Stage("Build", Job("Pack", Script("CmdLine"))));

        var job = await agent.TakeJobAsync();
        var step = job.Step("CmdLine").Id;
        await job.RunStepAsync(
            "CmdLine",
            lines: ["key s3cret", $"token {job.Token}", $"pat {Token}"],
            outputs: new() { ["made"] = new() { Value = "madeup", IsSecret = true }, ["plain"] = new() { Value = "plain" } });
        await job.FeedAsync(step, "made madeup");
        await job.PatchAsync(new { id = step, issues = new[] { new { type = 1, message = "no s3cret here" } } });
        await job.PostLogAsync(step, "2026-03-04T05:06:07.0000000Z key s3cret madeup\n");
        await job.CompleteAsync();
        await EndAsync(run);

        Assert.Equal(["key ***", "token ***", "pat ***", "made ***"], (await EventsAsync(run)).OfType<LogLine>().Select(line => line.Text));
        var done = OnlyJob(run);
        Assert.Equal(["key *** ***"], done.Steps.Single().LogLines());
        Assert.Equal(new RunIssue("error", "no *** here"), done.Steps.Single().Issues.Single());
        Assert.Equal(("***", "plain"), (done.Outputs["CmdLine.made"], done.Outputs["CmdLine.plain"]));
    }

    [Fact]
    public async Task A_secret_output_stays_secret_where_it_is_used()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        tested.Queue(
            Stage("Build", Job("Pack", Script("Make"))),
            Stage("Deploy", Job("Unpack", Script("CmdLine")) with
            {
                Variables = [new("made", "$[ stageDependencies.Build.Pack.outputs['Make.made'] ]", ReadOnly: false, default)],
            }) with
            { DependsOn = ["Build"] });

        var build = await agent.TakeJobAsync();
        await build.RunStepAsync("Make", outputs: new() { ["made"] = new() { Value = "madeup", IsSecret = true } });
        await build.CompleteAsync();
        var deploy = await agent.TakeJobAsync();

        Assert.Equal(("madeup", true), (deploy.Message.Variables["made"].Value, deploy.Message.Variables["made"].IsSecret));
        await deploy.CompleteAsync();
    }

    [Fact]
    public async Task Lines_that_come_before_their_record_are_shown_once_it_is_known()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        var init = Guid.NewGuid();

        await job.FeedAsync(init, "Agent name: 'agent-1'");
        await job.PatchAsync(new
        {
            id = init,
            parentId = job.Message.JobId,
            type = "Task",
            name = "Initialize job",
            refName = "JobExtension_Init",
            order = 1,
            state = "completed",
            result = "succeeded",
        });
        await job.CompleteAsync();
        await EndAsync(run);

        var line = Assert.Single((await EventsAsync(run)).OfType<LogLine>());
        Assert.Equal((new NodeName("JobExtension_Init", "Initialize job"), "Agent name: 'agent-1'"), (line.Step, line.Text));
        Assert.Equal(["JobExtension_Init", "CmdLine"], OnlyJob(run).Steps.Select(step => step.Name));
    }

    [Fact]
    public async Task A_patch_with_nulls_and_empty_lists_changes_nothing_else()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        var step = job.Step("CmdLine").Id;

        await job.PatchAsync(new { id = step, state = "inProgress", issues = new[] { new { type = "warning", message = "careful" } } });
        await job.PatchAsync(new
        {
            id = step,
            parentId = (Guid?)null,
            name = (string?)null,
            state = (string?)null,
            issues = Array.Empty<object>(),
            variables = new { },
            log = new { id = 7 },
        });

        var shown = OnlyJob(run).Steps.Single();
        Assert.Equal(("CmdLine step", "careful"), (shown.DisplayName, shown.Issues.Single().Message));
        await job.CompleteAsync();
    }

    [Fact]
    public async Task A_jobs_token_ends_a_minute_after_its_job_and_never_reaches_the_pool()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();

        using var refused = await agent.TrySendAsync(HttpMethod.Delete, "_apis/distributedtask/pools/1/agents/1", body: null,
            bearerToken: job.Token);
        using var during = await agent.TrySendAsync(HttpMethod.Get, "_apis/connectionData", body: null, bearerToken: job.Token);
        await job.CompleteAsync();
        await EndAsync(run);
        tested.Clock.Advance(TimeSpan.FromMinutes(1));
        using var after = await agent.TrySendAsync(HttpMethod.Get, "_apis/connectionData", body: null, bearerToken: job.Token);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK, HttpStatusCode.Unauthorized),
            (refused.StatusCode, during.StatusCode, after.StatusCode));
    }

    [Fact]
    public async Task A_secret_in_the_data_of_an_issue_is_masked()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        tested.Queue(
            request => request with { Secrets = new Dictionary<string, string> { ["key"] = "s3cret" } },
            Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        var data = new { sourcepath = "/home/s3cret/a.c", code = "s3cret", linenumber = "7" };

        await job.PatchAsync(new { id = job.Step("CmdLine").Id, issues = new[] { new { type = "error", message = "broken", data } } });

        var timeline = await agent.SendAsync<Timeline>(
            HttpMethod.Get, $"{job.Plan}/timelines/{job.Message.Timeline.Id}?includeRecords=true", body: null, bearerToken: job.Token);
        var issue = Assert.Single(timeline.Records!.SelectMany(record => record.Issues ?? []));
        Assert.Equal(("/home/***/a.c", "***", "7"), (issue.Data!["sourcepath"], issue.Data["code"], issue.Data["linenumber"]));
        await job.CompleteAsync();
    }

    [Fact]
    public async Task A_secret_in_a_conditions_trace_is_masked()
    {
        await using var tested = await StartAsync();
        var run = tested.Queue(
            request => request with { Secrets = new Dictionary<string, string> { ["key"] = "s3cret" } },
            Stage("Build", Job("Pack", Script("CmdLine"))) with { Condition = "eq(variables['key'], 'other')" });

        await EndAsync(run);

        Assert.Contains("'***'", run.Snapshot().Stages.Single().Reason);
        Assert.DoesNotContain("s3cret", run.Snapshot().Stages.Single().Reason);
    }

    [Fact]
    public async Task A_run_that_outlives_the_service_is_canceled()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));

        await tested.Service.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EndAsync(run));
        Assert.DoesNotContain(await EventsAsync(run), happened => happened is RunFinished);
    }

    [Fact]
    public async Task A_run_is_named_after_the_pipelines_variables()
    {
        await using var tested = await StartAsync();

        var run = tested.Queue(request => request with
        {
            Pipeline = request.Pipeline with
            {
                RunName = "$(colour)-$(place).$(Rev:r)",
                Variables = [new("colour", "blue", ReadOnly: false, default)],
            },
            Variables = new Dictionary<string, string> { ["place"] = "here" },
        });

        Assert.Equal("blue-here.1", run.Number);
    }

    [Fact]
    public async Task A_second_run_of_a_day_has_the_next_number()
    {
        await using var tested = await StartAsync();
        await tested.OnlineAgentAsync("agent-1");

        var first = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var second = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));

        Assert.Equal(("20260304.1", "20260304.2"), (first.Number, second.Number));
        await Task.WhenAll(first.CancelAsync(), second.CancelAsync());
    }
}
