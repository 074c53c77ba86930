using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Lint;
using Tidepool.Rehearsal;

namespace Tidepool.Tests.Rehearsal;

/// <summary>Variable groups in files, and what is done with them where nothing runs.</summary>
public sealed class GroupFilesSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-groups-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("url: https://example.org\ncount: 3\nempty:\nkey: {value: s3cret, isSecret: true}\n")]
    [InlineData("""{"url": "https://example.org", "count": 3, "empty": null, "key": {"value": "s3cret", "isSecret": true}}""")]
    [InlineData("{url: 'https://example.org', count: 3, empty: , key: {value: s3cret, isSecret: true}}")]
    [InlineData("""
        {
        	"description": null, "id": 4, "name": "keys", "type": "Vsts", "providerData": null,
        	"variables": {
        		"url": {"isSecret": null, "value": "https://example.org"}, "count": {"isSecret": false, "value": "3"}, "empty": {"value": ""},
        		"key": {"isSecret": true, "isReadOnly": null, "value": "s3cret"}
        	}
        }
        """)]
    [InlineData("variables:\n  url: {value: https://example.org}\n  count: 3\n  empty: ''\n  key: {isSecret: true, value: s3cret}\n")]
    public void A_group_is_a_mapping_in_YAML_or_JSON_or_an_answer_of_the_service(string text) => Assert.Equal(
        [("url", "https://example.org", false), ("count", "3", false), ("empty", "", false), ("key", "s3cret", true)],
        Read(text).Select(v => (v.Name, v.Value, v.IsSecret)));

    [Fact]
    public void A_variable_may_have_the_name_of_the_services_own_key()
    {
        Assert.Equal([new("variables", "x", true)], Read("variables: {value: x, isSecret: true}\n"));
        Assert.Equal([new("value", "x", false), new("isSecret", "y", false)], Read("variables: {value: {value: x}, isSecret: {value: y}}\n"));
        Assert.Empty(Read("variables: {}\n"));
    }

    [Theory]
    [InlineData("- a\n", "GROUP002: FILE holds no mapping, and is no variable group. ")]
    [InlineData("", "GROUP002: FILE (Line: 1, Col: 1) is no YAML that is read here, and is no variable group. ")]
    [InlineData("a: b\nkey: *s3cret\n", "GROUP002: FILE (Line: 2, Col: 6) is no YAML that is read here, and is no variable group. ")]
    [InlineData("a: [s3cret]\n", "GROUP002: FILE (Line: 1, Col: 4) has no text for a, and is no variable group. ")]
    [InlineData("a: {secret: s3cret}\n", "GROUP002: FILE (Line: 1, Col: 4) has no text for a, and is no variable group. ")]
    [InlineData("a: {value: s3cret, isSecret: yess3cret}\n", "GROUP002: FILE (Line: 1, Col: 30) says neither true nor false for isSecret of a, and is no variable group. ")]
    [InlineData("a: s3cret\nA: s3cret\n", "GROUP002: FILE (Line: 2, Col: 1) has variable A twice, and is no variable group. ")]
    [InlineData("'': s3cret\n", "GROUP002: FILE (Line: 1, Col: 1) has a variable without a name, and is no variable group. ")]
    [InlineData("a: {isSecret: true}\n", "GROUP003: FILE, for the variable group keys, has no value for the secret a: Azure Pipelines never shows one. ")]
    public void What_is_no_group_is_refused_with_its_place_and_without_a_value(string text, string words)
    {
        var problem = Assert.Throws<ProblemException>(() => Read(text)).Problem.ToString();

        Assert.StartsWith(words.Replace("FILE", PathOf("group"), StringComparison.Ordinal), problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var problem = Assert.Throws<ProblemException>(() => GroupFiles.Read(Files("nowhere"), needsSecrets: true)).Problem;

        Assert.Equal("GROUP001", problem.Code);
        Assert.Contains(PathOf("nowhere"), problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_needs_no_value_where_nothing_runs()
    {
        File.WriteAllText(PathOf("group"), """{"variables": {"key": {"isSecret": true, "value": null}}}""");

        Assert.Equal([new("key", "", true)], GroupFiles.Read(Files("group"), needsSecrets: false)["KEYS"]);
    }

    [Fact]
    public void Without_any_group_every_one_is_there_and_with_one_no_other()
    {
        var pipeline = Pipeline("variables:\n- group: keys\n- group: more\nsteps:\n- script: echo $(url) $(other)\n");

        Assert.Contains("group: more", pipeline.Expand().Yaml, StringComparison.Ordinal);
        var error = Assert.Single(Assert.Throws<PipelineNotValidException>((pipeline with { Groups = Groups() }).Expand).Errors);
        Assert.Equal(
            "/p.yml (Line: 3, Col: 10): Variable group more was not found or is not authorized for use. Give its variables with --variable-group NAME=FILE.",
            $"{error}");
        Assert.Empty(Lint(pipeline));
        Assert.Equal(["LINT000"], Lint(pipeline with { Groups = Groups() }));
    }

    [Fact]
    public void What_no_group_defines_is_a_trap_where_the_groups_are_known()
    {
        var pipeline = Pipeline("variables:\n- group: keys\nsteps:\n- script: echo $(url) $(key)\n- script: make $(buildConfig)\n") with { Groups = Groups() };

        Assert.Equal(["LINT002"], Lint(pipeline));
    }

    [Fact]
    public void An_explanation_has_a_groups_values_and_not_its_secrets()
    {
        var pipeline = Pipeline("""
            variables:
            - group: Keys
            jobs:
            - job: A
              condition: and(eq(variables.url, 'u'), eq(variables['key'], 'no'), ne(variables.key, 's3cret'))
              steps:
              - script: x
            """);

        var given = RunExplanations.OfFile(pipeline with { Groups = Groups() }, new Dictionary<string, NodeResult>(), new Dictionary<string, string>(), TimeProvider.System).ToJson();
        var none = RunExplanations.OfFile(pipeline, new Dictionary<string, NodeResult>(), new Dictionary<string, string>(), TimeProvider.System);

        Assert.Contains(@"\u0027***\u0027", given, StringComparison.Ordinal);
        Assert.Contains(@"\u0027u\u0027", given, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", given, StringComparison.Ordinal);
        Assert.Equal(NodeResult.Skipped.ToString(), none.Nodes[1].State);
    }

    [Fact]
    public void What_a_group_holds_is_text_and_no_expression()
    {
        File.WriteAllText(PathOf("p.yml"), "variables:\n- group: keys\n- {name: own, value: '$[ variables.url ]'}\njobs:\n- job: A\n  steps:\n  - script: x\n");
        var source = PipelineFiles.Source("/", PathOf("p.yml"), new Dictionary<string, string>()) with
        {
            Groups = new Dictionary<string, IReadOnlyList<GroupVariable>> { ["keys"] = [new("url", "$[ upper('a') ]", false)] },
        };
        var pipeline = PipelineReader.Read(source);

        var plan = RunPlanner.Plan(pipeline, pipeline.Stages[0], pipeline.Stages[0].Jobs[0], new RunState { StartTime = default, Variables = new Dictionary<string, string>() });

        Assert.Equal("$[ upper('a') ]", plan.Variables["url"].Value);
        Assert.Equal("$[ upper('a') ]", plan.Variables["own"].Value);
    }

    private static Dictionary<string, IReadOnlyList<GroupVariable>> Groups() => new(StringComparer.OrdinalIgnoreCase)
    {
        ["keys"] = [new("url", "u", false), new("key", "s3cret", true)],
    };

    private static string[] Lint(LocalPipeline pipeline) =>
    [
        .. LocalLint.Inspect(pipeline.Path, pipeline.Parameters, pipeline.Variables, pipeline.Repositories, pipeline.Groups, new LintOptions())
            .Report.Findings.Select(finding => finding.Rule.Id),
    ];

    private LocalPipeline Pipeline(string yaml)
    {
        File.WriteAllText(PathOf("p.yml"), yaml);
        return new() { Path = PathOf("p.yml") };
    }

    private IReadOnlyList<GroupVariable> Read(string text)
    {
        File.WriteAllText(PathOf("group"), text);
        return GroupFiles.Read(Files("group"), needsSecrets: true)["keys"];
    }

    private Dictionary<string, string> Files(string name) => new() { ["keys"] = PathOf(name) };

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
