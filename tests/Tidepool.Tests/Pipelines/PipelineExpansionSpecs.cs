using Tidepool.Pipelines;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Tests.Pipelines;

public sealed class PipelineExpansionSpecs
{
    private const string Rich =
        """
        name: run-$(Rev:r)
        trigger: none
        parameters:
        - name: given
          type: stepList
          default:
          - bash: given
        pool: {name: fargate, demands: [a, b -equals c]}
        variables:
        - {name: plain, value: x}
        - {name: number, value: 1.0}
        - {name: empty, value: ''}
        - {name: odd, value: " leading: #and 'quotes' \"both\" \\ "}
        - group: secrets
        stages:
        - stage: A
          jobs:
          - job: a
            dependsOn: []
            steps:
            - script: |
                one
                  two

                three
              displayName: 'Say: it'
              env: {K: 'true', L: "a\tb", "odd key:": v, M: '- x'}
            - checkout: self
              fetchDepth: 1
            - pwsh: "p\n\n"
            - bash: "  indented\nlines"
            - script: ${{ 'echo ${{ x }}' }}
            - ${{ parameters.given }}
            - template: t.yml
            - download: current
              artifact: d
            - publish: out
          - job: m
            strategy: {matrix: {x: {y: z}}, maxParallel: 2}
            steps: [{script: "é ☃ 😀"}]
          - deployment: d
            environment: web
            strategy: {runOnce: {deploy: {steps: [{script: roll}]}}}
        - stage: B
          dependsOn: A
          condition: and(succeeded(), eq(1, 1))
          jobs:
          - job:
            steps:
            - task: PublishPipelineArtifact@1
              inputs: {path: x}
        """;

    public static TheoryData<string> Pipelines =>
    [
        Rich,
        "steps:\n- script: x\n- bash: y\n",
        "strategy: {parallel: 2}\npool: p\nworkspace: {clean: all}\ntimeoutInMinutes: 5\nvariables: {a: b}\nsteps:\n- script: x\n",
        "jobs:\n- job:\n  steps:\n  - script: x\n- job: b\n  variables: {a: 'null', b: '~', c: 'yes', d: '2024-01-01'}\n  steps:\n  - checkout: none\n",
        "pool: server\njobs:\n- job: a\n",
    ];

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void An_expansion_is_read_as_the_same_pipeline_and_expands_to_itself(string text)
    {
        var source = ExpandedPipeline.Source(("p.yml", text), ("t.yml", "steps:\n- script: from a template\n"));

        var once = PipelineExpansion.Of(source);
        var again = ExpandedPipeline.Source(("p.yml", once.YamlWithOrigins));

        Assert.Equal(once.Yaml, PipelineExpansion.Of(again).Yaml);
        Assert.Equal(Graph(source), Graph(again));
    }

    [Fact]
    public void A_pipeline_is_printed_as_the_services_preview_prints_it()
    {
        var expansion = PipelineExpansion.Of(ExpandedPipeline.Source(
            ("ci/p.yml", """
                parameters:
                - name: given
                  type: stepList
                  default: []
                steps:
                - script: echo hi
                  displayName: Say
                - template: t.yml
                  parameters:
                    list:
                    - bash: |
                        one
                        two
                """),
            ("ci/t.yml", "parameters:\n- {name: list, type: stepList}\nsteps:\n- ${{ parameters.list }}\n- template: /u.yml\n"),
            ("u.yml", "steps:\n- task: Own@1\n")));

        Assert.Equal(
            """
            stages:
            - stage: __default
              jobs:
              - job: Job
                steps:
                # ci/p.yml:6
                - task: CmdLine@2
                  displayName: Say
                  inputs:
                    script: echo hi
                # ci/t.yml:4, via ci/p.yml:8, value from ci/p.yml:11
                - task: Bash@3
                  inputs:
                    targetType: inline
                    script: |-
                      one
                      two
                # u.yml:2, via ci/t.yml:5, via ci/p.yml:8
                - task: Own@1

            """,
            expansion.YamlWithOrigins);
        Assert.Equal(string.Join('\n', expansion.YamlWithOrigins.Split('\n').Where(l => !l.TrimStart().StartsWith('#'))), expansion.Yaml);
        Assert.Equal(
            [("__default", "Job", "CmdLine@2", 6, 0), ("__default", "Job", "Bash@3", 4, 1), ("__default", "Job", "Own@1", 2, 2)],
            expansion.Steps.Select(s => (s.Stage, s.Job, s.Task, s.Position.Line, s.Via.Count)));
        Assert.Equal(11, expansion.Steps[1].Value!.Value.Line);
    }

    [Fact]
    public void What_only_Fargate_cannot_do_is_no_error_of_the_pipeline()
    {
        var expansion = PipelineExpansion.Of(ExpandedPipeline.Source(("p.yml", "container: ubuntu\nvariables:\n- group: g\nsteps:\n- script: x\n")));

        Assert.StartsWith("/p.yml (Line: 1, Col: 1): 'container' needs a Docker engine", Assert.Single(expansion.NotHere).ToString(), StringComparison.Ordinal);
        Assert.Contains("container: ubuntu", expansion.Yaml, StringComparison.Ordinal);
    }

    /// <summary>The graph without places.</summary>
    private static string Graph(PipelineSource source)
    {
        var pipeline = PipelineReader.Read(source with { Groups = new Dictionary<string, IReadOnlyList<GroupVariable>> { ["secrets"] = [] } });
        var lines = new List<string> { pipeline.RunName };
        lines.AddRange(pipeline.Variables.Select(v => $"{v.Name}={v.Value}"));
        foreach (var stage in pipeline.Stages)
        {
            lines.Add($"{stage.Name} {stage.DisplayName} {string.Join(',', stage.DependsOn)} {stage.Condition}");
            foreach (var job in stage.Jobs)
            {
                lines.Add($"{job.Name} {job.DisplayName} {job.Pool?.Name} {string.Join(',', job.Pool?.Demands ?? [])} {job.Strategy is not null} {job.Deployment is not null} {job.WorkspaceClean} {job.TimeoutInMinutes}");
                lines.AddRange(job.Variables.Select(v => $"{v.Name}={v.Value}"));
                lines.AddRange(job.Steps.Select(s => $"{s.TaskName} {s.Name} {s.DisplayName} {Pairs(s.Inputs)} {Pairs(s.Environment)}"));
            }
        }
        return string.Join('\n', lines);
    }

    private static string Pairs(IReadOnlyDictionary<string, string> pairs) => string.Join('|', pairs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"));
}
