using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>Looks for what is valid and does not do what it seems to.</summary>
public static class PipelineLint
{
    // The rules know what it stands for by its name.
    private static readonly GroupVariable UnknownVariable = new("", "", IsSecret: true);

    private const string EngineText = "needs a Docker engine";

    /// <summary>All traps of a pipeline and of the templates that it opens, but those that a comment disables.</summary>
    /// <param name="source">The pipeline. Where it has no variable group, every one is taken to be there, its variables unknown.</param>
    /// <param name="options">What is assumed of the agents.</param>
    public static LintReport Inspect(PipelineSource source, LintOptions options)
    {
        var files = new LintedFiles(source.Files);
        var (pipeline, errors) = PipelineReader.TryRead(source with { Files = files, Groups = AnyGroups.Unless(source.Groups, UnknownVariable) });
        var findings = errors.Select(e => e.Text.Contains(EngineText, StringComparison.Ordinal)
            ? new LintFinding(LintRule.NoEngine, e.Position, e.Text, "")
            : new LintFinding(LintRule.NotValid, e.Position, e.Text, "")).ToList();
        foreach (var (file, text) in files.Texts)
        {
            findings.AddRange(new BooleanTraps(files).Inspect(file, text));
        }
        // What is not valid otherwise has holes, in which false alarms live.
        if (findings.All(f => f.Rule != LintRule.NotValid))
        {
            var graph = new LintedGraph(pipeline, source, files);
            findings.AddRange(new MacroTraps(graph).Inspect());
            findings.AddRange(new DependencyTraps(graph).Inspect());
            findings.AddRange(new RuntimeExpressionTraps(graph).Inspect());
            findings.AddRange(EngineTraps.Inspect(graph));
            if (options.SharedPath is { Length: > 0 } shared)
            {
                findings.AddRange(new SharedStorageTraps(graph, shared.TrimEnd('/')).Inspect());
            }
        }
        return new LintReport(
        [
            .. findings.Distinct().Where(f => !files.IsSilenced(f))
                .OrderBy(f => f.Position is null).ThenBy(f => f.Position?.File, StringComparer.Ordinal)
                .ThenBy(f => f.Position?.Line).ThenBy(f => f.Position?.Column).ThenBy(f => f.Rule.Id, StringComparer.Ordinal),
        ]);
    }
}
