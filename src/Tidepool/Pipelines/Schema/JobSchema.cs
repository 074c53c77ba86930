using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Jobs of one stage.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job and
/// https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-deployment. The numbering of unnamed jobs is that of
/// https://github.com/actions/runner/blob/c8afc84/src/Sdk/DTPipelines/Pipelines/Validation/GraphValidator.cs; the text about a condition
/// that is not valid is inferred.
/// </remarks>
internal sealed class JobSchema(string stageName, PoolChoice outerPool, SchemaScope scope)
{
    /// <summary>What the service calls the one job of a file that has only steps.</summary>
    /// <remarks>Seen in public reports of the service; not confirmed by Microsoft.</remarks>
    private const string ImpliedName = "Job";

    private PipelineErrors Errors => scope.Errors;

    public IReadOnlyList<PipelineJob> Read(YamlNode jobs) => Read(jobs, KnownKeys.JobKinds, mapping => mapping);

    /// <summary>Jobs as they were once written.</summary>
    public IReadOnlyList<PipelineJob> ReadPhases(YamlNode phases) =>
        Read(phases, KnownKeys.PhaseKinds, mapping => LegacyShorthand.ToJob(mapping, Errors));

    /// <summary>The job of a file that has only steps; the file's root carries its settings.</summary>
    public PipelineJob ReadImplied(MappingReader root, YamlNode steps)
    {
        var (read, demands) = new StepSchema(ImpliedName, outerPool, scope).ReadJob(steps, root.Position);
        return ReadCommon(root, ImpliedName) with
        {
            // Variables and pool stay with the pipeline, whose they are.
            Pool = TaskDemands.AddTo(outerPool.Pool, demands, root.Position),
            IsAgentless = outerPool.IsServer,
            Strategy = StrategySchema.Read(root, Errors),
            Steps = read,
        };
    }

    private IReadOnlyList<PipelineJob> Read(YamlNode jobs, IReadOnlyList<string> kinds, Func<MappingNode, MappingNode> rewrite)
    {
        if (jobs is not SequenceNode { Items: var items })
        {
            Errors.Add(jobs.Position, Unexpected.Text(jobs));
            return [];
        }
        var taken = KindOf.NamesIn(items, "job", "deployment", "phase");
        List<GraphNode> nodes = [];
        List<PipelineJob> read = [];
        var complete = true;
        foreach (var item in items)
        {
            if (KindOf.Node(item, kinds, Errors) is not { } mapping)
            {
                complete = false;
                continue;
            }
            var isDeployment = mapping.Entries[0].Key.Value == "deployment";
            var reader = new MappingReader(rewrite(mapping), isDeployment ? KnownKeys.DeploymentJob : KnownKeys.Job, Errors);
            var key = isDeployment ? "deployment" : "job";
            var name = reader.Text(key) is { Length: > 0 } written ? written : Names.Next("Job", taken);
            var (dependsOn, job) = ReadJob(reader, name, isDeployment);
            nodes.Add(new GraphNode(job.Name, dependsOn, reader.Scalar(key)?.Position ?? mapping.Position));
            read.Add(job);
        }
        // A job that was refused has no name here; to say that others depend on an unknown one would mislead.
        if (complete)
        {
            GraphValidation.Check(nodes, GraphWords.OfJobs(stageName), jobs.Position, Errors);
        }
        return [.. read.Select(job => job with { DependsOn = GraphNode.Spelled(job.DependsOn, nodes) })];
    }

    private (IReadOnlyList<ScalarNode> DependsOn, PipelineJob Job) ReadJob(MappingReader reader, string name, bool isDeployment)
    {
        var dependsOn = reader.OneOrMany("dependsOn") ?? [];
        var condition = reader.Text("condition");
        if (Conditions.Fault(condition, ExpressionScopes.JobNames) is { } reason)
        {
            Errors.Add(
                reader.Node("condition")!.Position, $"Job {name} specifies condition {condition} which is not valid. Reason: {reason}");
        }
        var pool = PoolSchema.Read(reader, outerPool, Errors);
        var job = ReadCommon(reader, name) with
        {
            DisplayName = reader.Text("displayName") is { Length: > 0 } shown ? shown : name,
            DependsOn = [.. dependsOn.Select(d => d.Value)],
            Condition = string.IsNullOrEmpty(condition) ? null : condition,
            Variables = VariableSchema.Read(reader, scope),
            IsAgentless = pool.IsServer,
        };
        ReadUses(reader);
        return (dependsOn, isDeployment ? WithDeployment(job, reader, pool) : WithSteps(job, reader, pool));
    }

    private PipelineJob WithSteps(PipelineJob job, MappingReader reader, PoolChoice pool)
    {
        var (steps, demands) = new StepSchema(job.Name, pool, scope).ReadJob(reader.Node("steps"), reader.Position);
        return job with
        {
            Pool = TaskDemands.AddTo(pool.Pool, demands, reader.Position),
            Strategy = StrategySchema.Read(reader, Errors),
            Steps = steps,
        };
    }

    private PipelineJob WithDeployment(PipelineJob job, MappingReader reader, PoolChoice pool)
    {
        var schema = new DeploymentSchema(job.Name, pool, scope);
        var deployment = schema.Read(reader);
        return job with { Deployment = deployment, Pool = TaskDemands.AddTo(pool.Pool, schema.Demands, reader.Position) };
    }

    private PipelineJob ReadCommon(MappingReader reader, string name) => new()
    {
        Name = name,
        DisplayName = name,
        ContinueOnError = reader.FlagOrRuntime("continueOnError"),
        TimeoutInMinutes = reader.NumberOrRuntime("timeoutInMinutes"),
        CancelTimeoutInMinutes = reader.NumberOrRuntime("cancelTimeoutInMinutes"),
        WorkspaceClean = reader.Mapping("workspace", KnownKeys.Workspace)?.OneOf("clean", "outputs", "resources", "all"),
        Position = reader.Position,
    };

    /// <summary>What a job uses besides what its steps say: it only asks for permission, which nobody needs here.</summary>
    private void ReadUses(MappingReader job)
    {
        if (job.Mapping("uses", KnownKeys.Uses) is { } uses)
        {
            _ = uses.OneOrMany("pools");
            foreach (var repository in (uses.OneOrMany("repositories") ?? []).Where(r => !scope.HasRepository(r.Value)))
            {
                Errors.Add(
                    repository.Position,
                    $"The job references the repository '{repository.Value}' which is not defined by the pipeline");
            }
        }
    }
}
