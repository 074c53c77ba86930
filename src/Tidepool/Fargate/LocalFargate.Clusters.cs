using Tidepool.Tasks;

namespace Tidepool.Fargate;

public sealed partial class LocalFargate
{
    /// <summary>Makes a cluster; one that is there is answered as it is.</summary>
    public Task<EcsCluster> CreateClusterAsync(string name, CancellationToken ct) => CreateClusterAsync(new CreateClusterRequest { ClusterName = name }, ct);

    /// <summary>Makes a cluster; one that is there is answered as it is.</summary>
    /// <exception cref="EcsException">The name or a capacity provider cannot be.</exception>
    public async Task<EcsCluster> CreateClusterAsync(CreateClusterRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!EcsName.IsValid(request.ClusterName))
        {
            // Inferred text.
            throw new EcsException(EcsErrorType.InvalidParameterException, "Cluster name contains invalid characters.");
        }

        CheckProviders(request.CapacityProviders, request.DefaultCapacityProviderStrategy);
        ClusterLoop? added = null;
        ClusterLoop cluster;
        lock (_stopping)
        {
            ObjectDisposedException.ThrowIf(_stopped is not null, this);
            cluster = _clusters.GetOrAdd(request.ClusterName, name => added = new(_parts, name));
        }

        return await cluster.AskAsync(() => cluster.Create(request, isNew: ReferenceEquals(cluster, added)), ct);
    }

    /// <summary>Describes clusters by name or ARN, deleted ones too; those that never were are failures.</summary>
    public Task<DescribeClustersResponse> DescribeClustersAsync(IReadOnlyList<string> clusters, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var names = (clusters is { Count: > 0 } ? clusters : ["default"]).Select(EcsArns.NameOf).ToArray();
        return Task.FromResult(new DescribeClustersResponse(
            [.. names.Select(name => _clusters.GetValueOrDefault(name)?.Cluster).OfType<EcsCluster>()],
            [.. names.Where(name => !_clusters.ContainsKey(name)).Select(name => new EcsFailure(_parts.Arns.Cluster(name), "MISSING"))]));
    }

    /// <summary>ARNs of all clusters that were not deleted, by name.</summary>
    public Task<IReadOnlyList<string>> ListClustersAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<string>>(
            [.. _clusters.Values.Where(cluster => cluster.IsActive).Select(cluster => cluster.Cluster.ClusterArn).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Changes settings of a cluster.</summary>
    /// <exception cref="EcsException">No such cluster.</exception>
    public async Task<EcsCluster> UpdateClusterAsync(UpdateClusterRequest request, CancellationToken ct)
    {
        var loop = ClusterOf(request.Cluster);
        return await loop.AskAsync(
            () => loop.Change(cluster => cluster with
            {
                Settings = request.Settings ?? cluster.Settings,
                Configuration = request.Configuration ?? cluster.Configuration,
            }),
            ct);
    }

    /// <summary>Says which capacity providers a cluster has, and which are taken by default.</summary>
    /// <exception cref="EcsException">No such cluster or capacity provider.</exception>
    public async Task<EcsCluster> PutClusterCapacityProvidersAsync(PutClusterCapacityProvidersRequest request, CancellationToken ct)
    {
        var loop = ClusterOf(request.Cluster);
        CheckProviders(request.CapacityProviders, request.DefaultCapacityProviderStrategy);
        return await loop.AskAsync(
            () => loop.Change(cluster => cluster with
            {
                CapacityProviders = request.CapacityProviders,
                DefaultCapacityProviderStrategy = request.DefaultCapacityProviderStrategy,
            }),
            ct);
    }

    /// <summary>Deletes a cluster that has no active service and no task; it stays as INACTIVE.</summary>
    /// <exception cref="EcsException">No such cluster, or it is in use.</exception>
    public async Task<EcsCluster> DeleteClusterAsync(string cluster, CancellationToken ct)
    {
        var loop = ClusterOf(cluster);
        return await loop.AskAsync(loop.Delete, ct);
    }

    private ClusterLoop ClusterOf(string nameOrArn) => _clusters.GetValueOrDefault(EcsArns.NameOf(nameOrArn)) switch
    {
        null => throw new EcsException(EcsErrorType.ClusterNotFoundException, "Cluster not found."),
        { IsActive: false } => throw new EcsException(EcsErrorType.ClientException, "The referenced cluster was inactive."),
        var cluster => cluster,
    };

    private static void CheckProviders(IReadOnlyList<string> providers, IReadOnlyList<CapacityProviderStrategyItem> strategy)
    {
        if (providers.FirstOrDefault(provider => provider is not ("FARGATE" or "FARGATE_SPOT")) is { } unknown)
        {
            // Inferred text.
            throw new EcsException(EcsErrorType.InvalidParameterException, $"The specified capacity provider '{unknown}' was not found.");
        }

        CheckStrategy(providers, strategy);
    }

    private static void CheckStrategy(IReadOnlyList<string> providers, IReadOnlyList<CapacityProviderStrategyItem> strategy)
    {
        if (strategy.Any(item => !providers.Contains(item.CapacityProvider)))
        {
            // Inferred text; the rule is stated by AWS.
            throw new EcsException(
                EcsErrorType.InvalidParameterException,
                "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. "
                    + "Associate the capacity provider with the cluster and try again.");
        }
    }
}
