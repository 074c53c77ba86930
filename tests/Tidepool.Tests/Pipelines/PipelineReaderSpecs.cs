using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class PipelineReaderSpecs
{
    [Fact]
    public void Two_stages_become_a_graph()
    {
        var pipeline = RunSimulation.Read(
            """
            name: build-$(Rev:r)
            trigger: none
            variables:
              color: blue
            stages:
            - stage: Build
              displayName: Build it
              jobs:
              - job: pack
                pool:
                  name: fargate
                  demands: FARGATE_TASK -equals $(target)
                timeoutInMinutes: 5
                continueOnError: yes
                workspace: {clean: all}
                variables:
                - name: where
                  value: /shared-storage
                  readonly: true
                steps:
                - checkout: self
                  fetchDepth: 1
                  clean: True
                - script: |
                    echo one
                    echo two
                  name: two
                  displayName: Two lines
                  workingDirectory: sub
                  failOnStderr: true
                  timeoutInMinutes: 2
                  retryCountOnTaskFailure: 3
                  continueOnError: true
                  condition: and(succeeded(), eq(variables.color, 'blue'))
                  env:
                    TOKEN: $(secret)
                    EMPTY:
                - bash: echo three
            - stage: Deploy
              condition: succeededOrFailed('Build')
              jobs:
              - job: unpack
                dependsOn: []
                steps:
                - checkout: none
                - script: x
                - script: y
                  enabled: false
            """);

        Assert.Equal("build-$(Rev:r)", pipeline.RunName);
        var color = new PipelineVariable("color", "blue", false, new SourcePosition("/azure-pipelines.yml", 4, 10));
        Assert.Equal([color], pipeline.Variables);
        var (build, deploy) = (pipeline.Stages[0], pipeline.Stages[1]);
        Assert.Equal(("Build", "Build it", null), (build.Name, build.DisplayName, build.Condition));
        Assert.Equal(["Build"], deploy.DependsOn);
        Assert.Equal("succeededOrFailed('Build')", deploy.Condition);

        var pack = Assert.Single(build.Jobs);
        Assert.Equal(("5", "yes", "all"), (pack.TimeoutInMinutes, pack.ContinueOnError, pack.WorkspaceClean));
        Assert.Equal(("fargate", null), (pack.Pool!.Name, pack.Pool.VmImage));
        Assert.Equal(["FARGATE_TASK -equals $(target)"], pack.Pool.Demands);
        Assert.True(Assert.Single(pack.Variables).ReadOnly);
        Assert.Equal(["Checkout", "two", "Bash"], pack.Steps.Select(s => s.Name));
        Assert.Equal(["Checkout self", "Two lines", "Bash"], pack.Steps.Select(s => s.DisplayName));
        Assert.Equal(
            [("repository", "self"), ("clean", "true"), ("fetchDepth", "1")], pack.Steps[0].Inputs.Select(i => (i.Key, i.Value)));

        var two = pack.Steps[1];
        Assert.Equal((new Guid("d9bafed4-0b18-4f58-968d-86655b4d2ce9"), "2.250.1"), (two.TaskId, two.TaskVersion));
        Assert.Equal("echo one\necho two\n", two.Inputs["script"]);
        Assert.Equal(("sub", "true"), (two.Inputs["workingDirectory"], two.Inputs["failOnStderr"]));
        Assert.Equal((2, 3, true), (two.TimeoutInMinutes, two.RetryCountOnTaskFailure, two.ContinueOnError));
        Assert.Equal([("TOKEN", "$(secret)"), ("EMPTY", "")], two.Environment.Select(e => (e.Key, e.Value)));
        Assert.Equal("inline", pack.Steps[2].Inputs["targetType"]);

        Assert.Equal(["CmdLine"], Assert.Single(deploy.Jobs).Steps.Select(s => s.Name));
    }

    [Fact]
    public void Only_steps_are_one_job_of_one_stage_that_checks_out_first()
    {
        var pipeline = RunSimulation.Read("pool: mine\ntimeoutInMinutes: 7\nsteps:\n- script: x\n");

        var stage = Assert.Single(pipeline.Stages);
        var job = Assert.Single(stage.Jobs);
        Assert.Equal((PipelineStage.DefaultName, "Job", "mine", "7"), (stage.Name, job.Name, job.Pool!.Name, job.TimeoutInMinutes));
        Assert.Equal(["Checkout", "CmdLine"], job.Steps.Select(s => s.TaskName));
    }

    [Fact]
    public void The_lowest_level_that_names_a_pool_wins()
    {
        var pipeline = RunSimulation.Read(
            """
            pool: root
            stages:
            - stage: A
              pool: {vmImage: ubuntu-latest}
              jobs:
              - job: a
              - job: b
                pool: own
            - stage: B
              jobs:
              - job: c
            """);

        Assert.Equal(
            [(null, "ubuntu-latest"), ("own", null), ("root", null)],
            pipeline.Stages.SelectMany(s => s.Jobs).Select(j => (j.Pool!.Name, j.Pool.VmImage)));
    }

    [Fact]
    public void Unnamed_jobs_and_stages_are_numbered_past_names_that_are_taken()
    {
        var pipeline = RunSimulation.Read("stages:\n- stage:\n  jobs:\n  - job: Job1\n  - job:\n  - job:\n");

        Assert.Equal("Stage1", pipeline.Stages[0].Name);
        Assert.Equal(["Job1", "Job2", "Job3"], pipeline.Stages[0].Jobs.Select(j => j.Name));
    }

    [Fact]
    public void A_dependency_is_spelled_as_the_node_it_names()
    {
        var pipeline = RunSimulation.Read("jobs:\n- job: Build\n- job: last\n  dependsOn: [build, BUILD]\n");

        Assert.Equal(["Build"], pipeline.Stages[0].Jobs[1].DependsOn);
    }

    [Theory]
    [InlineData("trigger: [main]\npr: none\nschedules:\n- cron: '0 0 * * *'\n  branches: {include: [main]}\nlockBehavior: sequential\n")]
    [InlineData("trigger: {batch: true, branches: {include: [main]}, paths: {include: [a]}}\nappendCommitMessageToRunName: false\n")]
    public void What_only_matters_when_the_service_queues_a_run_is_accepted(string head) =>
        Assert.Single(RunSimulation.Read($"{head}steps:\n- script: x\n").Stages);

    [Fact]
    public void An_unknown_key_is_refused_with_its_place()
    {
        var fault = Refused("stages:\n- stage: A\n  jobs:\n  - job: a\n    stepz:\n    - script: x\n");

        Assert.Equal("/azure-pipelines.yml (Line: 5, Col: 5): Unexpected value 'stepz'", fault.Message);
    }

    [Fact]
    public void Jobs_that_wait_for_each_other_are_refused_edge_by_edge()
    {
        var fault = Refused("jobs:\n- job: s\n- job: a\n  dependsOn: [b, s]\n- job: b\n  dependsOn: a\n");

        Assert.Equal(
            """
            /azure-pipelines.yml (Line: 4, Col: 15): Job a depends on job b which creates a cycle in the dependency graph.
            /azure-pipelines.yml (Line: 6, Col: 14): Job b depends on job a which creates a cycle in the dependency graph.
            """,
            fault.Message);
    }

    [Fact]
    public void A_job_behind_a_circle_or_behind_an_unknown_job_never_comes_to_its_turn_either()
    {
        var circle = Refused("jobs:\n- job: s\n- job: a\n  dependsOn: b\n- job: b\n  dependsOn: a\n- job: c\n  dependsOn: a\n");
        var unknown = Refused("jobs:\n- job: s\n- job: a\n  dependsOn: z\n- job: b\n  dependsOn: [s, a]\n");

        Assert.Contains("(Line: 8, Col: 14): Job c depends on job a which creates a cycle in the dependency graph.", circle.Message, StringComparison.Ordinal);
        Assert.Equal(
            """
            /azure-pipelines.yml (Line: 4, Col: 14): Job a depends on unknown job z.
            /azure-pipelines.yml (Line: 6, Col: 18): Job b depends on job a which creates a cycle in the dependency graph.
            """,
            unknown.Message);
    }

    [Fact]
    public void Names_that_are_wrong_or_appear_twice_are_told_beside_a_graph_that_cannot_begin()
    {
        var fault = Refused("jobs:\n- job: 1a\n  dependsOn: b\n- deployment: B\n  environment: e\n  dependsOn: b\n- job: b\n  dependsOn: B\n");

        Assert.Equal(
            """
            /azure-pipelines.yml (Line: 2, Col: 1): The pipeline must contain at least one job with no dependencies.
            /azure-pipelines.yml (Line: 2, Col: 8): Job 1a has an invalid name. Valid names may only contain alphanumeric characters and '_' and may not start with a number.
            /azure-pipelines.yml (Line: 7, Col: 8): The job name b appears more than once. Job names must be unique within a pipeline.
            """,
            fault.Message);
    }

    [Fact]
    public void A_template_that_cannot_be_opened_is_the_only_error() =>
        Assert.Single(Refused("extends: {template: none.yml}\n").Errors);

    [Fact]
    public void Jobs_and_deployments_are_numbered_together()
    {
        var pipeline = RunSimulation.Read("jobs:\n- job:\n- deployment:\n  environment: e\n- deployment: Job2\n  environment: e\n- job: ''\n");

        Assert.Equal(["Job1", "Job3", "Job2", "Job4"], pipeline.Stages[0].Jobs.Select(j => j.Name));
    }

    [Fact]
    public void A_name_has_at_most_100_characters()
    {
        var longest = new string('a', 100);

        Assert.Equal(longest, RunSimulation.Read($"jobs:\n- job: {longest}\n").Stages[0].Jobs[0].Name);
        Assert.Contains("has an invalid name", Refused($"jobs:\n- job: {longest}a\n").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_without_names_share_a_display_name_and_not_a_reference_name()
    {
        var steps = RunSimulation.Read("steps:\n- checkout: none\n- script: a\n- script: b\n- script: c\n  name: CmdLine1\n").Stages[0].Jobs[0].Steps;

        Assert.Equal([("CmdLine2", "CmdLine"), ("CmdLine3", "CmdLine"), ("CmdLine1", "CmdLine1")], steps.Select(s => (s.Name, s.DisplayName)));
    }

    [Fact]
    public void Stages_that_wait_for_each_other_are_refused_edge_by_edge()
    {
        var fault = Refused(
            "stages:\n- stage: A\n  jobs: [{job: a}]\n- stage: B\n  dependsOn: [A, C, Z]\n  jobs: [{job: b}]\n"
            + "- stage: C\n  jobs: [{job: c}]\n");

        Assert.Equal(
            """
            /azure-pipelines.yml (Line: 5, Col: 18): Stage B depends on stage C which creates a cycle in the dependency graph.
            /azure-pipelines.yml (Line: 5, Col: 21): Stage B depends on unknown stage Z.
            /azure-pipelines.yml (Line: 7, Col: 3): Stage C depends on stage B which creates a cycle in the dependency graph.
            """,
            fault.Message);
    }

    [Theory]
    [InlineData("foo: bar\n", "(Line: 1, Col: 1): The pipeline has no stages, jobs or steps. Write one of them.")]
    [InlineData("- script: x\n", "(Line: 1, Col: 1): A sequence was not expected")]
    [InlineData("just text\n", "(Line: 1, Col: 1): Unexpected value 'just text'")]
    [InlineData("steps:\n", "(Line: 1, Col: 7): Unexpected value ''")]
    [InlineData("steps: {script: x}\n", "(Line: 1, Col: 8): A mapping was not expected")]
    [InlineData("steps: []\njobs: []\n", "(Line: 2, Col: 1): Unexpected value 'jobs'")]
    [InlineData("jobs: []\nworkspace: {clean: all}\n", "(Line: 2, Col: 1): Unexpected value 'workspace'")]
    [InlineData("steps:\n- displayName: x\n  script: y\n", "(Line: 2, Col: 3): Unexpected value 'displayName'")]
    [InlineData("steps:\n- script: x\n  inputs: {}\n", "(Line: 3, Col: 3): Unexpected value 'inputs'")]
    [InlineData("steps:\n- script: [x]\n", "(Line: 2, Col: 11): A sequence was not expected")]
    [InlineData("steps:\n- script: x\n  enabled: maybe\n", "(Line: 3, Col: 12): Unexpected value 'maybe'")]
    [InlineData("steps:\n- script: x\n  timeoutInMinutes: -1\n", "(Line: 3, Col: 21): Expected an Integer value. Actual value: '-1'")]
    [InlineData("steps:\n- script: x\n  env: [a]\n", "(Line: 3, Col: 8): A sequence was not expected")]
    [InlineData("jobs:\n- job: a\n  continueOnError: $\n", "(Line: 3, Col: 20): Unexpected value '$'")]
    [InlineData("jobs:\n- job: a\n  workspace: {clean: some}\n", "(Line: 3, Col: 22): Unexpected value 'some'")]
    [InlineData("jobs:\n- job: a\n  pool: {demands: a b}\nsteps: []\n", "(Line: 3, Col: 19): Demand 'a b' is not valid.")]
    [InlineData("variables: [{value: x}]\nsteps: []\n", "(Line: 1, Col: 14): Unexpected value 'value'")]
    [InlineData("variables: {a: {b: c}}\nsteps: []\n", "(Line: 1, Col: 16): A mapping was not expected")]
    [InlineData("jobs: []\n", "(Line: 1, Col: 7): The pipeline must contain at least one job with no dependencies.")]
    [InlineData("stages:\n- stage: A\n", "(Line: 2, Col: 3): Stage A must contain at least one job with no dependencies.")]
    [InlineData("steps:\n- checkout: tools\n", "The checkout step references the repository 'tools' which is not defined by the pipeline")]
    [InlineData("variables: {a: '$[eq(1]'}\nsteps: []\n", "(Line: 1, Col: 16): Unclosed function: 'eq'. Located at position 1 within")]
    public void A_wrong_file_is_refused_in_the_words_of_the_service(string text, string message) =>
        Assert.Contains(message, Refused(text).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "steps:\n- script: x\n  name: s\n  condition: eq(1)\n",
        "(Line: 4, Col: 14): Job Job: Step s specifies condition eq(1) which is not valid. "
        + "Reason: Unexpected symbol: ')'. Located at position 5 within expression: eq(1).")]
    [InlineData(
        "steps:\n- script: x\n  name: s\n  condition: eq(dependencies.a.result, 1)\n",
        "(Line: 4, Col: 14): Job Job: Step s specifies condition eq(dependencies.a.result, 1) which is not valid. "
        + "Reason: Unrecognized value: 'dependencies'. Located at position 4 within expression: eq(dependencies.a.result, 1).")]
    [InlineData(
        "jobs:\n- job: a\n  condition: maybe()\n",
        "(Line: 3, Col: 14): Job a specifies condition maybe() which is not valid. "
        + "Reason: Unrecognized value: 'maybe'. Located at position 1 within expression: maybe().")]
    [InlineData(
        "stages:\n- stage: A\n  condition: eq(stageDependencies.x, 1)\n  jobs: [{job: a}]\n",
        "(Line: 3, Col: 14): Stage A specifies condition eq(stageDependencies.x, 1) which is not valid. "
        + "Reason: Unrecognized value: 'stageDependencies'. Located at position 4 within expression: eq(stageDependencies.x, 1).")]
    [InlineData(
        "steps:\n- script: x\n  name: 1s\n",
        "(Line: 2, Col: 3): Job Job: Step 1s has an invalid name. "
        + "Valid names may only contain alphanumeric characters and '_' and may not start with a number.")]
    [InlineData(
        "steps:\n- script: x\n  name: s\n- bash: y\n  name: S\n",
        "(Line: 4, Col: 3): Job Job: The step name S appears more than once. Step names must be unique within a job.")]
    public void Wrong_names_and_conditions_are_refused_before_a_run(string text, string message) =>
        Assert.Equal($"/azure-pipelines.yml {message}", Refused(text).Message);

    [Fact]
    public void All_errors_of_a_file_are_told_at_once_in_its_order()
    {
        var fault = Refused(
            """
            extends: {template: x.yml}
            variables:
            - group: secrets
            jobs:
            - job: a
              condition: q(
              steps:
              - script: ${{ parameters.none }}
              - task: DotNetCoreCLI@2
              - scirpt: x
            - deployment: b
            """);

        Assert.Equal(
            """
            /azure-pipelines.yml (Line: 1, Col: 21): File /x.yml not found in repository self.
            /azure-pipelines.yml (Line: 3, Col: 10): Variable group secrets was not found or is not authorized for use.
            /azure-pipelines.yml (Line: 6, Col: 14): Job a specifies condition q( which is not valid. Reason: Unrecognized value: 'q'. Located at position 1 within expression: q(.
            /azure-pipelines.yml (Line: 8, Col: 13): Key not found 'none'
            /azure-pipelines.yml (Line: 10, Col: 5): Unexpected value 'scirpt'
            /azure-pipelines.yml (Line: 11, Col: 3): Job b: Environment is required.
            """,
            fault.Message);
    }

    [Fact]
    public void A_job_that_depends_on_a_refused_one_is_not_said_to_depend_on_an_unknown_one()
    {
        var fault = Refused("jobs:\n- template: a\n- job: b\n  dependsOn: a\n");

        Assert.Equal("/azure-pipelines.yml (Line: 2, Col: 13): File /a not found in repository self.", fault.Message);
    }

    private static PipelineNotValidException Refused(string text) =>
        Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read(text));
}
