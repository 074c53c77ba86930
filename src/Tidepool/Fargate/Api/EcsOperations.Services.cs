using System.Text.Json.Nodes;

namespace Tidepool.Fargate.Api;

/// <summary>Services.</summary>
internal sealed partial class EcsOperations
{
    private const int MostServices = 10;
    private const int ServicesOfPage = 10;

    // What services may have on AWS and have no part in here.
    private static readonly string[] NotOfServices =
    [
        "loadBalancers", "serviceRegistries", "vpcLatticeConfigurations", "placementConstraints", "placementStrategy",
    ];

    private async Task<object> CreateServiceAsync(JsonObject body, CancellationToken ct)
    {
        RefuseOfServices(body, "CreateService");
        var request = Read<CreateServiceRequest>(body) with { LaunchType = Text(body, "launchType") };
        return new { service = await fargate.CreateServiceAsync(request, ct) };
    }

    private async Task<object> UpdateServiceAsync(JsonObject body, CancellationToken ct)
    {
        RefuseOfServices(body, "UpdateService");
        return new { service = await fargate.UpdateServiceAsync(Read<UpdateServiceRequest>(body), ct) };
    }

    private async Task<object> DeleteServiceAsync(JsonObject body, CancellationToken ct) =>
        new { service = await fargate.DeleteServiceAsync(Read<DeleteServiceRequest>(body), ct) };

    private async Task<object> DescribeServicesAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<DescribeServices>(body);
        NotEmpty(request.Services, "Services", MostServices);
        var found = await fargate.DescribeServicesAsync(request.Cluster, request.Services, ct);
        return request.Include?.Contains("TAGS") is true
            ? found
            : found with { Services = [.. found.Services.Select(service => service with { Tags = null })] };
    }

    private async Task<object> ListServicesAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<ListServices>(body);
        var found = (await fargate.ListServicesAsync(request.Cluster, ct))
            .Where(service => request.LaunchType is null || service.LaunchType == request.LaunchType)
            .Where(service => request.SchedulingStrategy is null || service.SchedulingStrategy == request.SchedulingStrategy)
            .Select(service => service.ServiceArn);
        var page = Page.Of([.. found], request.NextToken, request.MaxResults, ServicesOfPage);
        return new { serviceArns = page.Items, page.NextToken };
    }

    private static void RefuseOfServices(JsonObject body, string request)
    {
        if (body["serviceConnectConfiguration"] is JsonObject connect && connect["enabled"]?.GetValueKind() is System.Text.Json.JsonValueKind.False)
        {
            body.Remove("serviceConnectConfiguration");
        }

        Refuse(body, request, [.. NotOfServices, "serviceConnectConfiguration"]);
        if (body["deploymentConfiguration"] is JsonObject deployment)
        {
            Refuse(deployment, request, "lifecycleHooks", "linearConfiguration", "canaryConfiguration");
            if (deployment["alarms"] is JsonObject alarms && alarms["enable"]?.GetValueKind() is System.Text.Json.JsonValueKind.False)
            {
                deployment.Remove("alarms");
            }

            Refuse(deployment, request, "alarms");
        }
    }

    private sealed record DescribeServices(IReadOnlyList<string> Services, string Cluster = "default", IReadOnlyList<string>? Include = null);

    private sealed record ListServices(
        string Cluster = "default", string? LaunchType = null, string? SchedulingStrategy = null, string? NextToken = null, int? MaxResults = null);
}
