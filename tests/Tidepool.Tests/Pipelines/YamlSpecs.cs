using Tidepool.Pipelines;

namespace Tidepool.Tests.Pipelines;

public sealed class YamlSpecs
{
    [Theory]
    [InlineData(
        "steps:\n- script: x\n  - y: z\n",
        "/azure-pipelines.yml (Line: 3, Col: 3): While parsing a block mapping, did not find expected key.")]
    [InlineData(
        "steps: [a, b\n",
        "/azure-pipelines.yml (Line: 2, Col: 1): While parsing a flow sequence, did not find expected ',' or ']'.")]
    [InlineData(
        "a:\n- {b: c, d: [{e, f: g}\nvariables:\n- {h: i}\n",
        "/azure-pipelines.yml (Line: 2, Col: 2): A bracket or a quote that opens after this place is not closed.")]
    [InlineData("a: \"open\n", "")]
    [InlineData("a: b: c\n", "")]
    [InlineData("a:\n\tb: c\n", "")]
    public void What_is_not_YAML_is_one_error_with_its_place(string text, string message)
    {
        var fault = Refused(text);

        var error = Assert.Single(fault.Errors);
        Assert.Matches(@"^/azure-pipelines\.yml \(Line: \d+, Col: \d+\): .+\.$", fault.Message);
        Assert.NotNull(error.Position);
        if (message.Length > 0)
        {
            Assert.Equal(message, fault.Message);
        }
    }

    [Theory]
    [InlineData("", "/azure-pipelines.yml (Line: 1, Col: 1): The file is empty. Write at least one of stages, jobs or steps.")]
    [InlineData("# nothing\n", "/azure-pipelines.yml (Line: 1, Col: 1): The file is empty. Write at least one of stages, jobs or steps.")]
    [InlineData("---\n", "/azure-pipelines.yml (Line: 1, Col: 1): The file is empty. Write at least one of stages, jobs or steps.")]
    [InlineData("a: &b c\nd: *b\n", "/azure-pipelines.yml (Line: 1, Col: 4): Anchors are not currently supported. Remove the anchor 'b'")]
    [InlineData("a: *b\n", "/azure-pipelines.yml (Line: 1, Col: 4): Anchors are not currently supported. Remove the anchor 'b'")]
    [InlineData("a: !secret b\n", "/azure-pipelines.yml (Line: 1, Col: 4): Tags are not supported. Remove the tag '!secret'")]
    [InlineData(
        "steps: []\n---\nsteps: []\n",
        "/azure-pipelines.yml (Line: 2, Col: 1): A pipeline file holds one YAML document. Remove the second one.")]
    [InlineData("? [a]\n: b\n", "/azure-pipelines.yml (Line: 1, Col: 3): Expected a scalar value")]
    public void What_the_service_does_not_read_is_one_clear_error(string text, string message) =>
        Assert.Equal(message, Refused(text).Message);

    [Theory]
    [InlineData("name: a\nname: b\nsteps: []\n", "/azure-pipelines.yml (Line: 2, Col: 1): 'name' is already defined")]
    [InlineData("variables:\n  a: 1\n  A: 2\nsteps: []\n", "/azure-pipelines.yml (Line: 3, Col: 3): 'A' is already defined")]
    [InlineData(
        "parameters:\n- name: p\n  default: a\n  default: b\nsteps: []\n",
        "/azure-pipelines.yml (Line: 4, Col: 3): 'default' is already defined")]
    public void A_key_that_stands_twice_is_an_error_at_the_second(string text, string message) =>
        Assert.Equal(message, Refused(text).Message);

    [Fact]
    public void Nesting_without_end_is_refused() =>
        Assert.Contains(
            "Maximum object depth exceeded", Refused($"a: {new string('[', 500)}{new string(']', 500)}").Message, StringComparison.Ordinal);

    [Fact]
    public void A_document_may_begin_with_dashes_and_end_with_dots() =>
        Assert.Single(RunSimulation.Read("---\nsteps:\n- script: x\n...\n").Stages);

    private static PipelineNotValidException Refused(string text) =>
        Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read(text));
}
