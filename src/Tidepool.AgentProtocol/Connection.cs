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
    public IReadOnlyList<AccessMapping> AccessMappings { get; init; } = [];
    public int LastChangeId { get; init; }
    public long LastChangeId64 { get; init; }
    public bool ClientCacheFresh { get; init; }

    /// <summary>Seconds.</summary>
    public int ClientCacheTimeToLive { get; init; } = 3600;
    public IReadOnlyList<ServiceDefinition> ServiceDefinitions { get; init; } = [];
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
    public string ServiceType { get; init; } = "";
    public Guid Identifier { get; init; }
    public string DisplayName { get; init; } = "";
    public string RelativeToSetting { get; init; } = "fullyQualified";
    public string RelativePath { get; init; } = "";
    public string Description { get; init; } = "";
    public Guid ServiceOwner { get; init; }
    public IReadOnlyList<string> LocationMappings { get; init; } = [];
    public string ToolId { get; init; } = "";
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
    public int ResourceVersion { get; init; }
    public string MinVersion { get; init; } = "1.0";
    public string MaxVersion { get; init; } = "12.0";
}
