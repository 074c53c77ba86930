using Tidepool.Expressions;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Explain;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class ExplainSpecs
{
    private const string Yaml = """
        stages:
        - stage: Build
          jobs:
          - job: Test
          - job: Lint
            dependsOn: Test
        - stage: Deploy
          condition: and(succeeded(), eq(variables['publish'], true))
          jobs:
          - job: Put
        - stage: Tell
          condition: failed()
          jobs:
          - job: Mail
        """;

    [Fact]
    public void The_node_that_made_succeeded_false_is_named_with_its_result()
    {
        var explained = Explain(Yaml, ("Build.Test", NodeResult.Failed));

        Assert.Equal(
            ["Build Failed", "Build.Test Failed", "Build.Lint Skipped", "Deploy Skipped", "Deploy.Put Skipped", "Tell Succeeded", "Tell.Mail Succeeded"],
            explained.Nodes.Select(node => $"{(node.Job is null ? node.Stage : $"{node.Stage}.{node.Job}")} {node.State}"));
        Assert.Equal(["succeeded() is False: Test failed"], Node(explained, "Build", "Lint").Because);
        Assert.Equal(["succeeded() is False: Build failed"], Node(explained, "Deploy").Because);
        Assert.Equal(["stage Deploy was skipped, and its jobs with it"], Node(explained, "Deploy", "Put").Because);
        Assert.Equal(["failed() is True: Build failed"], Node(explained, "Tell").Because);
        Assert.Equal("/azure-pipelines.yml (Line: 7, Col: 3)", Node(explained, "Deploy").Place);
    }

    [Fact]
    public void A_node_that_was_skipped_for_another_comes_behind_its_cause()
    {
        var explained = Explain("""
            jobs:
            - job: A
            - job: B
              dependsOn: A
            - job: C
              dependsOn: B
            """, ("A", NodeResult.Failed));

        Assert.Equal(["succeeded() is False: B was skipped after A failed, A failed"], Node(explained, "__default", "C").Because);
    }

    [Fact]
    public void Outputs_that_are_assumed_are_seen_by_conditions_and_variables_of_jobs_and_stages()
    {
        const string yaml = """
            stages:
            - stage: Build
              jobs:
              - job: Pick
              - job: Use
                dependsOn: Pick
                condition: eq(dependencies.Pick.outputs['set.colour'], 'teal')
              - job: Not
                dependsOn: Pick
                condition: eq(dependencies.Pick.outputs['set.shape'], 'round')
            - stage: Ship
              condition: eq(dependencies.Build.outputs['Pick.set.colour'], 'teal')
              variables:
                seen: $[ stageDependencies.Build.Pick.outputs['set.colour'] ]
              jobs:
              - job: Put
                condition: eq(variables.seen, 'TEAL')
            """;

        var explained = Explain(yaml, new() { ["build.pick.set.colour"] = "teal" }, []);
        var shorter = Explain(yaml, new() { ["Pick.set.colour"] = "teal" }, []);
        var none = Explain(yaml);

        Assert.Equal(["Succeeded", "Succeeded", "Succeeded", "Skipped", "Succeeded", "Succeeded"], explained.Nodes.Select(node => node.State));
        Assert.Equal(explained.ToJson(), shorter.ToJson());
        Assert.Equal(["Succeeded", "Succeeded", "Skipped", "Skipped", "Skipped", "Skipped"], none.Nodes.Select(node => node.State));
        var problem = Assert.Throws<ProblemException>(() => Explain(yaml, new() { ["Build.Pick"] = "teal", ["Pack.set.colour"] = "x" }, [])).Problem;
        Assert.Equal("The pipeline has no stage or job Build.Pick.", problem.What);
    }

    [Fact]
    public void Each_part_of_a_condition_has_its_value_and_each_conversion_is_told()
    {
        var part = Node(Explain(Yaml), "Deploy").Evaluation!;

        Assert.Equal(("and(succeeded(), eq(variables['publish'], True))", "False", "Boolean"), (part.Text, part.Value, part.Kind));
        var eq = part.Parts[1];
        Assert.Equal(["Boolean True is converted to String 'True'"], eq.Conversions);
        Assert.Equal([("variables['publish']", "'yes'", "String"), ("True", "True", "Boolean")], eq.Parts.Select(inner => (inner.Text, inner.Value, inner.Kind)));
    }

    [Theory]
    [InlineData("eq(true, 'false')", "String 'false' is converted to Boolean True")]
    [InlineData("eq(1, 'abc')", "String 'abc' does not convert to Number and is therefore not equal")]
    [InlineData("eq(variables['none'], '')", "String '' counts as Null")]
    [InlineData("eq('', variables['none'])", "Null is converted to String ''")]
    [InlineData("in('1', 1, 2)", "Number 1 is converted to String '1'; Number 2 is converted to String '2'")]
    [InlineData("and('x', true)", "String 'x' is converted to Boolean True")]
    [InlineData("gt('10', 9)", "Number 9 is converted to String '9'")]
    [InlineData("eq(variables, '')", "an Object is equal to nothing but itself")]
    [InlineData("eq('a', 'A')", "")]
    public void A_conversion_is_told_in_a_sentence(string expression, string conversions) =>
        Assert.Equal(conversions, string.Join("; ", Trace(expression).Conversions));

    [Fact]
    public void What_was_not_looked_at_has_no_value_and_what_went_wrong_is_told()
    {
        Assert.Null(Trace("or(true, eq(1, 2))").Parts[1].Value);
        var part = Trace("and(true, gt(1, 'abc'))");
        Assert.Equal("Unable to convert from String to Number. Value: 'abc'", part.Error);
        Assert.Equal("'abc'", part.Parts[1].Parts[1].Value);
    }

    [Fact]
    public void A_manual_stage_waits_for_somebody_and_what_depends_on_it_for_the_stage()
    {
        var explained = Explain("""
            stages:
            - stage: A
              trigger: manual
              jobs:
              - job: a
            - stage: B
              dependsOn: A
              jobs:
              - job: b
            """);

        Assert.Equal(("waits", "waits for somebody to start it (trigger: manual)"), (Node(explained, "A").State, Node(explained, "A").Because.Single()));
        Assert.Equal(["waits for A to end"], Node(explained, "B").Because);
        Assert.Equal(["waits for stage B to start"], Node(explained, "B", "b").Because);
    }

    [Fact]
    public void An_assumed_result_of_a_job_that_is_not_there_is_refused()
    {
        var problem = Assert.Throws<ProblemException>(() => Explain(Yaml, ("Build.Tests", NodeResult.Failed))).Problem;

        Assert.Equal(
            "EXPLAIN001: The pipeline has no stage or job Build.Tests. Name one of: Build.Test, Build.Lint, Deploy.Put, Tell.Mail.", $"{problem}");
    }

    [Fact]
    public void The_nearest_agent_is_the_one_with_the_fewest_unmet_demands()
    {
        IReadOnlyDictionary<string, string> Has(params (string, string)[] all) => all.ToDictionary(c => c.Item1, c => c.Item2);
        IReadOnlyList<Demand> demands = [Demand.Parse("gpu"), Demand.Parse("os -equals Linux")];

        var wait = AgentFits.Of("Pack", demands, [("far", "online", Has(("os", "Mac"))), ("near", "offline", Has(("OS", "linux"))), ("same", "online", Has(("os", "Linux")))]);

        Assert.Equal(["same", "near", "far"], wait.Agents.Select(agent => agent.Agent));
        Assert.Equal("no agent meets every demand; the nearest, same (online), lacks gpu (it has no gpu)", wait.Because);
        Assert.Equal(["gpu (it has no gpu)", "os -equals Linux (it has Mac)"], wait.Agents[2].Unmet);
        Assert.Equal("the pool has no agent", AgentFits.Of("Pack", demands, []).Because);
        Assert.Equal(
            "agent one meets every demand and runs another job", AgentFits.Of("Pack", [], [("one", "busy", Has())]).Because);
    }

    private static NodeExplanation Node(RunExplanation explained, string stage, string? job = null) =>
        explained.Nodes.Single(node => node.Stage == stage && node.Job == job);

    private static RunExplanation Explain(string yaml, params (string Node, NodeResult Result)[] results) => Explain(yaml, [], results);

    private static RunExplanation Explain(string yaml, Dictionary<string, string> outputs, (string Node, NodeResult Result)[] results) => RunForecast.Explain(
        RunSimulation.Read(yaml),
        "/azure-pipelines.yml",
        results.ToDictionary(result => result.Node, result => result.Result),
        outputs,
        new Dictionary<string, string> { ["publish"] = "yes" },
        DateTimeOffset.UnixEpoch);

    private static EvaluatedPart Trace(string expression) => Expression.Parse(expression).Trace(ExpressionContext.ForStep("Succeeded", []));
}
