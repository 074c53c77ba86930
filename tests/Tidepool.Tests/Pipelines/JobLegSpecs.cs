using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class JobLegSpecs
{
    private static readonly RunState State = new()
    {
        StartTime = DateTimeOffset.UnixEpoch,
        Variables = new Dictionary<string, string> { ["legs"] = "{'linux': {'os': 'Linux', 'n': 1}, 'mac os': {'os': 'it''s'}}", ["two"] = "2" },
    };

    [Fact]
    public void A_matrix_makes_a_leg_of_each_entry_in_order()
    {
        var legs = Expand(new() { Matrix = [Leg("linux", ("os", "Linux")), Leg("3.8 on mac", ("os", "Darwin"))], MaxParallel = "$[ variables['two'] ]" });

        Assert.Equal((2, "MultiConfiguration", false), (legs.MaxParallel, legs.Type, legs.InTurn));
        Assert.Equal(["linux", "Job2"], legs.Legs.Select(leg => leg.Name));
        Assert.Equal(["Pack linux", "Pack 3.8 on mac"], legs.Legs.Select(leg => leg.DisplayNameOf(Job())));
        Assert.Equal([(1, 2), (2, 2)], legs.Legs.Select(leg => (leg.Position, leg.Total)));
        Assert.Equal("Darwin", legs.Legs[1].Variables["os"]);
    }

    [Theory]
    [InlineData("$[ variables['json'] ]", "{'linux': {'os': 'Linux', 'n': 1, 'on': true}, \"mac\": {\"os\": \"it's\"}}")]
    [InlineData("$[ variables['json'] ]", "{\"linux\": {\"os\": \"Linux\", \"n\": 1, \"on\": true}, \"mac\": {\"os\": \"it's\",}}")]
    [InlineData("$[ variables['json'] ]", "{'linux': {'os': 'Linux', 'n': 1, 'on': true}, 'mac': {'os': 'it\\'s'}}")]
    public void A_matrix_may_be_json_that_is_known_when_the_job_starts(string expression, string json)
    {
        var legs = Expand(new() { MatrixExpression = expression }, State with { Variables = new Dictionary<string, string> { ["json"] = json } });

        Assert.Equal(["linux", "mac"], legs.Legs.Select(leg => leg.Name));
        Assert.Equal(
            [("os", "Linux"), ("n", "1"), ("on", "True"), ("os", "it's")],
            legs.Legs.SelectMany(leg => leg.Variables).Select(variable => (variable.Key, variable.Value)));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{'a': 1}")]
    [InlineData("{'a': {'b': {}}}")]
    [InlineData("{'a':")]
    [InlineData("never")]
    public void A_matrix_that_is_no_json_of_the_kind_is_refused_with_its_text(string json)
    {
        var state = State with { Variables = new Dictionary<string, string> { ["json"] = json } };

        var problem = Assert.Throws<ProblemException>(() => Expand(new() { MatrixExpression = "$[ variables['json'] ]" }, state)).Problem;

        Assert.Equal(("PIPELINE002", $"{Place}: matrix of job Pack is '{json}'."), (problem.Code, problem.What));
    }

    [Fact]
    public void A_matrix_that_came_out_empty_leaves_one_ordinary_job() => Assert.Same(JobExpansion.One, Expand(new() { MatrixExpression = "$[ variables['none'] ]" }));

    [Theory]
    [InlineData("3", 3)]
    [InlineData("$[ variables['two'] ]", 2)]
    public void Slices_are_named_by_their_number(string parallel, int count)
    {
        var legs = Expand(new() { Parallel = parallel, MaxParallel = "-1" });

        Assert.Equal((0, "MultiMachine"), (legs.MaxParallel, legs.Type));
        Assert.Equal(Enumerable.Range(1, count).Select(n => $"Job{n}"), legs.Legs.Select(leg => leg.Name));
        Assert.All(legs.Legs, leg => Assert.Equal([leg.Name], leg.OutputPrefixes));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("-2")]
    public void One_slice_or_fewer_is_one_ordinary_job(string parallel) => Assert.Same(JobExpansion.One, Expand(new() { Parallel = parallel }));

    [Fact]
    public void More_legs_than_the_service_takes_are_refused_in_its_words()
    {
        var problem = Assert.Throws<ProblemException>(() => Expand(new() { Parallel = "257" })).Problem;

        Assert.Equal(
            ("PIPELINE004", "The matrix expansion resulted in 257 jobs which exceeds the maximum allowable job count of 256."), (problem.Code, problem.What));
    }

    [Fact]
    public void A_legs_variables_are_over_the_jobs_and_in_its_pool_and_name()
    {
        var job = Job() with
        {
            DisplayName = "Pack $(os)",
            Variables = [new("os", "none", false, default), new("seen", "$[ variables.os ]", false, default)],
            Pool = new("pool-$(os)", null, ["os -equals $(os)"], default),
            Strategy = new() { Matrix = [Leg("linux", ("os", "Linux"))] },
        };
        var (pipeline, stage) = Around(job);
        var leg = RunPlanner.Expand(pipeline, stage, job, State).Legs.Single();

        var plan = RunPlanner.Plan(pipeline, stage, job, leg, State);

        Assert.Equal(("Linux", "pool-Linux", "os -equals Linux", "Pack Linux linux"),
            (plan.Variables["os"].Value, plan.PoolName, plan.Demands.Single(), plan.DisplayName));
    }

    [Fact]
    public void No_more_legs_run_at_once_than_may()
    {
        var expansion = new JobExpansion([.. Enumerable.Range(0, 4).Select(_ => JobLeg.Only)], MaxParallel: 2);
        var (waits, runs, ended) = (new LegState(false, null), new LegState(true, null), new LegState(true, NodeResult.Failed));

        Assert.Equal([new(0, null), new(1, null)], RunPlanner.DecideLegs(expansion, [waits, waits, waits, waits], canceling: false));
        Assert.Empty(RunPlanner.DecideLegs(expansion, [runs, runs, waits, waits], canceling: false));
        Assert.Equal([new(2, null)], RunPlanner.DecideLegs(expansion, [ended, runs, waits, waits], canceling: false));
        Assert.Equal(
            [new(2, NodeResult.Canceled), new(3, NodeResult.Canceled)],
            RunPlanner.DecideLegs(expansion, [ended, runs, waits, waits], canceling: true));
        Assert.Equal(2, RunPlanner.DecideLegs(expansion with { MaxParallel = 0 }, [ended, runs, waits, waits], canceling: false).Count);
    }

    internal static (Pipeline, PipelineStage) Around(PipelineJob job)
    {
        var stage = new PipelineStage { Name = "Build", DisplayName = "Build", Jobs = [job] };
        return (new() { Stages = [stage] }, stage);
    }

    private static readonly SourcePosition Place = new("/a.yml", 1, 2);

    private static PipelineJob Job() => new() { Name = "Pack", DisplayName = "Pack", Position = Place };

    private static MatrixLeg Leg(string name, params (string Name, string Value)[] variables) =>
        new(name, variables.ToDictionary(v => v.Name, v => v.Value), Place);

    private static JobExpansion Expand(JobStrategy strategy, RunState? state = null)
    {
        var job = Job() with { Strategy = strategy with { Position = Place } };
        var (pipeline, stage) = Around(job);
        return RunPlanner.Expand(pipeline, stage, job, state ?? State);
    }
}
