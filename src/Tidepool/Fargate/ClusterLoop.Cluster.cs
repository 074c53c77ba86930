using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>The cluster itself, its tags and those of what it holds, and the client tokens it has seen.</summary>
internal sealed partial class ClusterLoop
{
    private readonly Dictionary<string, (string Request, IReadOnlyList<string> Arns)> _clientTokens = [];

    /// <summary>Makes the cluster as asked for; one that is there stays as it is. Only in the loop.</summary>
    public EcsCluster Create(CreateClusterRequest request, bool isNew)
    {
        if (isNew || !IsActive)
        {
            _cluster = new()
            {
                ClusterArn = _cluster.ClusterArn,
                ClusterName = Name,
                Tags = request.Tags,
                Settings = request.Settings is { Count: > 0 } settings ? settings : [new("containerInsights", "disabled")],
                Configuration = request.Configuration,
                CapacityProviders = request.CapacityProviders,
                DefaultCapacityProviderStrategy = request.DefaultCapacityProviderStrategy,
            };
            _clientTokens.Clear();
        }

        return Cluster;
    }

    /// <summary>Changes the cluster. Only in the loop.</summary>
    public EcsCluster Change(Func<EcsCluster, EcsCluster> change)
    {
        _cluster = change(_cluster);
        return Cluster;
    }

    /// <summary>Deletes the cluster when it is empty. Only in the loop.</summary>
    public EcsCluster Delete()
    {
        if (_services.Values.Any(service => service.IsActive))
        {
            throw new EcsException(
                EcsErrorType.ClusterContainsServicesException, "The Cluster cannot be deleted while Services are active.");
        }

        if (_tasks.Values.Any(task => !task.IsStopped))
        {
            throw new EcsException(EcsErrorType.ClusterContainsTasksException, "The Cluster cannot be deleted while Tasks are active.");
        }

        return Change(cluster => cluster with { Status = "INACTIVE" });
    }

    /// <summary>Changes the tags of the cluster, a service or a task; false when there is no such. Only in the loop.</summary>
    public bool Tag(string arn, Func<IReadOnlyList<EcsTag>, IReadOnlyList<EcsTag>> change)
    {
        if (arn == _cluster.ClusterArn)
        {
            Change(cluster => cluster with { Tags = change(cluster.Tags ?? []) });
            return true;
        }

        if (_services.Values.FirstOrDefault(service => service.Service.ServiceArn == arn && !service.IsGone) is { } state)
        {
            _services = _services.SetItem(
                state.Service.ServiceName, state with { Service = state.Service with { Tags = change(state.Service.Tags ?? []) } });
            return true;
        }

        if (_tasks.ContainsKey(arn))
        {
            Update(arn, life => life with { Task = life.Task with { Tags = change(life.Task.Tags ?? []) } });
            return true;
        }

        return false;
    }

    /// <summary>The tags of the cluster, a service or a task; null when there is no such.</summary>
    public IReadOnlyList<EcsTag>? TagsOf(string arn) => arn == _cluster.ClusterArn
        ? _cluster.Tags
        : _services.Values.FirstOrDefault(service => service.Service.ServiceArn == arn)?.Service.Tags ?? _tasks.GetValueOrDefault(arn)?.Task.Tags;

    /// <summary>Does what a request asks for once; a repeat with the same client token is told what came of it. Only in the loop.</summary>
    /// <param name="token">The client token; null when there is none.</param>
    /// <param name="request">The request's text: what must be the same in a repeat.</param>
    /// <param name="act">Does it, and answers the ARNs of what it made.</param>
    public IReadOnlyList<string> Once(string? token, string request, Func<IReadOnlyList<string>> act)
    {
        if (token is null)
        {
            return act();
        }

        if (!_clientTokens.TryGetValue(token, out var seen))
        {
            _clientTokens[token] = seen = (request, act());
        }

        // The text is from the description of ConflictException in the service model.
        return seen.Request == request
            ? seen.Arns
            : throw new EcsException(
                EcsErrorType.ConflictException,
                "The request could not be processed due to conflicts. The provided clientToken is already in use with a different request.");
    }
}
