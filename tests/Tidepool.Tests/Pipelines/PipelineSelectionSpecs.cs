using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

public sealed class PipelineSelectionSpecs
{
    private const string Yaml = """
        stages:
        - stage: Build
          jobs:
          - job: Compile
          - job: Pack
            dependsOn: Compile
          - job: Lint
        - stage: Scan
          dependsOn: []
          jobs:
          - job: Pack
        - stage: Deploy
          dependsOn: [Build, Scan]
          jobs:
          - job: Copy
          - job: Start
            dependsOn: Copy
        """;

    [Theory]
    [InlineData("", "", false, "Build(Compile, Pack<Compile, Lint) Scan(Pack) Deploy<Build<Scan(Copy, Start<Copy)")]
    [InlineData("deploy", "", false, "Deploy(Copy, Start<Copy)")]
    [InlineData("Deploy", "", true, "Build(Compile, Pack<Compile, Lint) Scan(Pack) Deploy<Build<Scan(Copy, Start<Copy)")]
    [InlineData("Deploy Build", "", false, "Build(Compile, Pack<Compile, Lint) Deploy<Build(Copy, Start<Copy)")]
    [InlineData("", "start", false, "Deploy(Start)")]
    [InlineData("", "build.pack", false, "Build(Pack)")]
    [InlineData("", "Build.Pack", true, "Build(Compile, Pack<Compile)")]
    [InlineData("", "Start", true, "Build(Compile, Pack<Compile, Lint) Scan(Pack) Deploy<Build<Scan(Copy, Start<Copy)")]
    [InlineData("Scan", "Lint", false, "Build(Lint) Scan(Pack)")]
    public void It_keeps_what_is_named_and_where_asked_what_that_needs(string stages, string jobs, bool withNeeded, string kept)
    {
        var selection = new PipelineSelection { Stages = Words(stages), Jobs = Words(jobs), WithNeeded = withNeeded };

        Assert.Equal(kept, Text(selection.Of(Read())));
    }

    [Theory]
    [InlineData("Ship", "", "The pipeline has no stage Ship. Name one of Build, Scan, Deploy.")]
    [InlineData("", "Ship", "The pipeline has no job Ship. Name one of Build.Compile, Build.Pack, Build.Lint, Scan.Pack, Deploy.Copy, Deploy.Start.")]
    [InlineData("", "pack", "The pipeline has 2 jobs pack. Name the stage too: Build.Pack or Scan.Pack.")]
    public void A_name_that_is_none_or_several_is_refused(string stages, string jobs, string text)
    {
        var selection = new PipelineSelection { Stages = Words(stages), Jobs = Words(jobs) };

        var refused = Assert.Throws<ProblemException>(() => selection.Of(Read()));
        Assert.Equal($"PIPELINE006: {text}", refused.Message);
    }

    private static Pipeline Read() => PipelineReader.Read("/p.yml", Yaml, new Dictionary<string, string>(), new Dictionary<string, string>());

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(Pipeline pipeline) => string.Join(' ', pipeline.Stages.Select(stage =>
        $"{Text(stage.Name, stage.DependsOn)}({string.Join(", ", stage.Jobs.Select(job => Text(job.Name, job.DependsOn)))})"));

    private static string Text(string name, IReadOnlyList<string> dependsOn) => name + string.Concat(dependsOn.Select(on => $"<{on}"));
}
