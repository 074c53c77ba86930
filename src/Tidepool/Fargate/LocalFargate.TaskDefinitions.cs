using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

public sealed partial class LocalFargate
{
    // Each family's revisions, the first one first; a deleted one keeps its place, so that its number is not used again.
    private readonly ConcurrentDictionary<string, ImmutableList<TaskDefinition>> _definitions = new();
    private readonly Lock _registering = new();

    // A request that is registered again, the same object, makes revisions that share their parts.
    private readonly ConditionalWeakTable<RegisterTaskDefinitionRequest, RegisterTaskDefinitionRequest> _completed = [];
    private static readonly IReadOnlyList<string> BothKinds = ["EC2", "FARGATE"];
    private static readonly IReadOnlyList<string> InstancesOnly = ["EC2"];

    /// <summary>Registers a task definition; its revision is the next of its family.</summary>
    /// <exception cref="EcsException">The first of Fargate's refusals.</exception>
    /// <exception cref="ProblemException">Valid on Fargate, and something that this local Fargate does not do.</exception>
    public async Task<TaskDefinition> RegisterTaskDefinitionAsync(RegisterTaskDefinitionRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var violations = TaskDefinitionRules.Violations(request);
        if (request.RequiresCompatibilities.Contains("FARGATE") && violations is [var first, ..])
        {
            throw first.ToEcsException();
        }

        if (LocalLimits.Of(request, _parts.Upstream is not null).Concat(_parts.Ebs.Refusals(request)).Concat(await _parts.Runtime.RefusalsAsync(request, _parts.Options.RefuseUnknownImages, ct)).FirstOrDefault() is { } limit)
        {
            throw new ProblemException(limit);
        }

        lock (_registering)
        {
            var earlier = _definitions.GetValueOrDefault(request.Family, []);
            var definition = new TaskDefinition(
                _completed.GetValue(request, TaskDefinitionDefaults.Of), _parts.Arns.TaskDefinition(request.Family, earlier.Count + 1), earlier.Count + 1)
            {
                RegisteredAt = _parts.Clock.GetUtcNow(),
                Compatibilities = violations.Count == 0 ? BothKinds : InstancesOnly,
            };
            _definitions[request.Family] = earlier.Add(definition);
            return definition;
        }
    }

    /// <summary>Describes a task definition, a deregistered one too when its revision is named.</summary>
    /// <exception cref="EcsException">No such task definition.</exception>
    public Task<TaskDefinition> DescribeTaskDefinitionAsync(string taskDefinition, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(FindDefinition(taskDefinition)
            ?? throw new EcsException(EcsErrorType.ClientException, "Unable to describe task definition."));
    }

    /// <summary>All task definitions, by family and revision; deleted ones are not there.</summary>
    public Task<IReadOnlyList<TaskDefinition>> ListTaskDefinitionsAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<TaskDefinition>>(
            [.. _definitions.OrderBy(family => family.Key, StringComparer.Ordinal).SelectMany(family => family.Value).Where(IsThere)]);
    }

    /// <summary>Makes a revision INACTIVE: what uses it goes on, nothing new can.</summary>
    /// <exception cref="EcsException">No such revision.</exception>
    public Task<TaskDefinition> DeregisterTaskDefinitionAsync(string taskDefinition, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(
            (HasRevision(taskDefinition)
                ? Change(taskDefinition, definition => definition with
                {
                    Status = definition.Status is "ACTIVE" ? "INACTIVE" : definition.Status,
                    DeregisteredAt = definition.DeregisteredAt ?? _parts.Clock.GetUtcNow(),
                })
                : null) ?? throw new EcsException(EcsErrorType.ClientException, "The specified task definition does not exist."));
    }

    /// <summary>Deletes revisions that are INACTIVE; they are DELETE_IN_PROGRESS as long as tasks or services use them.</summary>
    /// <returns>Those that are being deleted, and those that could not be.</returns>
    public Task<(IReadOnlyList<TaskDefinition> Deleted, IReadOnlyList<EcsFailure> Failures)> DeleteTaskDefinitionsAsync(
        IReadOnlyList<string> taskDefinitions, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var (deleted, failures) = (new List<TaskDefinition>(), new List<EcsFailure>());
        foreach (var name in taskDefinitions)
        {
            var found = HasRevision(name) ? FindDefinition(name) : null;
            if (found is null or { Status: "ACTIVE" })
            {
                failures.Add(new(
                    found?.TaskDefinitionArn ?? name,
                    found is null
                        ? "The specified task definition does not exist. Specify a valid account, family, revision and try again."
                        : "The specified task definition is still in ACTIVE status. Please deregister the target and try again."));
                continue;
            }

            deleted.Add(Change(name, definition => definition with
            {
                Status = "DELETE_IN_PROGRESS",
                DeleteRequestedAt = definition.DeleteRequestedAt ?? _parts.Clock.GetUtcNow(),
            })!);
        }

        return Task.FromResult<(IReadOnlyList<TaskDefinition>, IReadOnlyList<EcsFailure>)>((deleted, failures));
    }

    private TaskDefinition? FindDefinition(string nameOrArn)
    {
        var parts = EcsArns.NameOf(nameOrArn).Split(':');
        var revisions = _definitions.GetValueOrDefault(parts[0], []);
        var found = parts is [_, var number]
            ? int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revisions.ElementAtOrDefault(revision - 1) : null
            : revisions.FindLast(definition => definition.Status is "ACTIVE");
        return found is not null && IsThere(found) ? found : null;
    }

    /// <summary>What new tasks can be made of.</summary>
    private TaskDefinition DefinitionOf(string nameOrArn) => FindDefinition(nameOrArn) switch
    {
        null => throw new EcsException(EcsErrorType.ClientException, "TaskDefinition not found."),
        { Status: not "ACTIVE" } => throw new EcsException(EcsErrorType.InvalidParameterException, "TaskDefinition is inactive"),
        var definition => definition,
    };

    private TaskDefinition? Change(string name, Func<TaskDefinition, TaskDefinition> change)
    {
        lock (_registering)
        {
            if (FindDefinition(name) is not { } found)
            {
                return null;
            }

            var changed = change(found);
            _definitions[found.Family] = _definitions[found.Family].SetItem(found.Revision - 1, changed);
            return changed;
        }
    }

    private bool IsThere(TaskDefinition definition) => definition.Status is not "DELETE_IN_PROGRESS" || _clusters.Values.Any(cluster =>
        cluster.Tasks.Values.Any(task => !task.IsStopped && task.Task.TaskDefinitionArn == definition.TaskDefinitionArn)
        || cluster.Services.Values.Any(service => !service.IsGone && service.Service.TaskDefinition == definition.TaskDefinitionArn));

    private static bool HasRevision(string nameOrArn) => EcsArns.NameOf(nameOrArn).Contains(':', StringComparison.Ordinal);
}
