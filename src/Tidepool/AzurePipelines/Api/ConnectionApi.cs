using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>How a client finds its way: connectionData, the location table, tokens, and what it may ask but need not get.</summary>
internal sealed class ConnectionApi(string organization, AgentPool pool, AccessTokens tokens, TimeProvider clock)
{
    public const string TokenRoute = "_apis/oauth2/token";

    // What Azure DevOps gives; agents ask again when it ends.
    private static readonly TimeSpan TokenLife = TimeSpan.FromDays(7);

    // Made when asked for: hashing loads OpenSSL, which a process without agents has no other use for.
    private Guid InstanceId => RecordId.Of("instance", organization);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("_apis/connectionData", ConnectAsync);
        routes.MapMethods("_apis/{area?}", ["OPTIONS"], ListLocationsAsync);
        routes.MapGet("_apis/resourceAreas", http =>
        {
            var areas = ResourceLocations.Areas.Select(area => Area(http, area.Key, area.Value)).ToList();
            return http.WriteListAsync(areas, ServiceJson.Default.CollectionResourceArea);
        });
        routes.MapGet("_apis/resourceAreas/{areaId}", http =>
        {
            var id = http.RouteGuid("areaId");
            return http.WriteAsync(Area(http, id, ResourceLocations.Areas.GetValueOrDefault(id, "")), ServiceJson.Default.ResourceArea);
        });
        routes.MapPost(TokenRoute, IssueTokenAsync);
        routes.MapGet($"{ResourceLocations.FeatureFlags}/{{name}}", http =>
            http.WriteAsync(new(http.RouteText("name"), "", "", "Off", "Off"), ServiceJson.Default.FeatureFlag));
        routes.MapPost(ResourceLocations.CustomerIntelligence, _ => Task.CompletedTask);
    }

    /// <summary>All locations, or those of one area; an area that is not here has none.</summary>
    private static Task ListLocationsAsync(HttpContext http) => http.WriteListAsync(
        http.RouteText("area") is { Length: > 0 } area
            ? [.. ResourceLocations.Locations.Where(location => location.Area.Equals(area, StringComparison.OrdinalIgnoreCase))]
            : ResourceLocations.Locations,
        ServiceJson.Default.CollectionApiResourceLocation);

    private Task ConnectAsync(HttpContext http)
    {
        var identity = http.Caller() switch
        {
            Caller.Agent agent => ToIdentity($"agent {agent.AgentId}", "Microsoft.TeamFoundation.ServiceIdentity"),
            Caller.Job job => ToIdentity($"job {job.JobId}", "Microsoft.TeamFoundation.ServiceIdentity"),
            _ => ToIdentity("owner", "Microsoft.IdentityModel.Claims.ClaimsIdentity"),
        };
        return http.WriteAsync(
            new ConnectionData
            {
                AuthenticatedUser = identity,
                AuthorizedUser = identity,
                InstanceId = InstanceId,
                DeploymentId = InstanceId,
                // With this word an agent keeps the host it was configured with, whatever URLs it gets.
                DeploymentType = "onPremises",
                LocationServiceData = new()
                {
                    DefaultAccessMappingMoniker = "PublicAccessMapping",
                    AccessMappings =
                    [
                        new()
                        {
                            DisplayName = "Host Guid Access Mapping",
                            Moniker = "PublicAccessMapping",
                            AccessPoint = $"{http.Request.Scheme}://{http.Request.Host}/",
                            VirtualDirectory = organization,
                        },
                    ],
                    LastChangeId = 1,
                    LastChangeId64 = 1,
                    ServiceDefinitions = http.Request.Query["connectOptions"] == "0" ? [] : ResourceLocations.Definitions,
                },
            },
            ProtocolJson.Default.ConnectionData);
    }

    private async Task IssueTokenAsync(HttpContext http)
    {
        var form = http.Request.HasFormContentType ? await http.Request.ReadFormAsync(http.RequestAborted) : FormCollection.Empty;
        var (agent, refusal) = AgentAssertion.Check(form["client_assertion"].ToString(), pool.FindByClient, clock.GetUtcNow());
        if (agent is null)
        {
            await http.WriteAsync(new("invalid_client", refusal!), ServiceJson.Default.TokenRefusal, StatusCodes.Status400BadRequest);
            return;
        }

        var token = tokens.Issue(new Caller.Agent(agent.Id), TokenLife);
        await http.WriteAsync(new() { AccessToken = token, ExpiresIn = (int)TokenLife.TotalSeconds }, ProtocolJson.Default.OAuthToken);
    }

    private ResourceArea Area(HttpContext http, Guid id, string name) => new(id, name, $"{http.Organization(organization)}/");

    private Identity ToIdentity(string name, string type) => new()
    {
        Id = RecordId.Of("identity", organization, name),
        Descriptor = $"{type};{RecordId.Of("identity", organization, name)}",
        SubjectDescriptor = $"svc.{RecordId.Of("identity", organization, name):N}",
        ProviderDisplayName = name,
        IsActive = true,
    };
}
