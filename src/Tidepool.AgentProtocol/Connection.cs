namespace Tidepool.AgentProtocol;

/// <summary>The answer to <c>_apis/connectionData</c>: who the caller is and where the resources are.</summary>
public sealed record ConnectionData
{
    public Identity? AuthenticatedUser { get; init; }
    public Identity? AuthorizedUser { get; init; }
    public Guid InstanceId { get; init; }
    public Guid DeploymentId { get; init; }

    /// <summary><c>hosted</c> or <c>onPremises</c>; agents rewrite the host of returned URLs in the second case.</summary>
    public string? DeploymentType { get; init; }
    public LocationServiceData? LocationServiceData { get; init; }
}

public sealed record Identity
{
    public Guid Id { get; init; }
    public string? Descriptor { get; init; }
    public string? SubjectDescriptor { get; init; }
    public string? ProviderDisplayName { get; init; }
    public bool IsActive { get; init; }
}

public sealed record LocationServiceData
{
    public Guid ServiceOwner { get; init; }
    public string? DefaultAccessMappingMoniker { get; init; }
    public IReadOnlyList<AccessMapping> AccessMappings { get; set; } = [];
    public int LastChangeId { get; init; }
    public long LastChangeId64 { get; init; }
    public bool ClientCacheFresh { get; init; }

    /// <summary>Seconds.</summary>
    public int ClientCacheTimeToLive { get; set; } = 3600;
    public IReadOnlyList<ServiceDefinition> ServiceDefinitions { get; set; } = [];
}

public sealed record AccessMapping
{
    public string? DisplayName { get; init; }
    public string? Moniker { get; init; }
    public string? AccessPoint { get; init; }
    public Guid ServiceOwner { get; init; }
    public string? VirtualDirectory { get; init; }
}

/// <summary>One resource location: a GUID that clients know and the route template it stands for.</summary>
public sealed record ServiceDefinition
{
    public string ServiceType { get; set; } = "";
    public Guid Identifier { get; init; }
    public string DisplayName { get; set; } = "";
    public string RelativeToSetting { get; set; } = "fullyQualified";
    public string RelativePath { get; set; } = "";
    public string Description { get; set; } = "";
    public Guid ServiceOwner { get; init; }
    public IReadOnlyList<string> LocationMappings { get; set; } = [];
    public string ToolId { get; set; } = "";
    public IReadOnlyDictionary<string, string> Properties { get; set; } = new Dictionary<string, string>();
    public int ResourceVersion { get; init; }
    public string MinVersion { get; set; } = "1.0";
    public string MaxVersion { get; set; } = "12.0";
}
