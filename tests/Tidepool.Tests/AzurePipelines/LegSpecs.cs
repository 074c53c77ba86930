using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class LegSpecs
{
    private static readonly JobStrategy Matrix = new() { Matrix = [Leg("linux", "Linux"), Leg("mac", "Darwin")] };

    [Fact]
    public async Task Each_leg_of_a_matrix_is_a_job_of_its_own_and_its_outputs_have_its_name()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage(
            "Build",
            Job("Pack", Script("Set")) with { Strategy = Matrix },
            Job("Ship", Script("CmdLine")) with
            {
                DependsOn = ["Pack"],
                Variables = [new("seen", "$[ dependencies.Pack.outputs['mac.Set.made'] ]", false, default)],
                Condition = "eq(dependencies.Pack.outputs['linux.Set.made'], 'Linux')",
            }));

        foreach (var (name, position) in new[] { ("linux", "1"), ("mac", "2") })
        {
            var leg = await agent.TakeJobAsync();
            var variables = leg.Message.Variables;
            Assert.Equal((name, $"Pack job {name}"), (leg.Message.JobName, leg.Message.JobDisplayName));
            Assert.Equal(
                (position, "2", "MultiConfiguration", "Pack", $"Build.Pack.{name}"),
                (variables["system.jobPositionInPhase"].Value, variables["system.totalJobsInPhase"].Value, variables["system.parallelExecutionType"].Value,
                    variables["system.phaseName"].Value, variables["system.jobIdentifier"].Value));
            await leg.RunStepAsync("Set", outputs: new() { ["made"] = new() { Value = variables["os"].Value } });
            await leg.CompleteAsync(name == "mac" ? "succeededWithIssues" : "succeeded");
        }

        var ship = await agent.TakeJobAsync();
        Assert.Equal("Darwin", ship.Message.Variables["seen"].Value);
        await ship.CompleteAsync();
        Assert.Equal(NodeResult.SucceededWithIssues, await EndAsync(run));
        Assert.Equal(["Pack.linux", "Pack.mac", "Ship"], run.Snapshot().Stages.Single().Jobs.Select(job => job.Name));
        var records = (await TimelineAsync(agent, run)).Records!;
        var phase = records.Single(record => record is { Type: "Phase", RefName: "Pack" });
        Assert.Equal(("completed", "succeededWithIssues"), (phase.State, phase.Result));
        Assert.Equal(
            ["Build.Pack.linux", "Build.Pack.mac"],
            records.Where(record => record.Type == "Job" && record.ParentId == phase.Id).OrderBy(record => record.Order).Select(record => record.Identifier));
    }

    [Fact]
    public async Task One_leg_after_the_other_runs_when_no_two_may()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { Strategy = new() { Parallel = "2", MaxParallel = "1" } }));

        var first = await agent.TakeJobAsync();
        Assert.Equal(["Pack.Job1"], (await QueuedAsync(run, 1)).Select(queued => queued.Job.Name));
        await first.CompleteAsync("failed");
        await (await agent.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal([NodeResult.Failed, NodeResult.Succeeded], run.Snapshot().Stages.Single().Jobs.Select(job => job.Result!.Value));
    }

    [Fact]
    public async Task Legs_that_wait_for_their_turn_are_canceled_with_the_run()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { Strategy = new() { Parallel = "3", MaxParallel = "1" } }));

        var first = await agent.TakeJobAsync();
        await run.CancelAsync();
        await first.CompleteAsync("canceled");

        Assert.Equal(NodeResult.Canceled, await EndAsync(run));
        Assert.All(run.Snapshot().Stages.Single().Jobs, job => Assert.Equal(NodeResult.Canceled, job.Result));
    }

    [Fact]
    public async Task A_strategy_that_cannot_be_evaluated_fails_the_job_with_the_reason()
    {
        await using var tested = await StartAsync();
        var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { Strategy = new() { MatrixExpression = "$[ 'x' ]" } }));

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.EndsWith("matrix of job Pack is 'x'.", OnlyJob(run).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hooks_of_a_deployment_run_one_after_the_other_each_on_its_pool()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1", ("first", "yes"));
        var other = await tested.OnlineAgentAsync("agent-2", ("special", "yes"));
        var run = tested.Queue(
            Stage("Ship", Job("Site") with
            {
                Deployment = new()
                {
                    Strategy = DeploymentStrategy.RunOnce,
                    Environment = new("prod", null, null, [], default),
                    Hooks =
                    [
                        new(HookKind.PreDeploy, [Script("Ask")], Pool(null, "special"), default),
                        new(HookKind.Deploy, [Script("Put")], Pool(null, "first"), default),
                        new(HookKind.OnFailure, [Script("Undo")], Pool(null, "special"), default),
                        new(HookKind.OnSuccess, [Script("Tell")], Pool(null, "special"), default),
                    ],
                },
            }),
            Stage("Check", Job("After", Script("CmdLine")) with { Pool = Pool(null, "first") }) with
            {
                DependsOn = ["Ship"],
                Condition = "and(failed(), eq(dependencies.Ship.outputs['Site.preDeploy.Ask.answer'], 'yes'))",
            });

        var ask = await other.TakeJobAsync();
        Assert.Equal(
            ("prod", "runOnce", "PreIteration", "Ship.Site.PreDeploy", "Site job PreDeploy"),
            (ask.Message.Variables["environment.name"].Value, ask.Message.Variables["strategy.name"].Value, ask.Message.Variables["strategy.cycleName"].Value,
                ask.Message.Variables["system.jobIdentifier"].Value, ask.Message.JobDisplayName));
        await ask.RunStepAsync("Ask", outputs: new() { ["answer"] = new() { Value = "yes" } });
        await ask.CompleteAsync();
        var put = await TakeAsync(agent, run, "Site.Deploy");
        await put.CompleteAsync("failed");
        await (await TakeAsync(other, run, "Site.OnFailure")).CompleteAsync();
        await (await agent.TakeJobAsync()).CompleteAsync();

        Assert.Equal(NodeResult.Failed, await EndAsync(run));
        Assert.Equal(
            [("Site.PreDeploy", NodeResult.Succeeded), ("Site.Deploy", NodeResult.Failed), ("Site.OnFailure", NodeResult.Succeeded), ("Site.OnSuccess", NodeResult.Skipped)],
            run.Snapshot().Stages[0].Jobs.Select(job => (job.Name, job.Result!.Value)));
    }

    private static MatrixLeg Leg(string name, string os) => new(name, new Dictionary<string, string> { ["os"] = os }, default);

    private static async Task<ScriptedJob> TakeAsync(ScriptedAgent agent, PipelineRun run, string job)
    {
        await UntilAsync(() => run.Snapshot().Stages[0].Jobs.Any(one => one.Name == job && one.QueuedAt is not null));
        return await agent.TakeJobAsync();
    }

    private static async Task<IReadOnlyList<JobQueued>> QueuedAsync(PipelineRun run, int count) =>
        await run.ReadEventsAsync(TestContext.Current.CancellationToken).OfType<JobQueued>().Take(count).ToListAsync(TestContext.Current.CancellationToken);

    internal static Task<Timeline> TimelineAsync(ScriptedAgent agent, PipelineRun run) =>
        agent.SendAsync<Timeline>(HttpMethod.Get, $"tidepool/_apis/build/builds/{run.Id}/timeline", body: null, asOwner: true);
}
