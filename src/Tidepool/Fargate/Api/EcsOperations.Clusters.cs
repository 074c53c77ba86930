using System.Text.Json.Nodes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Api;

/// <summary>Clusters, tags and account settings.</summary>
internal sealed partial class EcsOperations
{
    // As a new account has them. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
    private static readonly (string Name, string Value)[] AccountSettings =
    [
        ("awsvpcTrunking", "disabled"),
        ("containerInsights", "disabled"),
        ("containerInstanceLongArnFormat", "enabled"),
        ("defaultLogDriverMode", "non-blocking"),
        ("dualStackIPv6", "enabled"),
        ("fargateFIPSMode", "disabled"),
        ("fargateTaskRetirementWaitPeriod", "7"),
        ("guardDutyActivate", "off"),
        ("serviceLongArnFormat", "enabled"),
        ("tagResourceAuthorization", "off"),
        ("taskLongArnFormat", "enabled"),
    ];

    private async Task<object> CreateClusterAsync(JsonObject body, CancellationToken ct)
    {
        Refuse(body, "CreateCluster", "serviceConnectDefaults");
        return new { cluster = await fargate.CreateClusterAsync(Read<CreateClusterRequest>(body), ct) };
    }

    private async Task<object> DescribeClustersAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<DescribeClusters>(body);
        var found = await fargate.DescribeClustersAsync(request.Clusters, ct);
        return found with
        {
            Clusters =
            [
                .. found.Clusters.Select(cluster => cluster with
                {
                    Tags = request.Include.Contains("TAGS") ? cluster.Tags : [],
                    Settings = request.Include.Contains("SETTINGS") ? cluster.Settings : [],
                    Configuration = request.Include.Contains("CONFIGURATIONS") ? cluster.Configuration : null,
                }),
            ],
        };
    }

    private async Task<object> ListClustersAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<Paging>(body);
        var page = Page.Of(await fargate.ListClustersAsync(ct), request.NextToken, request.MaxResults);
        return new { clusterArns = page.Items, page.NextToken };
    }

    private async Task<object> UpdateClusterAsync(JsonObject body, CancellationToken ct)
    {
        Refuse(body, "UpdateCluster", "serviceConnectDefaults");
        return new { cluster = await fargate.UpdateClusterAsync(Read<UpdateClusterRequest>(body), ct) };
    }

    private async Task<object> PutClusterCapacityProvidersAsync(JsonObject body, CancellationToken ct) =>
        new { cluster = await fargate.PutClusterCapacityProvidersAsync(Read<PutClusterCapacityProvidersRequest>(body), ct) };

    private async Task<object> DeleteClusterAsync(JsonObject body, CancellationToken ct) =>
        new { cluster = await fargate.DeleteClusterAsync(Read<OfCluster>(body).Cluster, ct) };

    private async Task<object> TagResourceAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<TagResource>(body);
        await fargate.TagResourceAsync(request.ResourceArn, request.Tags, ct);
        return new { };
    }

    private async Task<object> UntagResourceAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<UntagResource>(body);
        await fargate.UntagResourceAsync(request.ResourceArn, request.TagKeys, ct);
        return new { };
    }

    private async Task<object> ListTagsForResourceAsync(JsonObject body, CancellationToken ct) =>
        new { tags = await fargate.ListTagsForResourceAsync(Read<OfResource>(body).ResourceArn, ct) };

    private Task<object> ListAccountSettingsAsync(JsonObject body, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var request = Read<ListAccountSettings>(body);

        // Without effectiveSettings only what was set is listed, and nothing can be set.
        var settings = (request.EffectiveSettings ? AccountSettings : [])
            .Where(setting => request.Name is null || setting.Name == request.Name)
            .Where(setting => request.Value is null || setting.Value == request.Value)
            .ToDictionary(setting => setting.Name, setting => setting.Value);
        var page = Page.Of([.. settings.Keys], request.NextToken, request.MaxResults);
        return Task.FromResult<object>(new
        {
            settings = page.Items.Select(name => new { name, value = settings[name], principalArn = request.PrincipalArn ?? fargate.RootArn, type = "user" }),
            page.NextToken,
        });
    }

    private sealed record Paging(string? NextToken = null, int? MaxResults = null);

    private sealed record OfCluster(string Cluster);

    private sealed record OfResource(string ResourceArn);

    private sealed record TagResource(string ResourceArn, IReadOnlyList<EcsTag> Tags);

    private sealed record UntagResource(string ResourceArn, IReadOnlyList<string> TagKeys);

    private sealed record DescribeClusters
    {
        public IReadOnlyList<string> Clusters { get; init; } = [];

        public IReadOnlyList<string> Include { get; init; } = [];
    }

    private sealed record ListAccountSettings(
        string? Name = null, string? Value = null, string? PrincipalArn = null, bool EffectiveSettings = false, string? NextToken = null, int? MaxResults = null);
}
