using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

/// <summary>Steps, checkouts, variables and resources in all their forms.</summary>
public sealed class StepFormsSpecs
{
    private static readonly string[] OtherRepositories = ["tools", "git://Sea/Shells@release"];

    [Theory]
    [InlineData("powershell: x\n  ignoreLASTEXITCODE: true\n  errorActionPreference: continue", "PowerShell@2", "targetType=inline script=x errorActionPreference=continue ignoreLASTEXITCODE=true")]
    [InlineData("pwsh: x\n  failOnStderr: true\n  workingDirectory: w", "PowerShell@2", "targetType=inline script=x pwsh=true workingDirectory=w failOnStderr=true")]
    [InlineData("publish: out\n  artifact: site", "PublishPipelineArtifact@1", "path=out artifactName=site")]
    [InlineData("upload: out\n  artifact: site", "PublishPipelineArtifact@1", "path=out artifactName=site")]
    [InlineData("download: current", "DownloadPipelineArtifact@2", "source=current path=$(Pipeline.Workspace)")]
    [InlineData("download: current\n  artifact: site\n  patterns: a*", "DownloadPipelineArtifact@2", "source=current artifact=site patterns=a* path=$(Pipeline.Workspace)/site")]
    [InlineData("downloadBuild: b\n  artifact: a\n  path: p\n  inputs: {project: q}", "DownloadBuildArtifacts@0", "project=q buildType=specific definition=b artifactName=a downloadPath=p")]
    [InlineData("getPackage: p\n  path: here", "DownloadPackage@1", "definition=p downloadPath=here")]
    [InlineData("reviewApp: site", "ReviewApp@0", "resourceName=site")]
    [InlineData("task: X@1.2\n  inputs: {a: b, c: }", "X@1", "a=b c=")]
    [InlineData("task: publishPipelineArtifact@1\n  inputs: {targetPath: p, artifact: a}", "PublishPipelineArtifact@1", "path=p artifactName=a")]
    public void A_step_becomes_a_task_and_its_inputs(string step, string task, string inputs)
    {
        var read = Job($"steps:\n- checkout: none\n- {step}\n").Steps.Single();

        Assert.Equal(task, $"{read.TaskName}@{read.TaskVersion.Split('.')[0]}");
        Assert.Equal(
            inputs.Split(' ').Order(StringComparer.Ordinal),
            read.Inputs.Select(i => $"{i.Key}={i.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Artifacts_of_another_pipeline_are_downloaded_below_its_alias()
    {
        var step = Job("resources: {pipelines: [{pipeline: lib, source: Library, branch: main}]}\nsteps:\n- download: lib\n").Steps[1];

        Assert.Equal("$(Pipeline.Workspace)/lib", step.Inputs["path"]);
        Assert.Equal("$(resources.pipeline.lib.runID)", step.Inputs["runId"]);
    }

    [Theory]
    [InlineData("{container: host, commands: restricted, settableVariables: none}", true, "")]
    [InlineData("{commands: any, settableVariables: [a, b]}", false, "a b")]
    public void A_target_limits_what_a_step_may_set(string target, bool restricted, string variables)
    {
        var read = Job($"steps:\n- script: x\n  target: {target}\n").Steps[1].Target!;

        Assert.Equal((restricted, variables, null), (read.IsRestricted, string.Join(' ', read.SettableVariables!), read.Container));
    }

    [Fact]
    public void Several_repositories_are_checked_out_by_alias_or_address()
    {
        var pipeline = new SchemaReading(
            """
            resources:
              repositories:
              - repository: tools
                type: github
                name: sea/tools
                ref: refs/heads/next
                endpoint: hub
                trigger: [main]
            steps:
            - checkout: self
              fetchDepth: 0
              fetchFilter: tree:0
              fetchTags: false
              lfs: true
              submodules: recursive
              persistCredentials: yes
              workspaceRepo: true
              sparseCheckoutDirectories: a b
              sparseCheckoutPatterns: /*
              path: s/me
            - checkout: Tools
            - checkout: git://Sea/Shells@release
            """).Read();

        var steps = pipeline.Stages[0].Jobs[0].Steps;
        Assert.Equal(OtherRepositories, pipeline.Resources.Repositories.Select(r => r.Alias));
        Assert.Equal(("github", "sea/tools", "refs/heads/next", "hub"), Parts(pipeline.Resources.Repositories[0]));
        Assert.Equal(("git", "Sea/Shells", "release", null), Parts(pipeline.Resources.Repositories[1]));
        Assert.Equal(["self", .. OtherRepositories], steps.Select(s => s.Inputs["repository"]));
        Assert.Equal(["Checkout1", "Checkout2", "Checkout3"], steps.Select(s => s.Name));
        Assert.Equal(
            "fetchDepth=0 fetchFilter=tree:0 fetchTags=false lfs=true path=s/me persistCredentials=true repository=self "
            + "sparseCheckoutDirectories=a b sparseCheckoutPatterns=/* submodules=recursive workspaceRepo=true",
            string.Join(' ', steps[0].Inputs.Select(i => $"{i.Key}={i.Value}").Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void A_checkout_may_have_macros()
    {
        var inputs = Job("steps:\n- checkout: self\n  clean: $(a)\n  fetchDepth: $(b)\n  lfs: $(c)\n  submodules: $(d)\n").Steps[0].Inputs;

        Assert.Equal(["self", "$(a)", "$(c)", "$(b)", "$(d)"], inputs.Values);
    }

    [Fact]
    public void The_variables_of_a_group_stand_where_the_group_is_named_and_keep_their_secrets()
    {
        var reading = new SchemaReading("variables:\n- name: a\n  value: 1\n- group: Keys\n- {name: key, value: own, readonly: true}\nsteps: []\n")
        {
            Groups = { ["keys"] = [new("key", "s3cret", true), new("url", "$[ not an expression", false)] },
        };

        Assert.Equal(
            [("a", "1", false, false), ("key", "s3cret", true, false), ("url", "$[ not an expression", false, false), ("key", "own", false, true)],
            reading.Read().Variables.Select(v => (v.Name, v.Value, v.IsSecret, v.ReadOnly)));
    }

    [Theory]
    [InlineData("resources:\n- repo: self\n  clean: true\n  fetchDepth: 1\n  lfs: true\nsteps: []\n")]
    [InlineData("resources: {containers: [{container: c, image: i}], builds: [], webhooks: [], packages: []}\nsteps: []\n")]
    [InlineData("appendCommitMessageToRunName: false\nlockBehavior: sequential\nname: ''\nsteps: []\n")]
    [InlineData("pool: {name: a, image: i, os: linux, demands: ['x -equals y']}\nsteps: []\n")]
    public void What_has_no_effect_here_is_accepted(string text) => Assert.NotNull(Job(text));

    [Theory]
    [InlineData("steps:\n- checkout: tool\n", "(Line: 2, Col: 13): The checkout step references the repository 'tool' which is not defined by the pipeline")]
    [InlineData("steps:\n- checkout:\n", "(Line: 2, Col: 12): The checkout step does not specify a repository")]
    [InlineData("steps:\n- download: lib\n", "(Line: 2, Col: 13): The download step references the pipeline resource 'lib' which is not defined by the pipeline")]
    [InlineData("steps:\n- task: X\n  name: s\n", "(Line: 2, Col: 9): Job Job: Step s has an invalid task definition reference. A valid task definition reference must specify either an ID or a name and a version specification with a major version specified.")]
    [InlineData("variables:\n- group: g\nsteps: []\n", "(Line: 2, Col: 10): Variable group g was not found or is not authorized for use.")]
    [InlineData("resources: {repositories: [{repository: a, type: svn}]}\nsteps: []\n", "(Line: 1, Col: 50): Unexpected value 'svn'")]
    [InlineData("resources: {repositories: [{repository: a}, {repository: A}]}\nsteps: []\n", "(Line: 1, Col: 45): 'A' is already defined")]
    [InlineData("resources:\n- repo: other\nsteps: []\n", "(Line: 2, Col: 9): Unexpected value 'other'")]
    [InlineData("resources: {pipes: []}\nsteps: []\n", "(Line: 1, Col: 13): Unexpected value 'pipes'")]
    [InlineData("lockBehavior: maybe\nsteps: []\n", "(Line: 1, Col: 15): Unexpected value 'maybe'")]
    [InlineData("steps:\n- script: x\n  target: {commands: few}\n", "(Line: 3, Col: 22): Unexpected value 'few'")]
    [InlineData("steps:\n- script: x\n  target: {settableVariables: some}\n", "(Line: 3, Col: 31): Unexpected value 'some'")]
    [InlineData("steps:\n- group: x\n", "(Line: 2, Col: 3): Unexpected value 'group'")]
    [InlineData("jobs:\n- job: a\n  uses: {repositories: [r]}\n", "(Line: 3, Col: 25): The job references the repository 'r' which is not defined by the pipeline")]
    [InlineData("stages:\n- stage: A\n  trigger: later\n  jobs: [{job: a}]\n", "(Line: 3, Col: 12): Unexpected value 'later'")]
    [InlineData("pool: {demands: \"$[ eq(1 ]\"}\nsteps: []\n", "(Line: 1, Col: 17): Unclosed function: 'eq'. Located at position 1 within expression: eq(1.")]
    public void What_is_wrong_is_refused_with_its_place(string text, string error)
    {
        var found = Assert.Single(new SchemaReading(text).Errors());

        Assert.StartsWith(error, found, StringComparison.Ordinal);
    }

    private static (string Type, string Name, string? Ref, string? Endpoint) Parts(RepositoryReference one) =>
        (one.Type, one.Name, one.Ref, one.Endpoint);

    private static PipelineJob Job(string text) => new SchemaReading(text).Job();
}
