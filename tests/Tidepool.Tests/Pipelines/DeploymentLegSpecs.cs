using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class DeploymentLegSpecs
{
    private const HookKind Pre = HookKind.PreDeploy;
    private const HookKind Deploy = HookKind.Deploy;

    [Fact]
    public void A_deployment_with_nothing_but_deploy_is_named_as_its_job()
    {
        var leg = Expand(new() { Strategy = DeploymentStrategy.RunOnce, Hooks = [Hook(Deploy)] }).Legs.Single();

        Assert.Equal("Site", leg.Name);
        Assert.Equal("Deploy the site", leg.DisplayNameOf(Job(null!)));
        Assert.Equal(["Site"], leg.OutputPrefixes);
    }

    [Fact]
    public void With_a_resource_deploy_is_named_by_it()
    {
        var leg = Expand(new()
        {
            Strategy = DeploymentStrategy.RunOnce,
            Hooks = [Hook(Deploy)],
            Environment = new("prod", "winVM2", null, [], default),
        }).Legs.Single();

        Assert.Equal(["Deploy_winVM2"], leg.OutputPrefixes);
        Assert.Equal(("prod", "winVM2"), (leg.SystemVariables["environment.name"], leg.SystemVariables["environment.resourceName"]));
    }

    [Fact]
    public void Hooks_run_in_their_order_each_under_its_own_name()
    {
        var legs = Expand(new()
        {
            Strategy = DeploymentStrategy.RunOnce,
            Hooks = [Hook(HookKind.OnSuccess), Hook(HookKind.PostRouteTraffic), Hook(Deploy), Hook(HookKind.OnFailure), Hook(Pre), Hook(HookKind.RouteTraffic)],
        });

        Assert.True(legs.InTurn);
        Assert.Equal(["PreDeploy", "Deploy", "RouteTraffic", "PostRouteTraffic", "OnFailure", "OnSuccess"], legs.Legs.Select(leg => leg.Name));
        Assert.Equal(
            ["PreIteration", "Iteration", "Iteration", "Iteration", "PostIteration", "PostIteration"],
            legs.Legs.Select(leg => leg.SystemVariables["strategy.cycleName"]));
        Assert.All(legs.Legs, leg => Assert.Equal("runOnce", leg.SystemVariables["Strategy.Name"]));
    }

    [Fact]
    public void A_canary_deploys_once_for_each_increment()
    {
        var legs = Expand(new()
        {
            Strategy = DeploymentStrategy.Canary,
            Increments = [10, 20],
            Hooks = [Hook(Pre), Hook(Deploy), Hook(HookKind.PostRouteTraffic), Hook(HookKind.OnSuccess)],
        }).Legs;

        Assert.Equal(["PreDeploy", "Deploy_10", "PostRouteTraffic_10", "Deploy_20", "PostRouteTraffic_20", "OnSuccess"], legs.Select(leg => leg.Name));
        Assert.Equal(["", "10", "10", "20", "20", ""], legs.Select(leg => leg.SystemVariables.GetValueOrDefault("strategy.increment", "")));
        Assert.Equal(("deploy", "promote"), (legs[1].SystemVariables["strategy.action"], legs[5].SystemVariables["strategy.action"]));
    }

    [Fact]
    public void A_rolling_deployment_has_one_target_here()
    {
        var legs = Expand(new()
        {
            Strategy = DeploymentStrategy.Rolling,
            MaxParallel = "2",
            Hooks = [Hook(Pre), Hook(Deploy)],
            Environment = new("prod", "vm1", "virtualMachine", [], default),
        }).Legs;

        Assert.Equal(["PreDeploy_vm1", "Deploy_vm1"], legs.Select(leg => leg.Name));
    }

    [Fact]
    public void A_hook_waits_for_the_one_before_it_and_the_last_ones_depend_on_how_it_went()
    {
        var legs = Expand(new()
        {
            Strategy = DeploymentStrategy.RunOnce,
            Hooks = [Hook(Pre), Hook(Deploy), Hook(HookKind.OnFailure), Hook(HookKind.OnSuccess)],
        });
        var (waits, runs) = (new LegState(false, null), new LegState(true, null));
        LegState Ended(NodeResult result) => new(true, result);

        Assert.Equal([new(0, null)], RunPlanner.DecideLegs(legs, [waits, waits, waits, waits], canceling: false));
        Assert.Empty(RunPlanner.DecideLegs(legs, [runs, waits, waits, waits], canceling: false));
        Assert.Equal([new(1, null)], RunPlanner.DecideLegs(legs, [Ended(NodeResult.SucceededWithIssues), waits, waits, waits], canceling: false));
        Assert.Equal(
            [new(1, NodeResult.Skipped), new(2, null)],
            RunPlanner.DecideLegs(legs, [Ended(NodeResult.Failed), waits, waits, waits], canceling: false));
        Assert.Equal(
            [new(3, NodeResult.Skipped)],
            RunPlanner.DecideLegs(legs, [Ended(NodeResult.Failed), new(false, NodeResult.Skipped), Ended(NodeResult.Succeeded), waits], canceling: false));
        Assert.Equal(
            [new(2, NodeResult.Skipped), new(3, null)],
            RunPlanner.DecideLegs(legs, [Ended(NodeResult.Succeeded), Ended(NodeResult.Succeeded), waits, waits], canceling: false));
        Assert.Equal(
            [new(1, NodeResult.Skipped), new(2, NodeResult.Skipped), new(3, NodeResult.Skipped)],
            RunPlanner.DecideLegs(legs, [Ended(NodeResult.Canceled), waits, waits, waits], canceling: true));
    }

    private static DeploymentHook Hook(HookKind kind) => new(kind, [], null, default);

    private static PipelineJob Job(Tidepool.Pipelines.Graph.Deployment deployment) => new() { Name = "Site", DisplayName = "Deploy the site", Deployment = deployment };

    private static JobExpansion Expand(Tidepool.Pipelines.Graph.Deployment deployment)
    {
        var job = Job(deployment);
        var (pipeline, stage) = JobLegSpecs.Around(job);
        return RunPlanner.Expand(pipeline, stage, job, new() { StartTime = DateTimeOffset.UnixEpoch });
    }
}
