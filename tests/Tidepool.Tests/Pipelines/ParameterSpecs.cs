using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class ParameterSpecs
{
    private const string File =
        """
        parameters:
        - name: target
          displayName: Where to deploy
          default: other
          values: [same, other]
        - name: count
          type: number
          default: 2
        - name: loud
          type: boolean
          default: false
        - name: tool
          type: object
          default: {name: npm, versions: [1, 2]}
        variables:
          first: ${{ parameters.target }}
          second: ${{ upper(variables.first) }}-${{ variables.later }}
          later: x
        jobs:
        - job: on_${{ parameters.target }}
          condition: eq('${{ parameters.loud }}', 'False')
          pool:
            name: pool-${{ parameters.count }}
            demands:
            - ${{ parameters.tool.name }}
            - branch -equals ${{ variables['Build.SourceBranch'] }}
          variables:
            own: $[eq(variables.first, '${{ parameters.target }}')]
            ${{ parameters.tool.name }}: ${{ convertToJson(parameters.tool.versions) }}
          steps:
          - checkout: none
          - script: echo ${{ variables.own }} ${{ parameters.loud }} ${{ length(parameters.tool.versions) }}
        """;

    [Fact]
    public void An_expression_may_stand_wherever_a_scalar_may()
    {
        var pipeline = Read(File, []);

        var job = pipeline.Stages[0].Jobs[0];
        Assert.Equal([("first", "other"), ("second", "OTHER-"), ("later", "x")], pipeline.Variables.Select(v => (v.Name, v.Value)));
        Assert.Equal(("on_other", "eq('False', 'False')", "pool-2"), (job.Name, job.Condition, job.Pool!.Name));
        Assert.Equal(["npm", "branch -equals refs/heads/main"], job.Pool.Demands);
        Assert.Equal(
            [("own", "$[eq(variables.first, 'other')]"), ("npm", "[\n  1,\n  2\n]")], job.Variables.Select(v => (v.Name, v.Value)));
        Assert.Equal("echo $[eq(variables.first, 'other')] False 2", job.Steps[0].Inputs["script"]);
    }

    [Fact]
    public void A_run_gives_parameters_by_name_ignoring_case()
    {
        var pipeline = Read(
            File, [("TARGET", "same"), ("count", "3.50"), ("loud", "TRUE"), ("tool", """{"name": "go", "versions": []}""")]);

        var job = pipeline.Stages[0].Jobs[0];
        Assert.Equal(("on_same", "eq('True', 'False')", "pool-3.5"), (job.Name, job.Condition, job.Pool!.Name));
        Assert.Equal("echo $[eq(variables.first, 'same')] True 0", job.Steps[0].Inputs["script"]);
        Assert.Equal("go", job.Pool.Demands[0]);
    }

    [Theory]
    [InlineData("target", "none", "/p.yml (Line: 2, Col: 3): The 'target' parameter value 'none' is not a valid value.")]
    [InlineData("target", "SAME", "/p.yml (Line: 2, Col: 3): The 'target' parameter value 'SAME' is not a valid value.")]
    [InlineData("count", "many", "/p.yml (Line: 6, Col: 3): The 'count' parameter value 'many' is not a valid Number.")]
    [InlineData("loud", "yes", "/p.yml (Line: 9, Col: 3): The 'loud' parameter value 'yes' is not a valid Boolean.")]
    [InlineData("bogus", "x", "Unexpected parameter 'bogus'")]
    public void A_parameter_of_the_run_that_does_not_fit_is_refused(string name, string value, string message)
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => Read(File, [(name, value)]));

        Assert.Equal(message, fault.Message);
    }

    [Theory]
    [InlineData("- name: p\n", "/p.yml (Line: 2, Col: 3): A value for the 'p' parameter must be provided.")]
    [InlineData("- name: p\n  values: [a]\n", "/p.yml (Line: 2, Col: 3): A value for the 'p' parameter must be provided.")]
    [InlineData(
        "- name: p\n  type: number\n  default: abc\n",
        "/p.yml (Line: 4, Col: 12): The 'p' parameter value 'abc' is not a valid Number.")]
    [InlineData(
        "- name: p\n  type: boolean\n  default:\n",
        "/p.yml (Line: 4, Col: 11): The 'p' parameter value '' is not a valid Boolean.")]
    [InlineData("- name: p\n  default: {a: b}\n", "/p.yml (Line: 3, Col: 12): A mapping was not expected")]
    [InlineData("- name: p\n  type: String\n  default: x\n", "/p.yml (Line: 3, Col: 9): Unexpected value 'String'")]
    [InlineData("- type: string\n", "/p.yml (Line: 2, Col: 3): Unexpected value 'type'")]
    [InlineData("- name: p\n  default: a\n  foo: b\n", "/p.yml (Line: 4, Col: 3): Unexpected value 'foo'")]
    [InlineData(
        "- name: p\n  default: a\n- name: P\n  default: b\n",
        "/p.yml (Line: 4, Col: 3): The 'P' parameter is declared more than once in the parameter list.")]
    [InlineData(
        "- name: p\n  default: ${{ variables.x }}\n", "/p.yml (Line: 3, Col: 12): A template expression is not allowed in this context")]
    [InlineData(
        "- name: p\n  type: object\n  default: [a, '${{ 1 }}']\n",
        "/p.yml (Line: 4, Col: 12): A template expression is not allowed in this context")]
    [InlineData("  p: x\n", "/p.yml (Line: 2, Col: 3): A mapping was not expected")]
    public void A_wrong_declaration_is_refused(string declaration, string message)
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => Read($"parameters:\n{declaration}steps: []\n", []));

        Assert.Equal(message, fault.Message);
    }

    [Fact]
    public void A_default_may_be_a_string_literal_in_an_expression()
    {
        var pipeline = Read("parameters:\n- name: p\n  default: ${{ 'it''s ${{' }}\nname: ${{ parameters.p }}\nsteps: []\n", []);

        Assert.Equal("it's ${{", pipeline.RunName);
    }

    [Theory]
    [InlineData("${{ parameters.o }}-x", "(Line: 7, Col: 11): Unable to convert from Object to String. Value: Object")]
    [InlineData("${{ if true }}", "(Line: 7, Col: 11): Unexpected value '${{ if true }}'")]
    [InlineData("${{ parameters.o }}", "(Line: 7, Col: 11): A mapping was not expected")]
    public void A_value_that_does_not_fit_its_place_is_refused_once(string script, string message)
    {
        var text = $"parameters:\n- name: o\n  type: object\n  default: {{a: b}}\nsteps:\n- checkout: none\n- script: {script}\n";

        var fault = Assert.Throws<PipelineNotValidException>(() => Read(text, []));

        Assert.Equal($"/p.yml {message}", fault.Message);
    }

    [Fact]
    public void Quotes_hide_what_looks_like_the_end_of_an_expression() =>
        Assert.Equal("a}}b-c", Read("name: \"${{ 'a}}b' }}-${{ 'c' }}\"\nsteps: []\n", []).RunName);

    [Fact]
    public void An_expression_sees_variables_of_its_own_stage_and_job_only()
    {
        var pipeline = Read(
            """
            stages:
            - stage: A
              variables: {x: A}
              jobs:
              - job: a
                variables: {y: a}
                displayName: ${{ variables.x }}${{ variables.y }}
              - job: b
                displayName: ${{ variables.x }}${{ variables.y }}
            - stage: B
              jobs:
              - job: c
                displayName: none${{ variables.x }}${{ variables.y }}
            """,
            []);

        Assert.Equal(["Aa", "A", "none"], pipeline.Stages.SelectMany(s => s.Jobs).Select(j => j.DisplayName));
    }

    [Fact]
    public void A_whole_expression_inserts_what_it_gives()
    {
        var pipeline = Read(
            """
            parameters:
            - name: env
              type: object
              default: {A: 1, B: two}
            - name: more
              type: object
              default: [{script: m1}, {script: m2}]
            steps:
            - checkout: none
            - ${{ parameters.more }}
            - script: last
              env: ${{ parameters.env }}
            """,
            []);

        var steps = pipeline.Stages[0].Jobs[0].Steps;
        Assert.Equal(["m1", "m2", "last"], steps.Select(s => s.Inputs["script"]));
        Assert.Equal([("A", "1"), ("B", "two")], steps[2].Environment.Select(e => (e.Key, e.Value)));
    }

    private static Pipeline Read(string text, (string Name, string Value)[] parameters) =>
        PipelineReader.Read(
            "/p.yml",
            text,
            parameters.ToDictionary(p => p.Name, p => p.Value),
            new Dictionary<string, string> { ["Build.SourceBranch"] = "refs/heads/main" });
}
