using Tidepool.Pipelines;

namespace Tidepool.Tests.Pipelines;

public sealed class PipelinePreflightSpecs
{
    [Fact]
    public void Every_step_of_the_expanded_pipeline_is_listed_with_its_place_and_why_it_cannot_run()
    {
        var report = Inspect(
            """
            parameters:
            - {name: list, type: object, default: [1, 2]}
            - name: given
              type: stepList
              default:
              - script: given
            stages:
            - stage: A
              jobs:
              - job: a
                steps:
                - checkout: self
                - script: |

                    echo one
                    echo two
                - bash: echo three
                  displayName: Three
                - task: DotNetCoreCLI@2
                - task: Docker@2
                  displayName: Build the image
                - script: cd x && docker build .
                - bash: echo docker builds nothing
                - script: x
                  enabled: false
                - ${{ if eq(1, 2) }}:
                  - script: in a branch that is not taken
                - ${{ each x in parameters.list }}:
                  - script: round ${{ x }}
                - template: steps.yml
                - ${{ parameters.given }}
              - job: c
                container: ubuntu
                steps:
                - script: in a container
              - job: s
                pool: server
                steps:
                - task: Delay@1
              - deployment: d
                environment: e
                strategy:
                  runOnce:
                    deploy:
                      steps:
                      - script: roll
                    on:
                      failure:
                        steps:
                        - script: back
            """,
            ("steps.yml", "steps:\n- script: from a template\n"));

        const string engine = "needs a Docker engine, which a Fargate task does not have";
        Assert.Equal(
            [
                ("/p.yml", 12, "checkout: self", null),
                ("/p.yml", 13, "script: echo one", null),
                ("/p.yml", 17, "Three", null),
                ("/p.yml", 19, "task: DotNetCoreCLI@2", "task DotNetCoreCLI@2 is not at hand"),
                ("/p.yml", 20, "Build the image", $"Docker@2 {engine}"),
                ("/p.yml", 22, "script: cd x && docker build .", $"docker build {engine}"),
                ("/p.yml", 23, "bash: echo docker builds nothing", null),
                ("/p.yml", 24, "script: x", "it is disabled"),
                ("/p.yml", 29, "script: round 1", null),
                ("/p.yml", 29, "script: round 2", null),
                ("/steps.yml", 2, "script: from a template", null),
                ("/p.yml", 6, "task: CmdLine@2", null),
                ("/p.yml", 35, "script: in a container", "a container job cannot run on Fargate: its tasks have no Docker engine"),
                ("/p.yml", 39, "task: Delay@1", "it stands in a job without an agent, which runs only tasks of the service"),
                ("/p.yml", 46, "script: roll", null),
                ("/p.yml", 50, "script: back", null),
            ],
            report.Steps.Select(s => (s.Position.File, s.Position.Line, s.Text, s.Obstacle)));
        Assert.Equal("10 of 16 steps run here", report.ToString());
    }

    [Theory]
    [InlineData("steps:\n- script: x\n", "1 of 1 steps run here")]
    [InlineData("container: ubuntu\nsteps:\n- script: x\n", "0 of 1 steps run here")]
    [InlineData("extends: {template: t.yml}\n", "0 of 0 steps run here")]
    [InlineData("steps:\n- scirpt: x\n- checkout: self\n- ${{ parameters.s }}\n", "1 of 3 steps run here")]
    [InlineData("nothing: here\n", "0 of 0 steps run here")]
    [InlineData("just text\n", "0 of 0 steps run here")]
    public void A_pipeline_is_counted_even_when_it_is_refused(string text, string counted) =>
        Assert.Equal(counted, Inspect(text).ToString());

    [Theory]
    [InlineData("ubuntu", "target: ubuntu needs a Docker engine, which a Fargate task does not have")]
    [InlineData("{container: ubuntu}", "target: ubuntu needs a Docker engine, which a Fargate task does not have")]
    [InlineData("{container: host, commands: restricted}", null)]
    [InlineData("host", null)]
    public void A_step_in_a_container_does_not_run_and_one_on_the_host_does(string target, string? obstacle) =>
        Assert.Equal(obstacle, Inspect($"steps:\n- script: x\n  target: {target}\n").Steps.Single().Obstacle);

    [Fact]
    public void What_is_not_YAML_cannot_be_counted() =>
        Assert.Throws<PipelineNotValidException>(() => Inspect("steps: [\n"));

    private static PreflightReport Inspect(string text, params (string Path, string Text)[] templates) =>
        PipelinePreflight.Inspect(ExpandedPipeline.Source([("p.yml", text), .. templates]));
}
