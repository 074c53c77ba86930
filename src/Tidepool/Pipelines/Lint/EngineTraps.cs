namespace Tidepool.Pipelines.Lint;

/// <summary>Steps that need a Docker engine, which a Fargate task does not have.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html</remarks>
internal static class EngineTraps
{
    public static IEnumerable<LintFinding> Inspect(LintedGraph graph)
    {
        foreach (var (step, pool) in graph.Jobs.SelectMany(j => j.Steps))
        {
            // A pool of Microsoft's machines has an engine.
            if (pool?.VmImage is null && (DockerUse.InTask(step.TaskName) ?? DockerUse.InScript(ScriptText.Of(step) ?? "")) is { } use)
            {
                yield return new LintFinding(
                    LintRule.NoEngine,
                    graph.Files.Locate(step.Position, use),
                    $"{use} {DockerUse.NoEngine}.",
                    "Build images on a pool of Microsoft's machines, or with a builder that needs no engine, such as kaniko or AWS CodeBuild.");
            }
        }
    }
}
