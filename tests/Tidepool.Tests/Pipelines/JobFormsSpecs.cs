using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

/// <summary>Strategies, deployments, agentless jobs, and how jobs were once written.</summary>
public sealed class JobFormsSpecs
{
    [Fact]
    public void A_matrix_gives_legs_in_the_order_of_the_file()
    {
        var strategy = Read("jobs:\n- job: a\n  strategy:\n    maxParallel: 2\n    matrix:\n      Linux: {image: u, n: 1}\n      Mac: {image: m}\n")
            .Strategy!;

        Assert.Equal(["Linux", "Mac"], strategy.Matrix!.Select(l => l.Name));
        Assert.Equal([("image", "u"), ("n", "1")], strategy.Matrix![0].Variables.Select(v => (v.Key, v.Value)));
        Assert.Equal(("2", null, null), (strategy.MaxParallel, strategy.Parallel, strategy.MatrixExpression));
    }

    [Fact]
    public void A_matrix_may_be_an_expression_and_slices_a_number()
    {
        var matrix = Read("jobs:\n- job: a\n  strategy: {matrix: \"$[ dependencies.x.outputs['s.m'] ]\", maxParallel: '$[ variables.n ]'}\n").Strategy!;
        var slices = Read("strategy: {parallel: 3}\nsteps:\n- script: x\n").Strategy!;

        Assert.Equal(("$[ dependencies.x.outputs['s.m'] ]", "$[ variables.n ]"), (matrix.MatrixExpression, matrix.MaxParallel));
        Assert.Null(matrix.Matrix);
        Assert.Equal("3", slices.Parallel);
    }

    [Theory]
    [InlineData("{parallel: 2, matrix: {a: {x: y}}}", "(Line: 3, Col: 27): Unexpected value 'matrix'")]
    [InlineData("{matrix: {a: {x: y}}, parallel: 2}", "(Line: 3, Col: 35): Unexpected value 'parallel'")]
    [InlineData("{matrix: $(m)}", "(Line: 3, Col: 22): '$(m)' is not a valid expression. Expressions must be enclosed with '$[' and ']'.")]
    [InlineData("{matrix: [a]}", "(Line: 3, Col: 22): A sequence was not expected")]
    [InlineData("{matrix: {a: b}}", "(Line: 3, Col: 26): Unexpected value 'b'")]
    [InlineData("{parallel: some}", "(Line: 3, Col: 24): Expected an Integer value. Actual value: 'some'")]
    [InlineData("{parallel: 101}", "(Line: 3, Col: 24): The slicing expansion resulted in 101 jobs which exceeds the maximum allowable job count of 100.")]
    [InlineData("{paralel: 2}", "(Line: 3, Col: 14): Unexpected value 'paralel'")]
    public void A_wrong_strategy_is_refused(string strategy, string error) =>
        Assert.Equal([error], new SchemaReading($"jobs:\n- job: a\n  strategy: {strategy}\n").Errors());

    [Fact]
    public void A_deployment_has_its_hooks_in_the_order_in_which_they_run_and_no_checkout()
    {
        var job = Read(
            """
            jobs:
            - deployment: ship
              environment: prod.web
              pool: agents
              strategy:
                runOnce:
                  on:
                    success: {steps: [{script: done}]}
                    failure: {pool: server, steps: [{task: Delay@1, inputs: {delayForMinutes: 1}}]}
                  deploy:
                    steps:
                    - script: go
                  preDeploy:
                    pool: {name: others, demands: x}
                    steps:
                    - script: look
                    - script: look again
            """);

        var deployment = job.Deployment!;
        Assert.Equal(("prod", "web"), (deployment.Environment!.Name, deployment.Environment.ResourceName));
        Assert.Equal([HookKind.PreDeploy, HookKind.Deploy, HookKind.OnFailure, HookKind.OnSuccess], deployment.Hooks.Select(h => h.Kind));
        Assert.Equal(["others", null, null, null], deployment.Hooks.Select(h => h.Pool?.Name));
        Assert.Equal([false, false, true, false], deployment.Hooks.Select(h => h.IsAgentless));
        Assert.Equal(["CmdLine1", "CmdLine2"], deployment.Hooks[0].Steps.Select(s => s.Name));
        Assert.Equal(["DownloadPipelineArtifact", "CmdLine"], deployment.Hooks[1].Steps.Select(s => s.TaskName));
        Assert.Equal(
            [("source", "current"), ("path", "$(Pipeline.Workspace)")], deployment.Hooks[1].Steps[0].Inputs.Select(i => (i.Key, i.Value)));
        Assert.Empty(job.Steps);
        Assert.Equal("agents", job.Pool!.Name);
    }

    [Theory]
    [InlineData("- download: none", "CmdLine")]
    [InlineData("- download: current\n          artifact: site", "DownloadPipelineArtifact CmdLine")]
    [InlineData("- task: DownloadPipelineArtifact@2", "DownloadPipelineArtifact CmdLine")]
    public void What_a_deployment_downloads_can_be_said(string step, string tasks)
    {
        var job = Read(
            $"jobs:\n- deployment: a\n  environment: e\n  strategy:\n    runOnce:\n      deploy:\n        steps:\n        {step}\n        - script: x\n");

        Assert.Equal(tasks.Split(' '), job.Deployment!.Hooks[0].Steps.Select(s => s.TaskName));
    }

    [Fact]
    public void Rolling_and_canary_are_read()
    {
        var rolling = Read(
            "jobs:\n- deployment: a\n  environment: {name: e, resourceType: VirtualMachine, tags: 'web, db'}\n"
            + "  strategy: {rolling: {maxParallel: 50%, deploy: {steps: [{script: x}]}}}\n").Deployment!;
        var canary = Read(
            "jobs:\n- deployment: a\n  environment: {name: e, resourceId: 7}\n"
            + "  strategy: {canary: {increments: [10, 20], deploy: {steps: [{script: x}]}}}\n").Deployment!;

        Assert.Equal((DeploymentStrategy.Rolling, "50%"), (rolling.Strategy, rolling.MaxParallel));
        Assert.Equal(("VirtualMachine", "web db"), (rolling.Environment!.ResourceType, string.Join(' ', rolling.Environment.Tags)));
        Assert.Equal(DeploymentStrategy.Canary, canary.Strategy);
        Assert.Equal([10, 20], canary.Increments);
        Assert.Equal("7", canary.Environment!.ResourceId);
    }

    [Theory]
    [InlineData("strategy: {runOnce: {}}", "(Line: 2, Col: 3): Job a: Environment is required.")]
    [InlineData("environment: e\n  strategy: {rolling: {}}", "(Line: 3, Col: 16): Deployment strategy: 'Rolling' is not supported for Environment scoped target.")]
    [InlineData("environment: e.r\n  strategy: {rolling: {maxParallel: 0}}", "(Line: 4, Col: 37): Absolute rolling value should be greater than zero.")]
    [InlineData("environment: e.r\n  strategy: {rolling: {maxParallel: 101%}}", "(Line: 4, Col: 37): Percentage rolling value should be with in 1 to 100.")]
    [InlineData("environment: e.r\n  strategy: {rolling: {maxParallel: few}}", "(Line: 4, Col: 37): few is not supported as rolling option.")]
    [InlineData("environment: e\n  strategy: {canary: {increments: [a]}}", "(Line: 4, Col: 36): Expected an Integer value. Actual value: 'a'")]
    [InlineData("environment: e\n  strategy: {runOnce: {deploi: {}}}", "(Line: 4, Col: 24): Unexpected value 'deploi'")]
    [InlineData("environment: e\n  strategy: {runOnce: {}, canary: {}}", "(Line: 4, Col: 27): Unexpected value 'canary'")]
    [InlineData("environment: e\n  steps: []", "(Line: 4, Col: 3): Unexpected value 'steps'")]
    public void A_wrong_deployment_is_refused(string text, string error) =>
        Assert.Equal([error], new SchemaReading($"jobs:\n- deployment: a\n  {text}\n").Errors());

    [Theory]
    [InlineData("pool: server\njobs:\n- job: a\n  steps:\n  - task: Delay@1\n    inputs: {delayForMinutes: 1}\n")]
    [InlineData("jobs:\n- job: a\n  pool: server\n  steps:\n  - task: Delay@1\n    inputs: {delayForMinutes: 1}\n")]
    [InlineData("server: true\nsteps:\n- task: Delay@1\n  inputs: {delayForMinutes: 1}\n")]
    [InlineData("phases:\n- phase: a\n  server: {timeoutInMinutes: 4}\n  steps:\n  - task: Delay@1\n    inputs: {delayForMinutes: 1}\n")]
    public void A_job_without_an_agent_checks_nothing_out(string text)
    {
        var job = Read(text);

        Assert.True(job.IsAgentless);
        Assert.Null(job.Pool);
        Assert.Equal("Delay", Assert.Single(job.Steps).TaskName);
    }

    [Theory]
    [InlineData(
        "pool: server\nsteps:\n- script: x\n",
        "(Line: 3, Col: 3): Job Job: Step  references task 'CmdLine' at version '2.250.1' which is not valid for the given job target.")]
    [InlineData(
        "steps:\n- task: Delay@1\n  name: wait\n",
        "(Line: 2, Col: 9): Job Job: Step wait references task 'Delay' at version '1.241.0' which is not valid for the given job target.")]
    public void A_task_must_suit_where_its_job_runs(string text, string error) => Assert.Equal([error], new SchemaReading(text).Errors());

    [Fact]
    public void Phases_and_queues_become_jobs_and_pools()
    {
        var job = Read(
            """
            phases:
            - phase: old
              displayName: Old
              queue:
                name: agents
                demands: [x]
                parallel: 2
                matrix: {a: {x: y}, b: {x: z}}
                timeoutInMinutes: 9
                workspace: {clean: all}
              steps:
              - script: x
            """);

        Assert.Equal(("old", "Old", "9", "all"), (job.Name, job.DisplayName, job.TimeoutInMinutes, job.WorkspaceClean));
        Assert.Equal(("agents", "x"), (job.Pool!.Name, Assert.Single(job.Pool.Demands)));
        Assert.Equal(("2", null, 2), (job.Strategy!.MaxParallel, job.Strategy.Parallel, job.Strategy.Matrix!.Count));
        Assert.Equal("4", Read("queue: {name: p, parallel: 4}\nsteps:\n- script: x\n").Strategy!.Parallel);
        Assert.Equal("p", Read("queue: p\nsteps:\n- script: x\n").Pool!.Name);
    }

    [Theory]
    [InlineData("phases:\n- job: a\n", "(Line: 2, Col: 3): Unexpected value 'job'")]
    [InlineData("jobs:\n- phase: a\n", "(Line: 2, Col: 3): Unexpected value 'phase'")]
    [InlineData("phases:\n- phase: a\n  pool: x\n", "(Line: 3, Col: 3): Unexpected value 'pool'")]
    [InlineData("queue: {nam: p}\nsteps: []\n", "(Line: 1, Col: 9): Unexpected value 'nam'")]
    [InlineData("queue: p\njobs: [{job: a}]\n", "(Line: 1, Col: 1): Unexpected value 'queue'")]
    public void Old_and_new_forms_do_not_mix(string text, string error) => Assert.Equal([error], new SchemaReading(text).Errors());

    [Fact]
    public void A_stage_may_wait_for_somebody_to_start_it()
    {
        var stages = new SchemaReading(
            "stages:\n- stage: A\n  trigger: manual\n  isSkippable: false\n  lockBehavior: runLatest\n  jobs: [{job: a}]\n"
            + "- stage: B\n  trigger: automatic\n  templateContext: {any: [thing]}\n  jobs: [{job: b, templateContext: {x: y}, uses: {pools: [p]}}]\n").Read().Stages;

        Assert.Equal([true, false], stages.Select(s => s.IsManual));
        Assert.Equal([[], ["A"]], stages.Select(s => s.DependsOn));
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("dependsOn: A, ", new[] { "A" })]
    public void A_stage_that_waits_for_somebody_waits_for_no_stage_that_it_does_not_name(string dependsOn, string[] before)
    {
        var stages = new SchemaReading($"stages:\n- {{stage: A, jobs: [{{job: a}}]}}\n- {{stage: B, {dependsOn}trigger: manual, jobs: [{{job: b}}]}}\n").Read().Stages;

        Assert.Equal(before, stages[1].DependsOn);
    }

    private static PipelineJob Read(string text) => new SchemaReading(text).Job();
}
