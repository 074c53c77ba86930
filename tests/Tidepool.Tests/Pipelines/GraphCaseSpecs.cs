using System.Text;
using System.Text.Json;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class GraphCaseSpecs
{
    private static readonly Dictionary<string, JsonElement> Cases = File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "Pipelines", "Data", "graph-cases.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .ToDictionary(one => one.GetProperty("id").GetString()!);

    public static TheoryData<string> Runs =>
        Where(one => one.TryGetProperty("expect", out var expect) && expect.ValueKind == JsonValueKind.Object);

    public static TheoryData<string> Dependencies => Where(one => one.TryGetProperty("expect_deps", out _));

    public static TheoryData<string> Errors => Where(one => one.TryGetProperty("error", out _) && HasGraph(one));

    public static TheoryData<string> Outputs => Where(one => one.TryGetProperty("level", out _));

    public static TheoryData<string> Demands => Where(one => one.TryGetProperty("demand", out _));

    public static TheoryData<string> Merges => Where(one => one.TryGetProperty("children", out _));

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_ends_as_the_case_says(string id)
    {
        var one = Cases[id];
        var run = new RunSimulation(RunSimulation.Read(Yaml(one)))
        {
            Results = Texts(one, "results").ToDictionary(r => InStage(one, r.Key), r => Enum.Parse<NodeResult>(r.Value)),
            Outputs = OutputsOf(one),
            CancelDuring = one.TryGetProperty("cancel_during", out var during) ? during.GetString() : null,
        };

        run.With(Texts(one, "vars")).Run();

        foreach (var (node, expected) in Texts(one, "expect"))
        {
            if (expected == "runs")
            {
                Assert.Contains(node, run.Started);
            }
            else
            {
                Assert.Equal(Enum.Parse<NodeResult>(expected), run.ResultOf(node));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Dependencies))]
    public void A_node_depends_on_what_the_case_says(string id)
    {
        var one = Cases[id];
        var pipeline = RunSimulation.Read(Yaml(one));
        var actual = one.TryGetProperty("jobs", out _)
            ? pipeline.Stages[0].Jobs.ToDictionary(j => j.Name, j => j.DependsOn)
            : pipeline.Stages.ToDictionary(s => s.Name, s => s.DependsOn);

        foreach (var expected in one.GetProperty("expect_deps").EnumerateObject())
        {
            Assert.Equal(expected.Value.EnumerateArray().Select(d => d.GetString()), actual[expected.Name]);
        }
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void A_wrong_graph_is_refused_in_the_words_of_the_service(string id)
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read(Yaml(Cases[id])));

        Assert.Contains(Cases[id].GetProperty("error").GetString()!, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_appears_twice_is_refused_in_the_words_of_the_service()
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read("jobs:\n- job: a\n- job: a\n"));
        var ofStage = Assert.Throws<PipelineNotValidException>(
            () => RunSimulation.Read("stages:\n- stage: S\n  jobs:\n  - job: a\n  - job: a\n"));

        Assert.Equal(
            "/azure-pipelines.yml (Line: 3, Col: 8): The job name a appears more than once. Job names must be unique within a pipeline.",
            fault.Message);
        Assert.Equal(
            "/azure-pipelines.yml (Line: 5, Col: 10): Stage S job a appears more than once. Job names must be unique within a stage.",
            ofStage.Message);
    }

    [Fact]
    public void A_job_with_an_illegal_name_is_refused_in_the_words_of_the_service()
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read("jobs:\n- job: 1a\n"));

        Assert.Contains(Cases["bad-name"].GetProperty("error").GetString()!, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void An_output_is_found_under_the_key_of_its_level(string id)
    {
        var one = Cases[id];
        var text = one.TryGetProperty("condition", out var condition)
            ? condition.GetString()!
            : $"eq({one.GetProperty("expr").GetString()}, 'true')";
        var key = text.Split('\'')[1];
        var ofStage = one.GetProperty("level").GetString() == "stage";
        var before = text.Split('(')[1].Split('.');
        // In a stage's condition the key begins with the job's name.
        var (job, output) = ofStage ? (key[..key.IndexOf('.')], key[(key.IndexOf('.') + 1)..])
            : (text.Contains("stageDependencies", StringComparison.Ordinal) ? before[2] : before[1], key);
        var yaml = text.Contains("stageDependencies", StringComparison.Ordinal) || ofStage
            ? $"stages:\n- stage: {before[1]}\n  jobs: [{{job: {job}}}]\n- stage: last\n{(ofStage ? $"  condition: {text}\n" : "")}"
                + $"  jobs:\n  - job: end\n{(ofStage ? "" : $"    condition: {text}\n")}"
            : $"jobs:\n- job: {job}\n- job: end\n  dependsOn: {job}\n  condition: {text}\n";

        var with = new RunSimulation(RunSimulation.Read(yaml)) { Outputs = new() { [job] = new() { [output] = "true" } } }.Run();
        var without = new RunSimulation(RunSimulation.Read(yaml)).Run();

        Assert.Contains("end", with.Started);
        Assert.DoesNotContain("end", without.Started);
    }

    [Theory]
    [MemberData(nameof(Merges))]
    public void Results_add_up_as_the_case_says(string id)
    {
        var children = Cases[id].GetProperty("children").EnumerateArray().Select(c => Enum.Parse<NodeResult>(c.GetString()!));

        Assert.Equal(Cases[id].GetProperty("expect").GetString(), RunPlanner.Aggregate(children).ToString());
    }

    [Theory]
    [MemberData(nameof(Demands))]
    public void A_demand_is_met_as_the_case_says(string id)
    {
        var one = Cases[id];

        var demand = Demand.Parse(one.GetProperty("demand").GetString()!);

        Assert.Equal(one.GetProperty("expect").GetBoolean(), demand.IsMetBy(Texts(one, "caps")));
    }

    [Fact]
    public void Unnamed_steps_are_named_by_their_tasks()
    {
        var one = Cases["step-default-names"];
        var steps = string.Concat(
            one.GetProperty("steps").EnumerateArray().Select(s => s.GetString() == "Bash" ? "- bash: x\n" : "- script: x\n"));

        var read = RunSimulation.Read($"steps:\n- checkout: none\n{steps}").Stages[0].Jobs[0].Steps;

        Assert.Equal(one.GetProperty("expect_ref_names").EnumerateArray().Select(n => n.GetString()), read.Select(s => s.Name));
    }

    private static TheoryData<string> Where(Func<JsonElement, bool> wanted) => [.. Cases.Where(c => wanted(c.Value)).Select(c => c.Key)];

    private static bool HasGraph(JsonElement one) => one.TryGetProperty("jobs", out _) || one.TryGetProperty("stages", out _);

    private static Dictionary<string, string> Texts(JsonElement one, string name) => one.TryGetProperty(name, out var texts)
        ? texts.EnumerateObject().ToDictionary(t => t.Name, t => t.Value.ToString())
        : [];

    private static Dictionary<string, Dictionary<string, string>> OutputsOf(JsonElement one) => one.TryGetProperty("jobs", out var jobs)
        ? jobs.EnumerateObject()
            .Where(j => j.Value.TryGetProperty("outputs", out _))
            .ToDictionary(j => j.Name, j => Texts(j.Value, "outputs"))
        : [];

    /// <summary>A stage of a case has one job, that ends as the stage is said to.</summary>
    private static string InStage(JsonElement one, string node) => one.TryGetProperty("stages", out _) ? $"{node}_job" : node;

    private static string Yaml(JsonElement one)
    {
        if (one.TryGetProperty("stages_yaml", out var yaml))
        {
            return yaml.GetString()!;
        }
        var text = new StringBuilder();
        if (one.TryGetProperty("stages_ordered", out var ordered))
        {
            text.Append("stages:\n");
            foreach (var name in ordered.EnumerateArray().Select(n => n.GetString()))
            {
                text.Append($"- stage: {name}\n  jobs: [{{job: {name}_job}}]\n");
            }
        }
        else if (one.TryGetProperty("stages", out var stages))
        {
            text.Append("stages:\n");
            foreach (var stage in stages.EnumerateObject())
            {
                text.Append($"- stage: {stage.Name}\n{Common(stage.Value, "  ")}");
                text.Append(stage.Value.TryGetProperty("jobs", out var jobs) ? Jobs(jobs, "  ") : $"  jobs: [{{job: {stage.Name}_job}}]\n");
            }
        }
        else
        {
            var inStage = one.TryGetProperty("stage", out var stage);
            text.Append(inStage ? $"stages:\n- stage: {stage.GetString()}\n" : "");
            text.Append(Jobs(one.GetProperty("jobs"), inStage ? "  " : ""));
        }
        return text.ToString();
    }

    private static string Jobs(JsonElement jobs, string indent) =>
        $"{indent}jobs:\n"
        + string.Concat(jobs.EnumerateObject().Select(j => $"{indent}- job: {j.Name}\n{Common(j.Value, indent + "  ")}"));

    private static string Common(JsonElement node, string indent)
    {
        var text = new StringBuilder();
        // Without dependsOn, the stages of a case have none; the file's order must not add one.
        text.Append(node.TryGetProperty("dependsOn", out var on) ? $"{indent}dependsOn: {on.GetRawText()}\n" : $"{indent}dependsOn: []\n");
        text.Append(node.TryGetProperty("condition", out var condition) ? $"{indent}condition: {condition.GetString()}\n" : "");
        text.Append(node.TryGetProperty("continueOnError", out var go) ? $"{indent}continueOnError: {go.GetRawText()}\n" : "");
        return text.ToString();
    }
}
