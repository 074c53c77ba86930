using System.Diagnostics;
using Tidepool.Pipelines;

namespace Tidepool.Tests.Pipelines;

/// <summary>Whatever a pipeline does, its expansion ends soon, with one error.</summary>
public sealed class CompileLimitSpecs
{
    private static readonly string Long = string.Join(',', Enumerable.Repeat("x", 2000));

    public static TheoryData<string, string> Endless => new()
    {
        { "steps:\n- template: p.yml\n", "The template nesting exceeds the maximum of 100 levels." },
        { "steps:\n- template: p.yml\n- template: p.yml\n", "The template nesting exceeds the maximum of 100 levels." },
        { "variables:\n- template: p.yml\nsteps: []\n", "The template nesting exceeds the maximum of 100 levels." },
        { "extends:\n  template: p.yml\n", "The template nesting exceeds the maximum of 100 levels." },
        {
            "parameters:\n- {name: p, type: stepList, default: [{template: p.yml}]}\nsteps:\n- ${{ parameters.p }}\n",
            "The template nesting exceeds the maximum of 100 levels."
        },
        {
            "parameters:\n- {name: p, type: object, default: {}}\nsteps:\n- template: p.yml\n  parameters:\n    p: {a: '${{ parameters.p }}', b: '${{ parameters.p }}'}\n",
            "Maximum object size exceeded."
        },
        { $"variables: {{l: '{Long}'}}\nsteps:\n- ${{{{ each a in split(variables.l, ',') }}}}:\n  - ${{{{ each b in split(variables.l, ',') }}}}:\n    - script: x\n", "Maximum object size exceeded." },
        { $"variables: {{l: '{Long}'}}\nsteps:\n- ${{{{ each a in split(variables.l, ',') }}}}:\n  - ${{{{ each b in split(variables.l, ',') }}}}:\n    - ${{{{ if eq(a, 'y') }}}}:\n      - script: x\n", "Maximum events exceeded while evaluating the template." },
        { "variables:\n  v0: xxxxxxxxxxxxxxxx\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"  v{i + 1}: ${{{{ variables.v{i} }}}}${{{{ variables.v{i} }}}}\n")) + "steps: []\n", "Maximum object size exceeded." },
        { $"variables: {{l: '{Long}'}}\nsteps:\n- ${{{{ each a in split(variables.l, ',') }}}}:\n  - ${{{{ if eq(replace(replace(variables.l, 'x', 'yyyyyyyyyyyyyyyyyyyyyy'), 'y', 'zz'), '') }}}}:\n    - script: x\n", "The maximum allowed memory size was exceeded" },
    };

    [Theory]
    [MemberData(nameof(Endless))]
    public void What_would_not_end_ends_in_an_error(string text, string message)
    {
        var began = Stopwatch.GetTimestamp();

        var fault = Assert.Throws<PipelineNotValidException>(() => PipelineReader.Read(ExpandedPipeline.Source(("p.yml", text))));

        Assert.StartsWith(message, Assert.Single(fault.Errors).Text, StringComparison.Ordinal);

        // 2 s are the aim; a machine that tests other things meanwhile is slower.
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15));
    }

    [Theory]
    [InlineData(100, null)]
    [InlineData(101, "/p.yml (Line: 102, Col: 13): The YAML file count exceeds the maximum of 100.")]
    public void A_hundred_templates_may_be_used(int count, string? message)
    {
        var source = ExpandedPipeline.Source(
        [
            ("p.yml", "steps:\n" + string.Concat(Enumerable.Range(1, count).Select(i => $"- template: t{i}.yml\n"))),
            .. Enumerable.Range(1, count).Select(i => ($"t{i}.yml", "steps: [{script: x}]\n")),
        ]);

        Assert.Equal(message, Record.Exception(() => PipelineReader.Read(source))?.Message);
    }

    [Fact]
    public void A_template_may_be_used_often() =>
        Assert.Equal(500, ExpandedPipeline.Of(
            ("p.yml", "steps:\n" + string.Concat(Enumerable.Repeat("- template: t.yml\n", 500))), ("t.yml", "steps: [{script: x}]\n")).Scripts.Count());
}
