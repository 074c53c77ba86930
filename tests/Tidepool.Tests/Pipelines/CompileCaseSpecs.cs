using Tidepool.Pipelines;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Tests.Pipelines;

public sealed class CompileCaseSpecs
{
    private static readonly string[] ErrorsNow =
    [
        "else-without-if", "param-key-not-found", "param-values-list", "untyped-param-is-string", "unclosed-expression", "directive-inline",
        "expr-in-dead-branch-still-parsed",
    ];

    private static readonly string[] ScriptsNow = ["param-boolean-renders-capital", "escape"];

    private static readonly Dictionary<string, MappingNode> Cases =
        ((SequenceNode)YamlReader.Read("", File.ReadAllText(CaseFile), new PipelineErrors())!)
        .Items.Cast<MappingNode>().ToDictionary(m => ((ScalarNode)m["id"]!).Value);

    private static string CaseFile => Path.Combine(AppContext.BaseDirectory, "Pipelines", "Data", "compile-cases.yml");

    public static TheoryData<string> Errors => [.. ErrorsNow];

    public static TheoryData<string> Scripts => [.. ScriptsNow];

    public static TheoryData<string> Later =>
        [.. Cases.Keys.Except(ErrorsNow).Except(ScriptsNow).Except(["expr-key-left-side", "shorthand-normal-form"])];

    [Theory]
    [MemberData(nameof(Errors))]
    public void A_wrong_file_is_refused_in_the_words_of_the_case(string id)
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read(EntryOf(id)));

        Assert.Contains(((ScalarNode)Cases[id]["error"]!).Value, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Scripts_come_out_as_the_case_says(string id)
    {
        var expected = ((SequenceNode)((MappingNode)Cases[id]["expect"]!)["scripts"]!).Items.Cast<ScalarNode>().Select(s => s.Value);

        var steps = RunSimulation.Read(EntryOf(id)).Stages[0].Jobs[0].Steps;

        Assert.Equal(expected, steps.Where(s => s.TaskName == "CmdLine").Select(s => s.Inputs["script"]));
    }

    [Fact]
    public void An_expression_may_stand_for_a_key()
    {
        var step = RunSimulation.Read(EntryOf("expr-key-left-side")).Stages[0].Jobs[0].Steps[1];

        Assert.Equal([KeyValuePair.Create("NAME", "v")], step.Environment);
    }

    [Fact]
    public void Shorthands_become_tasks_and_their_inputs()
    {
        var expect = (MappingNode)Cases["shorthand-normal-form"]["expect"]!;
        var steps = RunSimulation.Read(EntryOf("shorthand-normal-form")).Stages[0].Jobs[0].Steps.Skip(1).ToList();

        Assert.Equal(
            ((SequenceNode)expect["tasks"]!).Items.Cast<ScalarNode>().Select(t => t.Value),
            steps.Select(s => $"{s.TaskName}@{s.TaskVersion.Split('.')[0]}"));
        Assert.Equal(
            ((SequenceNode)expect["inputs"]!).Items.Cast<MappingNode>()
                .Select(i => i.Entries.ToDictionary(e => e.Key.Value, e => ((ScalarNode)e.Value).Value)),
            steps.Select(s => s.Inputs));
    }

    [Theory]
    [MemberData(nameof(Later))]
    public void What_is_not_supported_yet_is_refused_by_name_and_never_skipped(string id)
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read(EntryOf(id)));

        Assert.Contains("is not supported yet", fault.Message, StringComparison.Ordinal);
    }

    private static string EntryOf(string id) => ((ScalarNode)((MappingNode)Cases[id]["files"]!)["pipeline.yml"]!).Value;
}
