using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Jobs of one stage.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job. The numbering of unnamed jobs and the text about a
/// condition that is not valid are inferred.
/// </remarks>
internal sealed class JobSchema(string stageName, PipelinePool? outerPool, PipelineErrors errors)
{
    /// <summary>What the service calls the one job of a file that has only steps.</summary>
    /// <remarks>Seen in public reports of the service; not confirmed by Microsoft.</remarks>
    private const string ImpliedName = "Job";

    public IReadOnlyList<PipelineJob> Read(YamlNode jobs)
    {
        if (jobs is not SequenceNode { Items: var items })
        {
            errors.Add(jobs.Position, Unexpected.Text(jobs));
            return [];
        }
        var taken = KindOf.NamesIn(items, "job");
        List<GraphNode> nodes = [];
        List<PipelineJob> read = [];
        var complete = true;
        foreach (var item in items)
        {
            if (KindOf.Node(item, KnownKeys.JobKinds, errors) is not { } mapping)
            {
                complete = false;
                continue;
            }
            var reader = new MappingReader(mapping, KnownKeys.Job, errors);
            var (dependsOn, job) = ReadJob(reader, reader.Text("job") ?? Names.Next("Job", taken));
            nodes.Add(new GraphNode(job.Name, dependsOn, reader.Scalar("job")?.Position ?? mapping.Position));
            read.Add(job);
        }
        // A job that was refused has no name here; to say that others depend on an unknown one would mislead.
        if (complete)
        {
            GraphValidation.Check(nodes, GraphWords.OfJobs(stageName), jobs.Position, errors);
        }
        return [.. read.Select(job => job with { DependsOn = GraphNode.Spelled(job.DependsOn, nodes) })];
    }

    /// <summary>The job of a file that has only steps; the file's root carries its settings.</summary>
    public PipelineJob ReadImplied(MappingReader root, YamlNode steps) => ReadCommon(root, ImpliedName) with
    {
        // Variables and pool stay with the pipeline, whose they are.
        Pool = outerPool,
        Steps = new StepSchema(ImpliedName, errors).Read(steps),
    };

    private (IReadOnlyList<ScalarNode> DependsOn, PipelineJob Job) ReadJob(MappingReader reader, string name)
    {
        var dependsOn = reader.OneOrMany("dependsOn") ?? [];
        var condition = reader.Text("condition");
        if (Conditions.Fault(condition, ExpressionScopes.JobNames) is { } reason)
        {
            errors.Add(
                reader.Node("condition")!.Position, $"Job {name} specifies condition {condition} which is not valid. Reason: {reason}");
        }
        var job = ReadCommon(reader, name) with
        {
            DisplayName = reader.Text("displayName") ?? name,
            DependsOn = [.. dependsOn.Select(d => d.Value)],
            Condition = string.IsNullOrEmpty(condition) ? null : condition,
            Variables = VariableSchema.Read(reader, errors),
            Pool = PoolSchema.Read(reader, outerPool, errors),
            Steps = reader.Node("steps") is { } steps ? new StepSchema(name, errors).Read(steps) : NoSteps(reader, name),
        };
        return (dependsOn, job);
    }

    /// <summary>A job without steps still checks out.</summary>
    private IReadOnlyList<PipelineStep> NoSteps(MappingReader reader, string name) =>
        new StepSchema(name, errors).Read(new SequenceNode([], reader.Position));

    private PipelineJob ReadCommon(MappingReader reader, string name) => new()
    {
        Name = name,
        DisplayName = name,
        ContinueOnError = reader.FlagOrRuntime("continueOnError"),
        TimeoutInMinutes = reader.NumberOrRuntime("timeoutInMinutes"),
        CancelTimeoutInMinutes = reader.NumberOrRuntime("cancelTimeoutInMinutes"),
        WorkspaceClean = ReadWorkspace(reader),
        Position = reader.Position,
    };

    private string? ReadWorkspace(MappingReader reader)
    {
        switch (reader.Node("workspace"))
        {
            case null or ScalarNode { IsNull: true }:
                return null;
            case MappingNode mapping:
                var clean = new MappingReader(mapping, KnownKeys.Workspace, errors).Scalar("clean");
                if (clean is null or { Value: "outputs" or "resources" or "all" })
                {
                    return clean?.Value;
                }
                errors.Add(clean.Position, Unexpected.Text(clean));
                return null;
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }
}
