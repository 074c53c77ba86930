using Tidepool.Pipelines;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Tests.Pipelines;

public sealed class TemplateSpecs
{
    [Fact]
    public void Templates_stand_in_stages_jobs_steps_and_variables()
    {
        var pipeline = ExpandedPipeline.Of(
            ("p.yml", """
                variables:
                - template: all.yml
                  parameters: {kind: variables}
                stages:
                - template: stages.yml
                - stage: B
                  jobs:
                  - template: jobs.yml
                  - job: b
                    steps:
                    - script: first
                    - template: steps.yml
                      parameters: {text: "${{ variables.color }}"}
                    - script: last
                """),
            ("all.yml", "parameters: {kind: x}\nvariables:\n  color: blue-${{ parameters.kind }}\n"),
            ("stages.yml", "stages:\n- stage: A\n  jobs:\n  - template: jobs.yml\n"),
            ("jobs.yml", "jobs:\n- job: j\n  steps:\n  - template: steps.yml\n    parameters: {text: j}\n"),
            ("steps.yml", "parameters:\n- name: text\n  type: string\nsteps:\n- script: echo ${{ parameters.text }}\n"));

        Assert.Equal(["echo j", "echo j", "first", "echo blue-variables", "last"], pipeline.Scripts);
        Assert.Equal(new() { ["color"] = "blue-variables" }, ExpandedPipeline.Pairs(pipeline["variables"]));
    }

    [Fact]
    public void Paths_are_relative_to_the_file_or_to_the_root_of_its_repository()
    {
        var pipeline = ExpandedPipeline.Of(
            ("ci/p.yml", """
                resources:
                  repositories:
                  - {repository: Shared, type: git, name: team/shared}
                steps:
                - template: a.yml
                - template: ./a.yml
                - template: /ci/a.yml
                - template: \ci\a.yml
                - template: ../root.yml
                - template: ..\root.yml
                - template: a.yml@self
                - template: /ci/a.yml@self
                - template: sub/one.yml@shared
                - template: /sub/one.yml@SHARED
                """),
            ("ci/a.yml", "steps: [{script: a}]\n"),
            ("root.yml", "steps: [{script: root}]\n"),
            ("sub/one.yml@Shared", "steps:\n- template: two.yml\n- template: /sub/two.yml\n- template: two.yml@shared\n- template: /root.yml@self\n"),
            ("sub/two.yml@Shared", "steps: [{script: two}]\n"));

        Assert.Equal(
            ["a", "a", "a", "a", "root", "root", "a", "a", "two", "two", "two", "root", "two", "two", "two", "root"], pipeline.Scripts);
    }

    [Theory]
    [InlineData("none.yml", "/p.yml (Line: 7, Col: 13): File /none.yml not found in repository self.")]
    [InlineData("../none.yml", "/p.yml (Line: 7, Col: 13): File ../none.yml not found in repository self.")]
    [InlineData("x.yml@one", "/p.yml (Line: 7, Col: 13): File /x.yml not found in repository one.")]
    [InlineData("x.yml@nobody", "/p.yml (Line: 7, Col: 13): The template reference 'x.yml@nobody' names the repository 'nobody', which is not defined by the pipeline")]
    [InlineData("", "/p.yml (Line: 7, Col: 12): Unexpected value ''")]
    [InlineData(
        "hop.yml@one",
        "/hop.yml@one (Line: 2, Col: 13): Templates in other repositories may not specify a repository source when referencing another template. "
        + "The template reference 'x.yml@two' is not allowed.")]
    [InlineData("jobs.yml", "/jobs.yml (Line: 1, Col: 1): Unexpected value 'jobs'")]
    [InlineData("wrong.yml", "/wrong.yml (Line: 2, Col: 3): Unexpected value 'scirpt'")]
    [InlineData("list.yml", "/list.yml (Line: 1, Col: 1): A sequence was not expected")]
    [InlineData("open.yml", "/open.yml (Line: 3, Col: 1): While parsing a flow sequence, did not find expected ',' or ']'.")]
    public void What_is_wrong_is_told_where_it_stands(string template, string message)
    {
        var source = ExpandedPipeline.Source(
            ("p.yml", $$"""
                resources:
                  repositories:
                  - {repository: one, type: git, name: one}
                  - {repository: two, type: git, name: two}
                steps:
                - checkout: none
                - template: {{template}}
                """),
            ("hop.yml@one", "steps:\n- template: x.yml@two\n"),
            ("jobs.yml", "jobs: []\n"),
            ("wrong.yml", "steps:\n- scirpt: x\n"),
            ("list.yml", "- a\n"),
            ("open.yml", "steps:\n- [a\n"));

        Assert.Equal(message, Assert.Throws<PipelineNotValidException>(() => PipelineReader.Read(source)).Message);
    }

    [Fact]
    public void A_pipeline_extends_one_whose_parts_it_does_not_have_itself()
    {
        var pipeline = ExpandedPipeline.Of(
            ("p.yml", """
                name: run
                parameters:
                - {name: official, type: boolean, default: true}
                extends:
                  ${{ if parameters.official }}:
                    template: official.yml
                  ${{ else }}:
                    template: none.yml
                  parameters:
                    stages:
                    - stage: Build
                      dependsOn: x
                      jobs:
                      - job: build
                        steps:
                        - script: mine
                variables: {color: blue}
                """),
            ("official.yml", """
                parameters:
                - {name: stages, type: stageList}
                pool: fargate
                stages:
                - ${{ each stage in parameters.stages }}:
                  - stage: ${{ stage.stage }}
                    displayName: ${{ variables.color }} ${{ join(',', stage.dependsOn) }}
                    jobs:
                    - ${{ each job in stage.jobs }}:
                      - job: ${{ job.job }}
                        steps:
                        - script: before
                        - ${{ job.steps }}
                        - script: after
                """));

        Assert.Equal(["before", "mine", "after"], pipeline.Scripts);
        Assert.Equal("blue x", ExpandedPipeline.Text(pipeline.Stages.Single()["displayName"]));
        Assert.Equal("run", ExpandedPipeline.Text(pipeline["name"]));
        Assert.NotNull(pipeline["pool"]);
    }

    [Fact]
    public void Lists_of_steps_jobs_and_stages_are_in_canonical_form_before_a_template_sees_them()
    {
        var pipeline = ExpandedPipeline.Of(
            ("p.yml", """
                extends:
                  template: t.yml
                  parameters:
                    stages:
                    - stage: S
                      variables: {a: 1}
                      jobs:
                      - job: J
                        dependsOn: K
                        pool: P
                        variables: {b: 2}
                        steps:
                        - checkout: self
                          clean: true
                        - pwsh: p
                          errorActionPreference: stop
                          name: n
                        - template: more.yml
                        - publish: out
                          artifact: a
                      - deployment: D
                        environment: web.vm1
                        strategy: {runOnce: {deploy: {steps: [{bash: b}]}}}
                """),
            ("more.yml", "steps:\n- script: more\n"),
            ("t.yml", "parameters:\n- {name: stages, type: stageList}\nname: ${{ convertToJson(parameters.stages) }}\nsteps: []\n"));

        Assert.Equal(
            """
            [
              {
                "stage": "S",
                "variables": [
                  {
                    "name": "a",
                    "value": "1"
                  }
                ],
                "jobs": [
                  {
                    "job": "J",
                    "dependsOn": [
                      "K"
                    ],
                    "pool": {
                      "name": "P"
                    },
                    "variables": [
                      {
                        "name": "b",
                        "value": "2"
                      }
                    ],
                    "steps": [
                      {
                        "task": "6d15af64-176c-496d-b583-fd2ae21d4df4@1",
                        "inputs": {
                          "repository": "self",
                          "clean": "true"
                        }
                      },
                      {
                        "task": "PowerShell@2",
                        "name": "n",
                        "inputs": {
                          "targetType": "inline",
                          "script": "p",
                          "pwsh": "true",
                          "errorActionPreference": "stop"
                        }
                      },
                      {
                        "task": "CmdLine@2",
                        "inputs": {
                          "script": "more"
                        }
                      },
                      {
                        "task": "PublishPipelineArtifact@1",
                        "inputs": {
                          "path": "out",
                          "artifactName": "a"
                        }
                      }
                    ]
                  },
                  {
                    "deployment": "D",
                    "environment": {
                      "name": "web",
                      "resourceName": "vm1"
                    },
                    "strategy": {
                      "runOnce": {
                        "deploy": {
                          "steps": [
                            {
                              "task": "Bash@3",
                              "inputs": {
                                "targetType": "inline",
                                "script": "b"
                              }
                            }
                          ]
                        }
                      }
                    }
                  }
                ]
              }
            ]
            """,
            ExpandedPipeline.Text(pipeline["name"]));
    }

    [Theory]
    [InlineData("string", "[a]", "A sequence was not expected")]
    [InlineData("number", "x", "The 'p' parameter value 'x' is not a valid Number.")]
    [InlineData("boolean", "yes", "The 'p' parameter value 'yes' is not a valid Boolean.")]
    [InlineData("stepList", "{script: x}", "A mapping was not expected")]
    [InlineData("step", "[{script: x}]", "A sequence was not expected")]
    [InlineData("jobList", "x", "Unexpected value 'x'")]
    [InlineData("stringList", "{a: b}", "A mapping was not expected")]
    public void A_value_of_another_shape_is_refused_where_it_is_given(string type, string value, string message)
    {
        var source = ExpandedPipeline.Source(
            ("p.yml", $"steps:\n- template: t.yml\n  parameters:\n    p: {value}\n"),
            ("t.yml", $"parameters:\n- name: p\n  type: {type}\nsteps: []\n"));

        Assert.Equal($"/p.yml (Line: 4, Col: 8): {message}", Assert.Throws<PipelineNotValidException>(() => PipelineReader.Read(source)).Message);
    }

    [Theory]
    [InlineData("object", "{a: true, b: 1.50, c: , d: 'true'}", """{"a": true,"b": 1.5,"c": "","d": "true"}""")]
    [InlineData("legacyObject", "{a: true, b: 1.50}", """{"a": "true","b": "1.50"}""")]
    [InlineData("stringList", "[a, 1]", """["a","1"]""")]
    [InlineData("stepList", "", "[]")]
    [InlineData("container", "{container: c, image: i}", """{"container": "c","image": "i"}""")]
    [InlineData("environment", "e", "\"e\"")]
    public void Expressions_see_of_a_value_what_its_type_says(string type, string value, string json)
    {
        var pipeline = ExpandedPipeline.Of(("p.yml", $"parameters:\n- name: p\n  type: {type}\n  default: {value}\nname: ${{{{ convertToJson(parameters.p) }}}}\nsteps: []\n"));

        var lines = ExpandedPipeline.Text(pipeline["name"]).Split('\n').Select(line => line.Trim());
        Assert.Equal(json, string.Concat(lines));
    }

    [Fact]
    public void Variables_are_seen_by_what_follows_in_their_scope()
    {
        var pipeline = ExpandedPipeline.Of(
            ("p.yml", """
                name: ${{ variables.late }}
                stages:
                - stage: A
                  variables:
                  - ${{ if eq(variables.late, 'yes') }}:
                    - {name: own, value: a}
                  - ${{ each n in split('0,1', ',') }}:
                    - name: v${{ n }}
                      value: ${{ variables.own }}${{ n }}
                  - {name: all, value: "${{ variables.v0 }}${{ variables.v1 }}${{ variables.none }}"}
                  jobs:
                  - job: a
                    steps:
                    - script: ${{ variables.all }}${{ variables.own }}${{ variables.job }}
                    variables: {job: j, own: b}
                - stage: B
                  jobs:
                  - job: b
                    steps:
                    - script: none${{ variables.own }}
                variables: {late: 'yes'}
                """));

        Assert.Equal(["a0a1bj", "none"], pipeline.Scripts);
        Assert.Equal("yes", ExpandedPipeline.Text(pipeline["name"]));
        Assert.Equal(["name", "stages", "variables"], ((MappingNode)YamlReader.Read("", pipeline.Yaml, new PipelineErrors())!).Entries.Select(e => e.Key.Value));
    }

    [Theory]
    [InlineData("trigger: [\"${{ 'a' }}\"]\nsteps: []\n", "(Line: 1, Col: 11): A template expression is not allowed in this context")]
    [InlineData("pr: {branches: {include: [\"${{ 'a' }}\"]}}\nsteps: []\n", "(Line: 1, Col: 27): A template expression is not allowed in this context")]
    [InlineData("schedules:\n- ${{ if true }}:\n  - cron: x\nsteps: []\n", "(Line: 2, Col: 3): A template expression is not allowed in this context")]
    [InlineData(
        "resources:\n  repositories:\n  - {repository: r, type: git, name: \"${{ 'a' }}\"}\nsteps: []\n",
        "(Line: 3, Col: 38): A template expression is not allowed in this context")]
    [InlineData("steps:\n- ${{ each x in 'abc' }}:\n  - script: x\n", "(Line: 2, Col: 3): Expected a sequence or mapping. Actual value 'abc'")]
    [InlineData("steps:\n- ${{ each x }}:\n  - script: x\n", "(Line: 2, Col: 3): Exactly 3 parameter(s) were expected following the directive 'each'. Actual parameter count: 1")]
    [InlineData("steps:\n- ${{ if }}:\n  - script: x\n", "(Line: 2, Col: 3): Exactly 1 parameter(s) were expected following the directive 'if'. Actual parameter count: 0")]
    [InlineData("steps:\n- ${{ if false }}:\n  - script: x\n- ${{ else x }}:\n  - script: x\n", "(Line: 4, Col: 3): Exactly 0 parameter(s) were expected following the directive 'else'. Actual parameter count: 1")]
    [InlineData("steps:\n- ${{ elseif true }}:\n  - script: x\n", "(Line: 2, Col: 3): Unexpected value '${{ elseif true }}'")]
    [InlineData("steps:\n- ${{ if true }}:\n  - script: x\n- script: y\n- ${{ else }}:\n  - script: z\n", "(Line: 5, Col: 3): Unexpected value '${{ else }}'")]
    [InlineData("variables:\n  ${{ insert }}: text\nsteps: []\n", "(Line: 2, Col: 18): Expected a mapping")]
    [InlineData("steps:\n- script: ${{ }}\n", "(Line: 2, Col: 11): An expression was expected")]
    [InlineData("steps:\n- script: ${{ nothing }}\n", "(Line: 2, Col: 11): Unrecognized named-value: 'nothing'. Located at position 1 within expression: nothing.")]
    [InlineData("steps:\n- script: ${{ nothing() }}\n", "(Line: 2, Col: 11): Unrecognized function: 'nothing'. Located at position 1 within expression: nothing().")]
    [InlineData("steps:\n- ${{ if false }}:\n  - script: ${{ eq(1 }}\n", "(Line: 3, Col: 13): Unclosed function: 'eq'. Located at position 1 within expression: eq(1.")]
    public void Wrong_directives_and_expressions_are_refused(string text, string message) =>
        Assert.Equal($"/p.yml {message}", Assert.Throws<PipelineNotValidException>(() => PipelineReader.Read(ExpandedPipeline.Source(("p.yml", text)))).Message);

    [Fact]
    public void What_is_in_a_branch_that_is_not_taken_is_not_evaluated()
    {
        var pipeline = ExpandedPipeline.Of(
            ("p.yml", """
                parameters:
                - {name: empty, type: object, default: }
                steps:
                - ${{ if false }}:
                  - script: ${{ parameters.none }}
                  - ${{ else }}:
                    - template: none.yml
                - ${{ elseif eq(1, '1') }}:
                  - ${{ each x in parameters.empty }}:
                    - script: ${{ nothing }}
                  - ${{ each pair in parameters }}:
                    - script: ${{ pair.key }}
                - ${{ elseif gt('a', 1) }}:
                  - script: c
                - script: end
                  env:
                    ${{ if false }}: {A: 1}
                    ${{ elseif false }}: {A: 2}
                    ${{ else }}: {A: 3}
                    ${{ each n in split('x,y', ',') }}:
                      N_${{ n }}: ${{ n }}
                """));

        Assert.Equal(["empty", "end"], pipeline.Scripts);
        Assert.Equal(new() { ["A"] = "3", ["N_x"] = "x", ["N_y"] = "y" }, ExpandedPipeline.Pairs(pipeline.Steps.Last()["env"]));
    }

    [Fact]
    public void What_a_run_gives_is_never_an_expression()
    {
        var source = ExpandedPipeline.Source(
            ("p.yml", "parameters:\n- {name: t}\n- {name: s, type: stepList}\nsteps:\n- script: ${{ parameters.t }}\n- ${{ parameters.s }}\n")) with
        {
            Parameters = new Dictionary<string, string> { ["t"] = "${{ variables.x }}", ["s"] = "- script: ${{ variables.x }}\n" },
        };

        Assert.Equal(["${{ variables.x }}", "${{ variables.x }}"], ExpandedPipeline.Of(source).Scripts);
    }
}
