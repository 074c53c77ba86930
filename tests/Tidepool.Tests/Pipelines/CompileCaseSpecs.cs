using Tidepool.Pipelines;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Tests.Pipelines;

/// <summary>Cases with a known answer; each names its source in the file.</summary>
public sealed class CompileCaseSpecs
{
    private static readonly Dictionary<string, MappingNode> Cases =
        ((SequenceNode)YamlReader.Read("", File.ReadAllText(CaseFile), new PipelineErrors())!)
        .Items.Cast<MappingNode>().ToDictionary(m => ExpandedPipeline.Text(m["id"]));

    private static string CaseFile => Path.Combine(AppContext.BaseDirectory, "Pipelines", "Data", "compile-cases.yml");

    public static TheoryData<string> Ids => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_case_with_a_known_answer_gives_it(string id)
    {
        var one = Cases[id];
        var source = ExpandedPipeline.Source(
            ((MappingNode)one["files"]!).Entries.Select(e => (e.Key.Value, ExpandedPipeline.Text(e.Value))).OrderByDescending(f => f.Item1 == "pipeline.yml"));
        if (one["error"] is ScalarNode { Value: var error })
        {
            var fault = Assert.Throws<PipelineNotValidException>(() => PipelineReader.Read(source));
            Assert.Contains(error, fault.Message, StringComparison.Ordinal);
            return;
        }
        var pipeline = ExpandedPipeline.Of(source);
        foreach (var (fact, expected) in ((MappingNode)one["expect"]!).Entries)
        {
            Check(fact.Value, expected, pipeline);
        }
    }

    private static void Check(string fact, YamlNode expected, ExpandedPipeline pipeline)
    {
        switch (fact)
        {
            case "scripts":
                Assert.Equal(Texts(expected), pipeline.Scripts);
                break;
            case "tasks":
                Assert.Equal(Texts(expected), pipeline.Steps.Select(s => ExpandedPipeline.Text(s["task"])));
                break;
            case "inputs":
                Assert.Equal(ExpandedPipeline.Items(expected).Select(ExpandedPipeline.Pairs), pipeline.Steps.Select(s => ExpandedPipeline.Pairs(s["inputs"])));
                break;
            case "env":
                Assert.Equal(ExpandedPipeline.Pairs(expected), ExpandedPipeline.Pairs(pipeline.Steps.Single()["env"]));
                break;
            case "stage_count":
                Assert.Equal(ExpandedPipeline.Text(expected), $"{pipeline.Stages.Count()}");
                break;
            case "job_scripts":
                Assert.Equal(
                    ((MappingNode)expected).Entries.Select(e => (e.Key.Value, string.Join(',', Texts(e.Value)))),
                    pipeline.Jobs.Select(j => (ExpandedPipeline.Text(j["job"]), string.Join(',', ExpandedPipeline.ScriptsOf(ExpandedPipeline.Items(j["steps"]))))));
                break;
            case "job_variables":
                foreach (var (job, variables) in ((MappingNode)expected).Entries)
                {
                    var found = pipeline.Jobs.Single(j => ExpandedPipeline.Text(j["job"]) == job.Value)["variables"];
                    Assert.Equal(ExpandedPipeline.Pairs(variables), ExpandedPipeline.Pairs(found));
                }
                break;
            default:
                Assert.Fail($"Nothing checks the fact '{fact}'.");
                break;
        }
    }

    private static string[] Texts(YamlNode list) => [.. ((SequenceNode)list).Items.Select(ExpandedPipeline.Text)];
}
