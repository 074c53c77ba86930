using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Which GUID stands for which route. Clients know the GUIDs; people and other tools know the routes.</summary>
/// <remarks>
/// Routes are those of Azure DevOps' public REST API. Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask
/// The GUIDs were seen in the agent's source: https://github.com/microsoft/azure-pipelines-agent
/// </remarks>
internal static class ResourceLocations
{
    public const string Pools = "_apis/distributedtask/pools";
    public const string Usage = "_apis/distributedtask/resourceusage";
    public const string Plans = "{scopeIdentifier}/_apis/distributedtask/hubs/{hubName}/plans/{planId}";
    public const string Tasks = "_apis/distributedtask/tasks";
    public const string CustomerIntelligence = "_apis/customerintelligence/Events";
    public const string FeatureFlags = "_apis/FeatureAvailability/FeatureFlags";

    private const string DistributedTask = "distributedtask";

    private static readonly (string Id, string Area, string Resource, string Route)[] Table =
    [
        ("a8c47e17-4d56-4a56-92bb-de7ea7dc65be", DistributedTask, "pools", $"{Pools}/{{poolId}}"),
        ("e298ef32-5878-4cab-993c-043836571f42", DistributedTask, "agents", $"{Pools}/{{poolId}}/agents/{{agentId}}"),
        ("134e239e-2df3-4794-a6f6-24f1f19ec8dc", DistributedTask, "sessions", $"{Pools}/{{poolId}}/sessions/{{sessionId}}"),
        ("c3a054f6-7a8a-49c0-944e-3a8e5d7adfd7", DistributedTask, "messages", $"{Pools}/{{poolId}}/messages/{{messageId}}"),
        ("fc825784-c92a-4299-9221-998a02d1b54f", DistributedTask, "jobrequests", $"{Pools}/{{poolId}}/jobrequests/{{requestId}}"),
        ("60aac929-f0cd-4bc8-9ce4-6b30e8f1b1bd", DistributedTask, "tasks", $"{Tasks}/{{taskId}}/{{versionString}}"),
        ("46f5667d-263a-4684-91b1-dff7fdcf64e2", DistributedTask, "logs", $"{Plans}/logs/{{logId}}"),
        ("83597576-cc2c-453c-bea6-2882ae6a1653", DistributedTask, "timelines", $"{Plans}/timelines/{{timelineId}}"),
        ("8893bc5b-35b2-4be7-83cb-99e683551db4", DistributedTask, "records", $"{Plans}/timelines/{{timelineId}}/records/{{recordId}}"),
        ("858983e4-19bd-4c5e-864c-507b59b58b12", DistributedTask, "feed", $"{Plans}/timelines/{{timelineId}}/records/{{recordId}}/feed"),
        ("7898f959-9cdf-4096-b29e-7f293031629e", DistributedTask, "attachments",
            $"{Plans}/timelines/{{timelineId}}/records/{{recordId}}/attachments/{{type}}/{{name}}"),
        ("eb55e5d6-2f30-4295-b5ed-38da50b1fc52", DistributedTask, "attachments", $"{Plans}/attachments/{{type}}"),
        ("557624af-b29e-4c20-8ab0-0399d2204f3f", DistributedTask, "events", $"{Plans}/events"),
        ("5cecd946-d704-471e-a45f-3b4064fcfaba", DistributedTask, "plans", Plans),
        ("b5cc35c2-ff2b-491d-a085-24b6e9f396fd", "customerintelligence", "Events", CustomerIntelligence),
        ("3e2b80f8-9e6f-441e-8393-005610692d9c", "FeatureAvailability", "FeatureFlags", $"{FeatureFlags}/{{name}}"),
    ];

    /// <summary>The areas by id, as far as clients ask for them.</summary>
    public static readonly IReadOnlyDictionary<Guid, string> Areas = new Dictionary<Guid, string>
    {
        [new("a85b8835-c1a1-4aac-ae97-1c3d0ba72dbd")] = DistributedTask,
        [new("5d6898bb-45ec-463f-95f9-54d49c71752e")] = "build",
    };

    /// <summary>The table as connectionData carries it; with it there, clients make no OPTIONS call.</summary>
    public static readonly IReadOnlyList<ServiceDefinition> Definitions =
    [
        .. Table.Select(row => new ServiceDefinition
        {
            ServiceType = row.Area,
            Identifier = new(row.Id),
            DisplayName = row.Resource,
            ToolId = row.Resource,
            RelativePath = $"/{row.Route}",
            ResourceVersion = 6,
        }),
    ];

    /// <summary>The table as the answer to <c>OPTIONS _apis/</c>.</summary>
    public static readonly IReadOnlyList<ApiResourceLocation> Locations =
    [
        .. Table.Select(row => new ApiResourceLocation
        {
            Id = new(row.Id),
            Area = row.Area,
            ResourceName = row.Resource,
            RouteTemplate = row.Route,
        }),
    ];
}
