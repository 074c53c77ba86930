using Tidepool.Pipelines;
using Tidepool.Pipelines.Lint;

namespace Tidepool.Tests.Pipelines;

public sealed class LintSpecs
{
    private const string FileName = "/azure-pipelines.yml";

    /// <summary>A rule, a file that it catches with the line and column, and the same mended.</summary>
    public static TheoryData<string, string, string, string> Traps => new()
    {
        {
            "LINT001", "3:15",
            "parameters: [{name: dry, type: boolean, default: false}]\nsteps:\n- script: ${{ eq(parameters.dry, 'false') }}\n",
            "parameters: [{name: dry, type: boolean, default: false}]\nsteps:\n- script: ${{ eq(parameters.dry, false) }}\n"
        },
        {
            "LINT001", "2:24",
            "jobs:\n- {job: a, condition: \"and(eq(true, variables['deploy']), true)\", variables: {deploy: 'x'}}\n",
            "jobs:\n- {job: a, condition: \"and(eq(variables['deploy'], 'true'), true)\", variables: {deploy: 'x'}}\n"
        },
        {
            "LINT001", "4:14",
            "variables: {deploy: 'false'}\njobs:\n- job: a\n  condition: and(succeeded(), variables.deploy)\n",
            "variables: {deploy: 'false'}\njobs:\n- job: a\n  condition: and(succeeded(), eq(variables.deploy, 'true'))\n"
        },
        {
            "LINT001", "4:14",
            "parameters: [{name: dry, type: boolean, default: false}]\njobs:\n- job: a\n  condition: eq(${{ parameters.dry }}, 'false')\n",
            "parameters: [{name: dry, type: boolean, default: false}]\njobs:\n- job: a\n  condition: eq('${{ parameters.dry }}', 'false')\n"
        },
        {
            "LINT001", "5:11",
            "parameters: [{name: dry, type: boolean, default: false}]\nsteps:\n- bash: |\n    set -e\n    if [ \"${{ parameters.dry }}\" = \"true\" ]; then echo; fi\n",
            "parameters: [{name: dry, type: boolean, default: false}]\nsteps:\n- bash: |\n    set -e\n    if [ \"${{ parameters.dry }}\" = \"True\" ]; then echo; fi\n"
        },
        { "LINT002", "2:16", "steps:\n- script: make $(buildConfig)\n", "variables: {buildConfig: x}\nsteps:\n- script: make $(buildConfig)\n" },
        { "LINT002", "3:12", "steps:\n- script: x\n  env: {a: $(Build.SourceBranchNam)}\n", "steps:\n- script: x\n  env: {a: $(Build.SourceBranchName)}\n" },
        {
            "LINT002", "3:9",
            "steps:\n- bash: echo \"##vso[task.setvariable variable=other]x\"\n- bash: $(myTool) $(date)\n",
            "steps:\n- bash: echo \"##vso[task.setvariable variable=myTool]x\"\n- bash: $(myTool) $(date)\n"
        },
        { "LINT002", "3:16", "jobs:\n- job: a\n  pool: {name: $(where)}\n", "jobs:\n- job: a\n  variables: {where: p}\n  pool: {name: $(where)}\n" },
        {
            "LINT003", "8:31",
            "stages:\n- {stage: A, jobs: [{job: a, steps: [{bash: x, name: s}]}]}\n- stage: B\n  dependsOn: []\n  jobs:\n  - job: b\n    variables:\n      v: $[ stageDependencies.A.a.outputs['s.v'] ]\n",
            "stages:\n- {stage: A, jobs: [{job: a, steps: [{bash: x, name: s}]}]}\n- stage: B\n  dependsOn: A\n  jobs:\n  - job: b\n    variables:\n      v: $[ stageDependencies.A.a.outputs['s.v'] ]\n"
        },
        {
            "LINT003", "4:30",
            "jobs:\n- job: a\n- job: b\n  condition: eq(dependencies.a.result, 'Succeeded')\n",
            "jobs:\n- job: a\n- job: b\n  dependsOn: a\n  condition: eq(dependencies.a.result, 'Succeeded')\n"
        },
        {
            "LINT003", "4:25",
            "jobs:\n- job: a\n- job: b\n  condition: succeeded('a')\n",
            "jobs:\n- job: a\n- job: b\n  dependsOn: a\n  condition: succeeded('a')\n"
        },
        { "LINT004", "6:46", Output("dependencies.a.outputs['v']"), Output("dependencies.a.outputs['s.v']") },
        { "LINT004", "6:46", Output("dependencies.a.outputs['t.v']"), Output("dependencies.a.outputs['s.v']") },
        { "LINT004", "6:46", Output("dependencies.a.outputs['Bash.v']"), Output("dependencies.a.outputs['s.v']") },
        { "LINT004", "6:46", Output("dependencies.a.outputs['s.w']"), Output("dependencies.a.outputs['s.v']") },
        { "LINT005", "1:19", "variables: {a: '1-$[ variables.b ]'}\nsteps: []\n", "variables: {a: \"$[ format('1-{0}', variables.b) ]\"}\nsteps: []\n" },
        {
            "LINT005", "3:13",
            "steps:\n- bash: echo $[1+1]\n  env: {a: \"$[ eq(1, 1) ]\"}\n",
            "variables: {b: \"$[ eq(1, 1) ]\"}\nsteps:\n- bash: echo $[1+1]\n  env: {a: $(b)}\n"
        },
        { "LINT006", "3:5", "steps:\n- bash: |\n    docker build .\n", "steps:\n- bash: |\n    echo docker build\n" },
        { "LINT006", "2:9", "steps:\n- task: DockerCompose@0\n", "steps:\n- task: Npm@1\n" },
        { "LINT006", "1:1", "container: ubuntu\nsteps: []\n", "pool: {vmImage: ubuntu}\nsteps: [{bash: docker build .}]\n" },
        { "LINT007", "7:45", Shared("pool: p", "deploy /shared-storage/x"), Shared("pool: {name: p, demands: FARGATE_TASK -equals t}", "deploy /shared-storage/x") },
        { "LINT007", "7:69", Shared("pool: {name: p, demands: FARGATE_TASK}", "deploy $SHARED/x"), Shared("pool: p", "deploy /other/x") },
        { "LINT007", "10:18", OutputPath("'##vso[task.setvariable variable=dir;isOutput=true]/shared-storage/x'"), OutputPath("'##vso[task.setvariable variable=dir;isOutput=true]/tmp/x'") },
        { "LINT007", "11:18", OutputPath("1; dir=/shared-storage/$(Build.BuildId)\n    echo \"##vso[task.setvariable isOutput=true;variable=dir]${dir}/x\""), OutputPath("1; dir=/tmp\n    echo \"##vso[task.setvariable isOutput=true;variable=dir]${dir}/x\"") },
        {
            "LINT008", "5:28",
            "jobs:\n- deployment: d\n  environment: e\n  strategy: {runOnce: {deploy: {steps: [{bash: x}]}}}\n  pool: {name: p, demands: FARGATE_TASK -equals t}\n",
            "jobs:\n- job: d\n  steps: [{bash: x}]\n  pool: {name: p, demands: FARGATE_TASK -equals t}\n"
        },
        {
            "LINT009", "3:21",
            "steps:\n- bash: x\n  workingDirectory: /shared-storage/site\n",
            "steps:\n- bash: x\n  workingDirectory: /shared-storage/$(Build.BuildId)\n"
        },
        { "LINT009", "1:23", "variables: {AZP_WORK: /shared-storage/work}\nsteps: []\n", "variables: {AZP_WORK: /azp/_work}\nsteps: []\n" },
        {
            "LINT010", "2:9",
            "steps:\n- bash: tar -czf /shared-storage/x.tgz .\n",
            "steps:\n- bash: tar -czf /shared-storage/.x.tgz . && mv /shared-storage/.x.tgz /shared-storage/x.tgz\n"
        },
        {
            "LINT010", "4:5",
            "variables: {out: /shared-storage}\nsteps:\n- bash: |\n    cp -R site \"$(out)/site\"\n",
            "variables: {out: /shared-storage}\nsteps:\n- bash: |\n    cp -R \"$(out)/site\" site\n"
        },
        { "LINT010", "2:9", "steps:\n- bash: mv /tmp/x /shared-storage/x\n", "steps:\n- bash: mv /shared-storage/.x /shared-storage/x\n" },
        { "LINT010", "2:16", "steps:\n- bash: echo 1 > /shared-storage/done\n", "steps:\n- bash: echo 1 >> /shared-storage/log; touch /shared-storage/done\n" },
        { "LINT000", "1:1", "stepz: []\nsteps: []\n", "steps: []\n" },
    };

    [Theory]
    [MemberData(nameof(Traps))]
    public void A_trap_is_found_at_its_place_and_gone_when_it_is_mended(string rule, string place, string trap, string mended)
    {
        var finding = Assert.Single(Inspect(trap).Findings);

        Assert.Equal((rule, place), (finding.Rule.Id, $"{finding.Position!.Value.Line}:{finding.Position.Value.Column}"));
        Assert.NotEqual("", finding.What);
        Assert.Empty(Inspect(mended).Findings);
    }

    [Theory]
    [InlineData("variables:\n- group: unknown\nsteps:\n- script: $(any.thing)\n")]
    [InlineData("jobs:\n- job: a\n  strategy: {matrix: {x: {leg: 1}}}\n  displayName: $(leg)\n")]
    [InlineData("jobs:\n- job: a\n  strategy: {matrix: \"$[ variables.m ]\"}\n  displayName: $(leg)\n")]
    [InlineData("steps:\n- task: GitVersion@5\n- script: echo $(GitVersion.SemVer)\n")]
    [InlineData("steps:\n- bash: tools/set.sh\n- script: echo $(fromFile)\n")]
    [InlineData("steps:\n- bash: echo '##vso[task.setvariable variable=v;isOutput=true]1'\n  name: s\n- script: echo $(s.v)\n")]
    [InlineData("steps:\n- bash: echo $(FARGATE_TASK) $(PATH) $(Environment.Name) $(resources.pipeline.x.runID)\n")]
    [InlineData("parameters: [{name: b, type: boolean, default: true}]\nsteps:\n- ${{ if eq(parameters.b, 'true') }}:\n  - script: x\n")]
    [InlineData("parameters: [{name: s, type: string, default: x}]\nsteps:\n- ${{ if parameters.s }}:\n  - script: x\n")]
    [InlineData("variables: {f: 'false'}\njobs:\n- job: a\n  condition: and(succeeded(), eq(variables.f, true))\n")]
    public void What_may_well_be_right_is_left_alone(string text) => Assert.Empty(Directives(Inspect(text)));

    [Fact]
    public void Our_own_pipelines_have_no_traps()
    {
        var files = Directory.GetFiles(Path.Combine(Clone.Root, "pipelines"), "*.yml");

        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            var source = new PipelineSource { File = $"/pipelines/{Path.GetFileName(file)}", Files = new Folder(Clone.Root) };
            Assert.Empty(PipelineLint.Inspect(source, new LintOptions()).Findings);
        });
    }

    [Theory]
    [InlineData("steps:\n- script: $(noSuch) # tidepool-lint: disable=LINT002\n")]
    [InlineData("steps:\n# Set by the agent. tidepool-lint: disable=LINT002\n- script: $(noSuch)\n")]
    [InlineData("steps:\n# tidepool-lint: disable=LINT001, lint002\n- script: $(noSuch)\n")]
    public void A_comment_on_or_above_the_line_disables_a_rule(string text)
    {
        Assert.Empty(Inspect(text).Findings);
        Assert.Single(Inspect(text.Replace("disable", "enable", StringComparison.Ordinal)).Findings);
    }

    [Fact]
    public void A_disabled_rule_does_not_hide_another_one() =>
        Assert.Single(Inspect("steps:\n# tidepool-lint: disable=LINT001\n- script: $(noSuch)\n").Findings);

    [Fact]
    public void Another_shared_path_can_be_named_or_none()
    {
        const string text = "steps:\n- bash: cp x /mnt/x; cp x /shared-storage/x\n";

        Assert.Contains("/mnt/x", Assert.Single(Inspect(text, new LintOptions { SharedPath = "/mnt/" }).Findings).What, StringComparison.Ordinal);
        Assert.Empty(Inspect(text, new LintOptions { SharedPath = null }).Findings);
    }

    [Fact]
    public void The_nearest_name_is_proposed() =>
        Assert.Equal("Did you mean $(Build.SourceBranchName)?", Inspect("steps:\n- script: $(Build.SourceBranchNme)\n").Findings.Single().Mend);

    [Fact]
    public void Every_rule_is_documented_and_tried()
    {
        var page = File.ReadAllText(Path.Combine(Clone.Root, "docs", "lint.md"));

        Assert.All(LintRule.All, rule => Assert.Contains($"| {rule.Id} |", page, StringComparison.Ordinal));
        Assert.Equal(LintRule.All.Select(r => r.Id), Traps.Select(t => t.Data.Item1).Distinct().Order(StringComparer.Ordinal));
    }

    private static string Output(string expression) =>
        "jobs:\n- job: a\n  steps: [{bash: \"echo '##vso[task.setvariable variable=v;isOutput=true]1##vso[task.setvariable variable=w]1'\", "
        + "name: s}, {bash: x}]\n"
        + $"- job: b\n  dependsOn: a\n  variables: {{v: \"$[ {expression} ]\"}}\n";

    /// <summary>A job that reads, from an output of the job before it, the folder that it lists.</summary>
    private static string OutputPath(string echoed) =>
        $"jobs:\n- job: a\n  steps:\n  - bash: |\n      ls /shared-storage/x; echo {echoed.Replace("\n    ", "\n      ", StringComparison.Ordinal)}\n    name: s\n"
        + "- job: b\n  dependsOn: a\n  variables: {dir: \"$[ dependencies.a.outputs['s.dir'] ]\"}\n  steps: [{bash: ls $(dir)}]\n";

    private static string Shared(string pool, string script) =>
        "variables: {shared: /shared-storage}\nstages:\n- stage: A\n  jobs: [{job: a, steps: [{bash: ls $(shared)}]}]\n- stage: B\n  jobs:\n"
        + $"  - {{job: b, {pool}, steps: [{{bash: {script}}}]}}\n";

    /// <summary>Findings but for what is not there yet.</summary>
    private static List<LintFinding> Directives(LintReport report) =>
        [.. report.Findings.Where(f => !f.What.EndsWith("is not supported yet", StringComparison.Ordinal))];

    private static LintReport Inspect(string text, LintOptions? options = null) =>
        PipelineLint.Inspect(new PipelineSource { File = FileName, Files = new Texts(text) }, options ?? new LintOptions());

    private sealed class Texts(string text) : IPipelineFiles
    {
        public string? Read(string repository, string path) => path switch
        {
            FileName => text,
            "/tools/set.sh" => "echo \"##vso[task.setvariable variable=fromFile]1\"",
            _ => null,
        };
    }

    private sealed class Folder(string root) : IPipelineFiles
    {
        public string? Read(string repository, string path) =>
            File.Exists(root + path) ? File.ReadAllText(root + path) : null;
    }
}
