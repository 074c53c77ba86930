using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class RunPlannerSpecs
{
    [Fact]
    public void A_skipped_node_says_why()
    {
        var run = new RunSimulation(RunSimulation.Read(
            """
            stages:
            - stage: Build
              jobs:
              - job: compile
              - job: lint
                condition: eq(variables['lint'], 'yes')
              - job: pack
                dependsOn: [compile, lint]
            - stage: Deploy
              jobs:
              - job: unpack
            """))
        {
            Results = new() { ["compile"] = NodeResult.Failed },
        }.With(new() { ["lint"] = "no" }).Run();

        Assert.All(run.Finished, d => Assert.Equal(NodeAction.Finish, d.Action));
        Assert.Equal(
            [
                ("Build", "lint", NodeResult.Skipped, "condition eq(variables['lint'], 'yes') was False: eq('no', 'yes')"),
                ("Build", "pack", NodeResult.Skipped, "condition succeeded() was False: compile failed, lint was skipped"),
                ("Build", null, NodeResult.Failed, null),
                ("Deploy", null, NodeResult.Skipped, "condition succeeded() was False: Build failed"),
            ],
            run.Finished.Select(d => (d.Stage, d.Job, d.Result!.Value, d.Reason)));
        Assert.Equal(["Build", "compile"], run.Started);
    }

    [Fact]
    public void A_pending_node_of_a_cancelled_run_says_so()
    {
        var run = new RunSimulation(RunSimulation.Read("jobs:\n- job: a\n- job: b\n  dependsOn: a\n")) { CancelDuring = "a" }.Run();

        Assert.Contains(run.Finished, d => d.Job == "b" && d.Reason == "condition succeeded() was False: the run is being canceled");
        Assert.Equal(NodeResult.Canceled, run.ResultOf(PipelineStage.DefaultName));
    }

    [Theory]
    [InlineData("succeeded()", false)]
    [InlineData("succeededOrFailed()", false)]
    [InlineData("not(canceled())", false)]
    [InlineData("canceled()", true)]
    [InlineData("always()", true)]
    [InlineData("eq(1, 1)", true)]
    public void In_a_cancelled_run_only_a_condition_that_still_holds_starts_a_job(string condition, bool starts)
    {
        var pipeline = RunSimulation.Read($"jobs:\n- job: a\n  condition: {condition}\n");
        var state = new RunState
        {
            StartTime = DateTimeOffset.UnixEpoch,
            Canceling = true,
            Stages = new Dictionary<string, StageState> { [PipelineStage.DefaultName] = new(null, new Dictionary<string, JobState>()) },
        };

        Assert.Equal(starts ? NodeAction.Start : NodeAction.Finish, RunPlanner.Decide(pipeline, state)[0].Action);
    }

    [Fact]
    public void One_look_decides_a_whole_chain_and_a_second_look_nothing_more()
    {
        var pipeline = RunSimulation.Read(
            """
            stages:
            - stage: A
              condition: false
              jobs: [{job: a}]
            - stage: B
              jobs: [{job: b}]
            - stage: C
              dependsOn: []
              jobs:
              - job: c
              - job: d
                dependsOn: c
            """);
        var state = new RunState { StartTime = DateTimeOffset.UnixEpoch };

        var decisions = RunPlanner.Decide(pipeline, state);

        Assert.Equal(
            [("A", null, NodeAction.Finish), ("C", null, NodeAction.Start), ("B", null, NodeAction.Finish), ("C", "c", NodeAction.Start)],
            decisions.Select(d => (d.Stage, d.Job, d.Action)));
        var after = state with
        {
            Stages = new Dictionary<string, StageState>
            {
                ["A"] = new(NodeResult.Skipped, new Dictionary<string, JobState>()),
                ["B"] = new(NodeResult.Skipped, new Dictionary<string, JobState>()),
                ["C"] = new(null, new Dictionary<string, JobState> { ["c"] = new(null, new Dictionary<string, string>()) }),
            },
        };
        Assert.Empty(RunPlanner.Decide(pipeline, after));
    }

    [Fact]
    public void Jobs_of_a_skipped_stage_are_skipped_for_those_that_look_at_them()
    {
        var run = new RunSimulation(RunSimulation.Read(
            """
            stages:
            - stage: A
              condition: false
              jobs: [{job: a}]
            - stage: B
              condition: eq(dependencies.A.result, 'Skipped')
              jobs:
              - job: b
                condition: eq(stageDependencies.A.a.result, 'Skipped')
            """)).Run();

        Assert.Equal(NodeResult.Succeeded, run.ResultOf("b"));
    }

    [Fact]
    public void A_condition_that_cannot_be_evaluated_fails_its_node()
    {
        var run = new RunSimulation(RunSimulation.Read("jobs:\n- job: a\n  condition: gt(2, variables['x'])\n"))
            .With(new() { ["x"] = "abc" }).Run();

        Assert.Equal(
            "condition gt(2, variables['x']) could not be evaluated: Unable to convert from String to Number. Value: 'abc'",
            Assert.Single(run.Finished, d => d.Job == "a").Reason);
        Assert.Equal(NodeResult.Failed, run.ResultOf("a"));
    }

    [Theory]
    [InlineData("succeeded()", NodeResult.Succeeded, true)]
    [InlineData("succeeded()", NodeResult.SucceededWithIssues, true)]
    [InlineData("succeeded()", NodeResult.Abandoned, false)]
    [InlineData("failed()", NodeResult.Failed, true)]
    [InlineData("failed()", NodeResult.Abandoned, true)]
    [InlineData("failed()", NodeResult.Canceled, false)]
    [InlineData("failed('a')", NodeResult.Failed, true)]
    [InlineData("failed('b')", NodeResult.Failed, false)]
    [InlineData("succeeded('b')", NodeResult.Failed, true)]
    [InlineData("succeeded('none')", NodeResult.Succeeded, false)]
    [InlineData("succeededOrFailed()", NodeResult.Failed, true)]
    [InlineData("succeededOrFailed()", NodeResult.Canceled, false)]
    [InlineData("always()", NodeResult.Failed, true)]
    [InlineData("canceled()", NodeResult.Failed, false)]
    public void A_condition_looks_at_the_nodes_before(string condition, NodeResult result, bool runs)
    {
        var yaml = $"jobs:\n- job: a\n- job: b\n- job: c\n  dependsOn: [a, b]\n  condition: {condition}\n";

        var run = new RunSimulation(RunSimulation.Read(yaml)) { Results = new() { ["a"] = result } }.Run();

        Assert.Equal(runs, run.Started.Contains("c"));
    }

    [Fact]
    public void Outputs_reach_variables_of_later_jobs_and_their_pool()
    {
        var pipeline = RunSimulation.Read(
            """
            stages:
            - stage: Build
              jobs:
              - job: pack
            - stage: Deploy
              variables:
                task: $[stageDependencies.Build.pack.outputs['where.task']]
              jobs:
              - job: first
              - job: unpack
                dependsOn: first
                pool:
                  name: $(poolName)
                  demands:
                  - FARGATE_TASK -equals $(task)
                  - FARGATE_CONTAINER -equals $(container)
                variables:
                  container: $[ dependencies.first.outputs['pick.name'] ]
                  started: $[format('{0:yyyyMMdd}', pipeline.startTime)]
                  none: $[variables.absent]
            """);
        var run = new RunSimulation(pipeline)
        {
            Outputs = new() { ["pack"] = new() { ["where.task"] = "0af1" }, ["first"] = new() { ["pick.name"] = "agent-2" } },
        }.With(new() { ["poolName"] = "fargate" }).Run();

        var deploy = pipeline.Stages[1];
        var plan = RunPlanner.Plan(pipeline, deploy, deploy.Jobs[1], run.State);

        Assert.Equal("fargate", plan.PoolName);
        Assert.Equal(["FARGATE_TASK -equals 0af1", "FARGATE_CONTAINER -equals agent-2"], plan.Demands);
        Assert.Equal(
            [("container", "agent-2"), ("none", ""), ("poolName", "fargate"), ("started", "19700101"), ("task", "0af1")],
            plan.Variables.Select(v => (v.Key, v.Value.Value)).OrderBy(v => v.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void The_lowest_level_that_sets_a_variable_wins_and_system_ones_stay()
    {
        var plan = PlanOf(
            """
            variables:
              a: root
              b: root
              c: root
              queued: root
              System.Debug: mine
              Build.Reason: mine
              build.own: mine
            stages:
            - stage: S
              variables: {b: stage, c: stage}
              jobs:
              - job: j
                variables:
                - {name: C, value: "job $(a) $(x)", readonly: true}
            """,
            new() { ["queued"] = "queue", ["only"] = "queue", ["Build.Reason"] = "Manual", ["System.JobId"] = "1", ["TF_BUILD"] = "True" });

        Assert.Equal(
            new Dictionary<string, PlannedVariable>(StringComparer.OrdinalIgnoreCase)
            {
                ["a"] = new("root", false),
                ["b"] = new("stage", false),
                ["c"] = new("job $(a) $(x)", true),
                ["queued"] = new("root", false),
                ["only"] = new("queue", false),
                ["build.own"] = new("mine", false),
            },
            plan.Variables);
    }

    [Fact]
    public void Macros_in_the_pool_are_expanded_inside_values_and_a_cycle_stays_text()
    {
        var plan = PlanOf(
            """
            variables: {outer: 'x-$(INNER)', inner: y, loop: '$(pool)', pool: '<$(loop)>'}
            jobs:
            - job: j
              displayName: Job on $(outer)
              pool:
                name: $(outer)-$(none)-$($(inner))
                vmImage: $(loop)
                demands: a -equals $(Build.Id)
            """,
            new() { ["Build.Id"] = "7" });

        Assert.Equal("x-y-$(none)-$(y)", plan.PoolName);
        Assert.Equal("<$(loop)>", plan.VmImage);
        Assert.Equal(["a -equals 7"], plan.Demands);
        Assert.Equal("Job on x-y", plan.DisplayName);
    }

    [Theory]
    [InlineData("", 60, 5, false)]
    [InlineData("timeoutInMinutes: 0, cancelTimeoutInMinutes: 1, continueOnError: true", null, 1, true)]
    [InlineData("timeoutInMinutes: '$[variables.n]', continueOnError: '$[eq(1, 1)]'", 12, 5, true)]
    [InlineData("cancelTimeoutInMinutes: '$[variables.n]'", 60, 12, false)]
    public void Limits_are_evaluated_when_the_job_starts(string keys, int? timeout, int cancel, bool goesOn)
    {
        var plan = PlanOf($"variables: {{n: 12}}\njobs:\n- {{job: j, {keys}}}\n", []);

        Assert.Equal(timeout, (int?)plan.Timeout?.TotalMinutes);
        Assert.Equal((cancel, goesOn), ((int)plan.CancelTimeout.TotalMinutes, plan.ContinueOnError));
    }

    [Theory]
    [InlineData(
        "variables: {x: '$[gt(1, variables.y)]', y: z}\njobs:\n- job: j\n  variables: {q: '$[gt(1, variables.y)]'}\n",
        "PIPELINE001: /azure-pipelines.yml (Line: 4, Col: 18): $[gt(1, variables.y)] of variable q could not be evaluated: "
        + "Unable to convert from String to Number. Value: 'z' Correct the expression.")]
    [InlineData(
        "jobs:\n- job: j\n  timeoutInMinutes: $[variables.none]\n",
        "PIPELINE002: /azure-pipelines.yml (Line: 2, Col: 3): timeoutInMinutes of job j is ''. "
        + "Let it give a whole number of minutes, 0 or more.")]
    [InlineData(
        "jobs:\n- job: j\n  cancelTimeoutInMinutes: 0\n",
        "PIPELINE002: /azure-pipelines.yml (Line: 2, Col: 3): cancelTimeoutInMinutes of job j is '0'. "
        + "Let it give a whole number of minutes, 1 or more.")]
    [InlineData(
        "jobs:\n- job: j\n  continueOnError: $['maybe']\n",
        "PIPELINE002: /azure-pipelines.yml (Line: 2, Col: 3): continueOnError of job j is 'maybe'. Let it give true or false.")]
    [InlineData(
        "jobs:\n- job: j\n  pool: {demands: a -equals $(b)}\n  variables: {b: ''}\n",
        "PIPELINE003: Demand 'a -equals ' is not valid. "
        + "Write a capability's name, alone or followed by -equals VALUE or -gtVersion VERSION.")]
    public void What_cannot_be_evaluated_is_told_with_its_place(string yaml, string message) =>
        Assert.Equal(message, Assert.Throws<ProblemException>(() => PlanOf(yaml, [])).Message);

    [Fact]
    public void A_failure_counts_as_issues_only_where_the_job_goes_on()
    {
        var goesOn = PlanOf("jobs:\n- job: j\n  continueOnError: true\n", []);
        var stops = PlanOf("jobs:\n- job: j\n", []);

        Assert.Equal(NodeResult.SucceededWithIssues, RunPlanner.JobResult(goesOn, NodeResult.Failed));
        Assert.Equal(NodeResult.Canceled, RunPlanner.JobResult(goesOn, NodeResult.Canceled));
        Assert.Equal(NodeResult.Failed, RunPlanner.JobResult(stops, NodeResult.Failed));
    }

    private static JobPlan PlanOf(string yaml, Dictionary<string, string> variables)
    {
        var pipeline = RunSimulation.Read(yaml);
        var state = new RunState { StartTime = DateTimeOffset.UnixEpoch, Variables = variables };
        return RunPlanner.Plan(pipeline, pipeline.Stages[0], pipeline.Stages[0].Jobs[0], state);
    }
}
