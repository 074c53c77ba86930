using System.Security.Cryptography;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>An agent of the pool. Only <see cref="AgentPool"/> changes it, under its lock.</summary>
internal sealed class RegisteredAgent
{
    public required int Id { get; init; }
    public required string Name { get; set; }
    public required DateTimeOffset CreatedOn { get; init; }
    public Guid ClientId { get; set; }
    public string? AuthorizationUrl { get; set; }
    public TaskAgentPublicKey? PublicKey { get; set; }
    public string? Version { get; set; }
    public string? OsDescription { get; set; }
    public bool Enabled { get; set; } = true;
    public int MaxParallelism { get; set; } = 1;
    public IReadOnlyDictionary<string, string> SystemCapabilities { get; set; } = Capabilities.None;
    public IReadOnlyDictionary<string, string> UserCapabilities { get; set; } = Capabilities.None;
    public AgentSession? Session { get; set; }
    public JobRequest? Assigned { get; set; }

    /// <summary>The request that it finished last, as it was then.</summary>
    public TaskAgentJobRequest? LastCompleted { get; set; }

    public bool Online => Session is not null;

    /// <summary>Tidepool's own agent, which may renew against a lease shorter than the service's.</summary>
    public bool IsBuiltIn =>
        SystemCapabilities.TryGetValue(Capabilities.BuiltIn, out var value) && value.Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>System and user capabilities in one; names ignore case.</summary>
    public IReadOnlyDictionary<string, string> AllCapabilities =>
        UserCapabilities.Count == 0 ? SystemCapabilities : Capabilities.Of(SystemCapabilities.Concat(UserCapabilities));

    /// <summary>The agent as a job request names it.</summary>
    public TaskAgent ToReference() => new()
    {
        Id = Id,
        Name = Name,
        Version = Version,
        OsDescription = OsDescription,
        Enabled = Enabled,
        Status = Online ? "online" : "offline",
        ProvisioningState = "Provisioned",
        AccessPoint = "CodexAccessMapping",
    };

    /// <summary>The agent as the pool lists it.</summary>
    public TaskAgent ToWire(AgentDetails details) => ToReference() with
    {
        MaxParallelism = MaxParallelism,
        CreatedOn = CreatedOn,
        Authorization = new() { AuthorizationUrl = AuthorizationUrl, ClientId = ClientId, PublicKey = PublicKey },
        SystemCapabilities = details.Capabilities ? SystemCapabilities : null,
        UserCapabilities = details.Capabilities ? UserCapabilities : null,
        AssignedRequest = details.AssignedRequest ? Assigned?.ToWire([]) : null,
        LastCompletedRequest = details.LastCompletedRequest ? LastCompleted : null,
    };
}

/// <summary>What is told of an agent beside who it is.</summary>
internal sealed record AgentDetails(bool Capabilities = false, bool AssignedRequest = false, bool LastCompletedRequest = false)
{
    public static readonly AgentDetails None = new();
}

internal static class Capabilities
{
    public const string BuiltIn = "Tidepool.BuiltIn";

    public static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    public static IReadOnlyDictionary<string, string> Of(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in pairs)
        {
            all[name] = value;
        }

        return all;
    }
}

internal static class PublicKeys
{
    public static RSA ToRsa(this TaskAgentPublicKey key)
    {
        var rsa = RSA.Create();
        rsa.ImportParameters(new() { Exponent = Convert.FromBase64String(key.Exponent), Modulus = Convert.FromBase64String(key.Modulus) });
        return rsa;
    }

    public static bool IsUsable(this TaskAgentPublicKey key)
    {
        try
        {
            using var rsa = key.ToRsa();
            return true;
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentNullException)
        {
            return false;
        }
    }
}
