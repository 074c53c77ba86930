using Tidepool.Pipelines;
using Tidepool.Pipelines.Schema;

namespace Tidepool.Tests.Pipelines;

/// <summary>Every key that the schema knows and that has no effect here is refused by its name, wherever it may stand.</summary>
public sealed class UnsupportedKeySpecs
{
    public static TheoryData<string, string> Keys
    {
        get
        {
            var data = new TheoryData<string, string>();
            Add(data, KnownKeys.Pipeline, key => $"{key}: x\nsteps:\n- script: x\n");
            Add(data, KnownKeys.Stage, key => $"stages:\n- stage: A\n  {key}: x\n  jobs:\n  - job: a\n");
            Add(data, KnownKeys.Job, key => $"jobs:\n- job: a\n  {key}: x\n");
            Add(data, KnownKeys.Script, key => $"steps:\n- script: x\n  {key}: x\n");
            Add(data, KnownKeys.Bash, key => $"steps:\n- bash: x\n  {key}: x\n");
            Add(data, KnownKeys.Checkout, key => $"steps:\n- checkout: self\n  {key}: x\n");
            return data;
        }
    }

    public static TheoryData<string, string> Kinds => new()
    {
        { "task: X@1", "steps:\n- task: X@1\n" },
        { "group in variables", "variables:\n- group: x\nsteps: []\n" },
        { "deployment", "jobs:\n- deployment: x\n" },
        { "phase", "jobs:\n- phase: x\n" },
        { "powershell", "steps:\n- powershell: x\n" },
        { "pwsh", "steps:\n- pwsh: x\n" },
        { "publish", "steps:\n- publish: x\n" },
        { "download", "steps:\n- download: current\n" },
        { "downloadBuild", "steps:\n- downloadBuild: x\n" },
        { "getPackage", "steps:\n- getPackage: x\n" },
        { "reviewApp", "steps:\n- reviewApp: x\n" },
        { "upload", "steps:\n- upload: x\n" },
        { "group", "steps:\n- group: x\n" },
        { "lfs: true", "steps:\n- checkout: self\n  lfs: true\n" },
        { "submodules: recursive", "steps:\n- checkout: self\n  submodules: recursive\n" },
        { "checkout: git://a/b", "steps:\n- checkout: git://a/b\n" },
        { "checkout of several repositories", "steps:\n- checkout: self\n- checkout: self\n" },
        { "pool: server", "pool: server\nsteps: []\n" },
        { "image", "pool: {name: x, image: y}\nsteps: []\n" },
        { "trigger: manual", "stages:\n- stage: A\n  trigger: manual\n  jobs: [{job: a}]\n" },
        { "counter()", "variables: {a: \"$[counter('x', 1)]\"}\nsteps: []\n" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    [MemberData(nameof(Kinds))]
    public void A_known_key_without_effect_is_refused_by_name(string name, string text)
    {
        var fault = Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read(text));

        var error = Assert.Single(fault.Errors);
        var reason = name is "container" or "services" ? ", nor does Fargate run container jobs" : "";
        Assert.Equal($"'{name}' is not supported yet{reason}", error.Text);
        Assert.NotNull(error.Position);
    }

    [Fact]
    public void No_key_is_in_two_lists()
    {
        KeyTable[] tables = [KnownKeys.Pipeline, KnownKeys.Stage, KnownKeys.Job, KnownKeys.Script, KnownKeys.Bash, KnownKeys.Checkout];

        Assert.All(tables, t => Assert.Distinct(t.Read.Concat(t.Ignored).Concat(t.NotYet)));
    }

    private static void Add(TheoryData<string, string> data, KeyTable table, Func<string, string> text)
    {
        foreach (var key in table.NotYet.Except(["extends"]))
        {
            data.Add(key, text(key));
        }
    }
}
