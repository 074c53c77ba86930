using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Which GUID stands for which route. Clients know the GUIDs; people and other tools know the routes.</summary>
/// <remarks>
/// Routes are those of Azure DevOps' public REST API. Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask
/// The GUIDs were seen in the source of the agent, https://github.com/microsoft/azure-pipelines-agent, and of the Node client,
/// https://github.com/microsoft/azure-devops-node-api; its release 17.0.1 drives runs of this service in a test.
/// </remarks>
internal static class ResourceLocations
{
    public const string Pools = "_apis/distributedtask/pools";
    public const string Usage = "_apis/distributedtask/resourceusage";
    public const string Plans = "{scopeIdentifier}/_apis/distributedtask/hubs/{hubName}/plans/{planId}";
    public const string Tasks = "_apis/distributedtask/tasks";
    public const string CustomerIntelligence = "_apis/customerintelligence/Events";
    public const string FeatureFlags = "_apis/FeatureAvailability/FeatureFlags";

    public const string Containers = "_apis/resources/Containers";
    public const string Packages = "_apis/distributedtask/packages";
    public const string Projects = "_apis/projects";

    private const string DistributedTask = "distributedtask";
    private const string Project = "{project}/_apis";
    private const string Builds = $"{Project}/build/builds/{{buildId}}";
    private const string Pipelines = $"{Project}/pipelines/{{pipelineId}}";
    private const string Repositories = $"{Project}/git/repositories/{{repositoryId}}";

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
        ("30ba3ada-fedf-4da8-bbb5-dacf2f82e176", DistributedTask, "usercapabilities", $"{Pools}/{{poolId}}/agents/{{agentId}}/usercapabilities"),
        ("8cc1b02b-ae49-4516-b5ad-4f9b29967c30", DistributedTask, "updates", $"{Pools}/{{poolId}}/agents/{{agentId}}/updates"),
        ("8ffcd551-079c-493a-9c02-54346299d144", DistributedTask, "packages", $"{Packages}/{{packageType}}/{{platform}}/{{version}}"),
        ("900fa995-c559-4923-aae7-f8424fe4fbea", DistributedTask, "queues", $"{Project}/distributedtask/queues/{{queueId}}"),
        ("eae1d376-a8b1-4475-9041-1dfdbe8f0143", DistributedTask, "resourceusage", Usage),
        ("adcfd8bc-b184-43ba-bd84-7c8c6a2ff421", DistributedTask, "securefiles", $"{Project}/distributedtask/securefiles/{{secureFileId}}"),
        ("f5b09dd5-9d54-45a1-8b5a-1c8287d634cc", DistributedTask, "variablegroups", $"{Project}/distributedtask/variablegroups/{{groupId}}"),
        ("ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7", DistributedTask, "variablegroups", "_apis/distributedtask/variablegroups/{groupId}"),
        ("0cd358e1-9217-4d94-8269-1c1ee6f93dcf", "build", "builds", Builds),
        ("dbeaf647-6167-421a-bda9-c9327b25e2e6", "build", "definitions", $"{Project}/build/definitions/{{definitionId}}"),
        ("54481611-01f4-47f3-998f-160da0f0c229", "build", "latest", $"{Project}/build/latest/{{definition}}"),
        ("1db06c96-014e-44e1-ac91-90b2d4b3e984", "build", "artifacts", $"{Builds}/artifacts"),
        ("35a80daf-7f30-45fc-86e8-6b813d9c90df", "build", "logs", $"{Builds}/logs/{{logId}}"),
        ("8baac422-4c6e-4de5-8532-db96d92acffa", "build", "timeline", $"{Builds}/timeline/{{timelineId}}"),
        ("6e6114b2-8161-44c8-8f6c-c5505782427f", "build", "tags", $"{Builds}/tags/{{tag}}"),
        ("d84ac5c6-edc7-43d5-adc9-1b34be5dea09", "build", "tags", $"{Project}/build/tags"),
        ("0a6312e9-0627-49b7-8083-7d74a64849c9", "build", "properties", $"{Builds}/properties"),
        ("54572c7b-bbd3-45d4-80dc-28be08941620", "build", "changes", $"{Builds}/changes"),
        ("5a21f5d2-5642-47e4-a0bd-1356e6731bee", "build", "workitems", $"{Builds}/workitems"),
        ("3da19a6a-f088-45c4-83ce-2ad3a87be6c4", "build", "leases", $"{Builds}/leases"),
        ("272051e4-9af1-45b5-ae22-8d960a5539d4", "build", "leases", $"{Project}/build/retention/leases/{{leaseId}}"),
        ("b8aac6c9-744b-46e1-88fc-3550969f9313", "build", "stages", $"{Builds}/stages/{{stageRefName}}"),
        ("f2192269-89fa-4f94-baf6-8fb128c55159", "build", "attachments", $"{Builds}/attachments/{{type}}"),
        ("af5122d3-3438-485e-a25a-2dbbfde84ee6", "build", "attachments", $"{Builds}/{{timelineId}}/{{recordId}}/attachments/{{type}}/{{name}}"),
        ("28e1305e-2afe-47bf-abaf-cbb0e6a91988", "pipelines", "pipelines", Pipelines),
        ("7859261e-d2e9-4a68-b820-a5d84cc5bb3d", "pipelines", "runs", $"{Pipelines}/runs/{{runId}}"),
        ("53df2d18-29ea-46a9-bee0-933540f80abf", "pipelines", "preview", $"{Pipelines}/preview"),
        ("fb1b6d27-3957-43d5-a14b-a2d70403e545", "pipelines", "logs", $"{Pipelines}/runs/{{runId}}/logs/{{logId}}"),
        ("85023071-bd5e-4438-89b0-2a5bf362a19d", "pipelines", "artifacts", $"{Pipelines}/runs/{{runId}}/artifacts"),
        ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", $"{Projects}/{{projectId}}"),
        ("225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories", Repositories),
        ("2d874a60-a811-4f62-9c9f-963a6ea0a55b", "git", "refs", $"{Repositories}/refs"),
        ("fb93c0db-47ed-4a31-8c20-47552878fb44", "git", "items", $"{Repositories}/items"),
        ("c2570c3b-5b3f-41b8-98bf-5407bfde8d58", "git", "commits", $"{Repositories}/commits/{{commitId}}"),
        ("e4f5c81e-e250-447b-9fef-bd48471bea5e", "Container", "Containers", $"{Containers}/{{containerId}}"),
        ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/resourceAreas/{areaId}"),
        ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/connectionData"),
    ];

    /// <summary>The areas by id, as far as clients ask for them.</summary>
    public static readonly IReadOnlyDictionary<Guid, string> Areas = new Dictionary<Guid, string>
    {
        [new("a85b8835-c1a1-4aac-ae97-1c3d0ba72dbd")] = DistributedTask,
        [new("5d6898bb-45ec-463f-95f9-54d49c71752e")] = "build",
        [new("965220d5-5bb9-42cf-8d67-9b146df2a5a4")] = "build",
        [new("5264459e-e5e0-4bd8-b118-0985e68a4ec5")] = "pipelines",
        [new("79134c72-4a58-4b42-976c-04e7115f32bf")] = "core",
        [new("4e080c62-fa21-4fbc-8fef-2a10a2b38049")] = "git",
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
