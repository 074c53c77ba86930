using Tidepool.Pipelines;

namespace Tidepool.Tests.Pipelines;

public sealed class PipelinePreflightSpecs
{
    [Fact]
    public void Every_step_is_listed_with_its_place_and_why_it_cannot_run()
    {
        var report = Inspect(
            """
            resources: {repositories: []}
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
                  target: host
                - script: x
                  enabled: false
                - publish: out
                - ${{ if eq(1, 1) }}:
                  - script: inside
                  - ${{ each x in y }}:
                    - script: deeper
                - template: steps.yml
              - job: c
                container: ubuntu
                steps:
                - script: in a container
              - ${{ if true }}:
                - job: m
                  strategy: {parallel: 2}
                  steps:
                  - script: twice
              - deployment: d
                strategy:
                  runOnce:
                    deploy:
                      steps:
                      - script: roll
                    on:
                      failure:
                        steps:
                        - script: back
            - template: more-stages.yml
            """);

        const string engine = "needs a Docker engine, which a Fargate task does not have";
        const string inIf = "it stands inside ${{ if eq(1, 1) }}, which is not supported yet";
        Assert.Equal(
            [
                (7, "checkout: self", null),
                (8, "script: echo one", null),
                (12, "Three", null),
                (14, "task: DotNetCoreCLI@2", null),
                (15, "Build the image", $"Docker@2 {engine}"),
                (17, "script: cd x && docker build .", $"docker build {engine}"),
                (18, "bash: echo docker builds nothing", null),
                (19, "script: x", null),
                (21, "script: x", "it is disabled"),
                (23, "publish: out", null),
                (25, "script: inside", inIf),
                (27, "script: deeper", inIf),
                (28, "template: steps.yml", "template is not supported yet"),
                (32, "script: in a container", "a container job cannot run on Fargate: its tasks have no Docker engine"),
                (37, "script: twice", "it stands inside ${{ if true }}, which is not supported yet"),
                (43, "script: roll", null),
                (47, "script: back", null),
                (48, "template: more-stages.yml", "template is not supported yet"),
            ],
            report.Steps.Select(s => (s.Position.Line, s.Text, s.Obstacle)));
        Assert.Equal("9 of 18 steps run here", report.ToString());
        Assert.Contains("Job d: Environment is required.", report.Errors.Select(e => e.Text));
    }

    [Theory]
    [InlineData("steps:\n- script: x\n", "1 of 1 steps run here", 0)]
    [InlineData("container: ubuntu\nsteps:\n- script: x\n", "0 of 1 steps run here", 1)]
    [InlineData("pool: server\nsteps:\n- script: x\n", "0 of 1 steps run here", 1)]
    [InlineData("jobs:\n- job: a\n  strategy: {matrix: {a: {}}}\n  steps:\n  - script: x\n", "1 of 1 steps run here", 0)]
    [InlineData("extends: {template: t.yml}\n", "0 of 1 steps run here", 1)]
    [InlineData("steps:\n- scirpt: x\n- checkout: self\n  submodules: true\n- ${{ parameters.s }}\n", "1 of 3 steps run here", 2)]
    [InlineData("nothing: here\n", "0 of 0 steps run here", 2)]
    [InlineData("just text\n", "0 of 0 steps run here", 1)]
    public void A_file_is_counted_even_when_it_is_refused(string text, string counted, int errors)
    {
        var report = Inspect(text);

        Assert.Equal(counted, report.ToString());
        Assert.Equal(errors, report.Errors.Count);
    }

    [Fact]
    public void What_is_not_YAML_cannot_be_counted() =>
        Assert.Throws<PipelineNotValidException>(() => Inspect("steps: [\n"));

    private static PreflightReport Inspect(string text) =>
        PipelinePreflight.Inspect("/p.yml", text, new Dictionary<string, string>(), new Dictionary<string, string>());
}
