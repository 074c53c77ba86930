using System.Globalization;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

using Deployment = Graph.Deployment;

/// <summary>What a deployment job has beside what every job has: its environment, and the hooks of its strategy.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-deployment. The texts about an environment that is missing
/// and about rolling are those that users of the service report: https://github.com/MicrosoftDocs/azure-devops-docs/issues/12485. That
/// a deployment without a strategy does nothing is inferred.
/// </remarks>
internal sealed class DeploymentSchema(string jobName, PoolChoice jobPool, SchemaScope scope)
{
    private readonly List<string> _demands = [];

    /// <summary>What the tasks of the hooks that run in the job's pool want of an agent; known after <see cref="Read"/>.</summary>
    public IReadOnlyList<string> Demands => _demands;

    private PipelineErrors Errors => scope.Errors;

    public Deployment Read(MappingReader job)
    {
        var environment = ReadEnvironment(job);
        if (environment is null && !job.Has("environment"))
        {
            Errors.Add(job.Position, $"Job {jobName}: Environment is required.");
        }
        var deployment = ReadStrategy(job) with { Environment = environment };
        if (deployment.Strategy == DeploymentStrategy.Rolling
            && environment is { ResourceName: null, ResourceId: null, ResourceType: null })
        {
            Errors.Add(environment.Position, "Deployment strategy: 'Rolling' is not supported for Environment scoped target.");
        }
        return deployment;
    }

    private DeploymentEnvironment? ReadEnvironment(MappingReader job)
    {
        switch (job.Node("environment"))
        {
            case null:
                return null;
            case ScalarNode { IsNull: false, Value: { Length: > 0 } text } scalar:
                // A macro has dots of its own: $(my.environment).
                var dot = text.IndexOf('.', text.LastIndexOf(')') is var macro and >= 0 ? macro : 0);
                return dot < 0
                    ? new DeploymentEnvironment(text, null, null, [], scalar.Position)
                    : new DeploymentEnvironment(text[..dot], text[(dot + 1)..], null, [], scalar.Position);
            case MappingNode mapping:
                var reader = new MappingReader(mapping, KnownKeys.Environment, Errors);
                if (reader.Text("name") is not { Length: > 0 } name)
                {
                    Errors.Add(mapping.Position, $"Job {jobName}: Environment is required.");
                    return null;
                }
                var tags = reader.OneOrMany("tags") ?? [];
                return new DeploymentEnvironment(
                    name,
                    reader.Text("resourceName"),
                    reader.Text("resourceType"),
                    [.. tags.SelectMany(t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
                    mapping.Position)
                {
                    ResourceId = reader.Text("resourceId"),
                };
            case var other:
                Errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }

    private Deployment ReadStrategy(MappingReader job)
    {
        switch (job.Node("strategy"))
        {
            case null or ScalarNode { IsNull: true }:
                return new Deployment { Strategy = DeploymentStrategy.RunOnce };
            case MappingNode mapping:
                var reader = new MappingReader(mapping, KnownKeys.DeploymentStrategy, Errors);
                foreach (var second in mapping.Entries.Where(e => KnownKeys.DeploymentStrategy.Read.Contains(e.Key.Value)).Skip(1))
                {
                    Errors.Add(second.Key.Position, $"Unexpected value '{second.Key.Value}'");
                }
                return reader.Has("rolling") ? ReadRolling(reader)
                    : reader.Has("canary") ? ReadCanary(reader)
                    : new Deployment { Strategy = DeploymentStrategy.RunOnce, Hooks = ReadHooks(reader, "runOnce", KnownKeys.RunOnce) };
            case var other:
                Errors.Add(other.Position, Unexpected.Text(other));
                return new Deployment { Strategy = DeploymentStrategy.RunOnce };
        }
    }

    private Deployment ReadRolling(MappingReader strategy)
    {
        var most = (strategy.Node("rolling") as MappingNode)?["maxParallel"] as ScalarNode;
        if (most is { IsFailed: false })
        {
            var isShare = most.Value.EndsWith('%');
            var number = MappingReader.ToNumber(isShare ? most.Value[..^1] : most.Value);
            if (number is null && !most.Value.Contains("$(", StringComparison.Ordinal) && RuntimeText.ExpressionOf(most.Value) is null)
            {
                Errors.Add(most.Position, $"{most.Value} is not supported as rolling option.");
            }
            else if (isShare && number is < 1 or > 100)
            {
                Errors.Add(most.Position, "Percentage rolling value should be with in 1 to 100.");
            }
            else if (!isShare && number is 0)
            {
                Errors.Add(most.Position, "Absolute rolling value should be greater than zero.");
            }
        }
        return new Deployment
        {
            Strategy = DeploymentStrategy.Rolling,
            MaxParallel = most?.Value,
            Hooks = ReadHooks(strategy, "rolling", KnownKeys.Rolling),
        };
    }

    private Deployment ReadCanary(MappingReader strategy)
    {
        List<int> increments = [];
        if (strategy.Node("canary") is MappingNode canary)
        {
            foreach (var one in new MappingReader(canary, Errors).OneOrMany("increments") ?? [])
            {
                if (int.TryParse(one.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var share))
                {
                    increments.Add(share);
                }
                else
                {
                    Errors.Add(one.Position, $"Expected an Integer value. Actual value: '{one.Value}'");
                }
            }
        }
        return new Deployment
        {
            Strategy = DeploymentStrategy.Canary,
            Increments = increments,
            Hooks = ReadHooks(strategy, "canary", KnownKeys.Canary),
        };
    }

    private List<DeploymentHook> ReadHooks(MappingReader strategy, string kind, KeyTable keys)
    {
        switch (strategy.Node(kind))
        {
            case null or ScalarNode { IsNull: true }:
                return [];
            case MappingNode mapping:
                var reader = new MappingReader(mapping, keys, Errors);
                List<DeploymentHook?> hooks =
                [
                    ReadHook(reader, "preDeploy", HookKind.PreDeploy),
                    ReadHook(reader, "deploy", HookKind.Deploy),
                    ReadHook(reader, "routeTraffic", HookKind.RouteTraffic),
                    ReadHook(reader, "postRouteTraffic", HookKind.PostRouteTraffic),
                ];
                if (reader.Mapping("on", KnownKeys.OnHooks) is { } on)
                {
                    hooks.Add(ReadHook(on, "failure", HookKind.OnFailure));
                    hooks.Add(ReadHook(on, "success", HookKind.OnSuccess));
                }
                return [.. hooks.OfType<DeploymentHook>()];
            case var other:
                Errors.Add(other.Position, Unexpected.Text(other));
                return [];
        }
    }

    private DeploymentHook? ReadHook(MappingReader strategy, string key, HookKind kind)
    {
        if (strategy.Mapping(key, KnownKeys.Hook) is not { } hook)
        {
            return null;
        }
        var pool = PoolSchema.Read(hook, jobPool, Errors);
        var (steps, demands) = new StepSchema(jobName, pool, scope).ReadHook(hook.Node("steps"), kind, hook.Position);
        var isOwn = !ReferenceEquals(pool, jobPool);
        if (!isOwn)
        {
            _demands.AddRange(demands);
        }
        return new DeploymentHook(kind, steps, isOwn ? TaskDemands.AddTo(pool.Pool, demands, hook.Position) : null, hook.Position)
        {
            IsAgentless = pool.IsServer,
        };
    }
}
