using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Registration;

/// <summary>
/// Who an agent is, kept in its folder between <c>configure</c>, <c>run</c> and <c>remove</c>: the same three files in the same
/// shapes as Microsoft's agent keeps. The key file is readable by the agent's user, and so by its jobs, there as here.
/// </summary>
/// <remarks>Source: https://github.com/microsoft/azure-pipelines-agent, ConfigurationStore.cs, CredentialData.cs, IRSAKeyManager.cs; and files of its v2.159.2</remarks>
internal sealed class IdentityFiles(string folder)
{
    public static readonly IReadOnlyList<string> Names = [".agent", ".credentials", ".credentials_rsaparams"];

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public bool Exist => File.Exists(At(0));

    /// <exception cref="AgentException">The folder cannot be written to.</exception>
    public void Save(AgentFile agent, CredentialFile credential, AgentIdentity identity)
    {
        try
        {
            // The key first: .agent says that the agent is configured.
            Write(2, JsonSerializer.SerializeToUtf8Bytes(KeyFile.Of(identity.Export()), IdentityJson.Default.KeyFile));
            Write(1, JsonSerializer.SerializeToUtf8Bytes(credential, IdentityJson.Default.CredentialFile));
            Write(0, JsonSerializer.SerializeToUtf8Bytes(agent, IdentityJson.Default.AgentFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentException("AGENT017", $"The agent's identity could not be kept in {folder}: {e.Message}", "Make the folder writable for the agent's user.");
        }
    }

    /// <exception cref="AgentException">The agent is not configured, or a file is not what it should be.</exception>
    public (AgentFile Agent, CredentialFile Credential, AgentIdentity Identity) Load()
    {
        var agent = LoadAgent();
        var credential = Read(1, IdentityJson.Default.CredentialFile);
        return (agent, credential, AgentIdentity.Of(Read(2, IdentityJson.Default.KeyFile).ToParameters()));
    }

    /// <inheritdoc cref="Load"/>
    public AgentFile LoadAgent() => Exist
        ? Read(0, IdentityJson.Default.AgentFile)
        : throw new AgentException("AGENT017", $"No agent is configured in {folder}.", "Configure one first.");

    public void Delete()
    {
        foreach (var name in Names)
        {
            File.Delete(Path.Combine(folder, name));
        }
    }

    private string At(int index) => Path.Combine(folder, Names[index]);

    private void Write(int index, byte[] content)
    {
        using var file = new FileStream(At(index), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        });
        file.Write(content);
    }

    private T Read<T>(int index, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            // As text: Microsoft's agent writes a byte order mark.
            return JsonSerializer.Deserialize(File.ReadAllText(At(index)), type)!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new AgentException("AGENT017", $"{At(index)} could not be read: {e.Message}", "Delete the three files of the agent's identity and configure it anew.");
        }
    }
}

/// <summary><c>.agent</c>. What else Microsoft's agent writes there is its default.</summary>
internal sealed record AgentFile
{
    public bool AcceptTeeEula { get; init; }
    public int AgentId { get; init; }
    public string AgentName { get; init; } = "";
    public int PoolId { get; init; }
    public string PoolName { get; init; } = "";
    public string ServerUrl { get; init; } = "";
    public string WorkFolder { get; init; } = "_work";
}

/// <summary><c>.credentials</c>.</summary>
/// <param name="Scheme"><c>OAuth</c>.</param>
internal sealed record CredentialFile(string Scheme, CredentialFile.OAuthData Data)
{
    /// <param name="AuthorizationUrl">As the service gave it: the audience of the agent's assertions.</param>
    /// <param name="OauthEndpointUrl">Where the agent reaches it.</param>
    public sealed record OAuthData(string ClientId, string AuthorizationUrl, string OauthEndpointUrl);
}

/// <summary><c>.credentials_rsaparams</c>: the private key's numbers, base64.</summary>
internal sealed record KeyFile(byte[] D, byte[] Dp, byte[] Dq, byte[] Exponent, byte[] InverseQ, byte[] Modulus, byte[] P, byte[] Q)
{
    public static KeyFile Of(RSAParameters key) => new(key.D!, key.DP!, key.DQ!, key.Exponent!, key.InverseQ!, key.Modulus!, key.P!, key.Q!);

    public RSAParameters ToParameters() => new()
    {
        D = D,
        DP = Dp,
        DQ = Dq,
        Exponent = Exponent,
        InverseQ = InverseQ,
        Modulus = Modulus,
        P = P,
        Q = Q,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true, WriteIndented = true)]
[JsonSerializable(typeof(AgentFile))]
[JsonSerializable(typeof(CredentialFile))]
[JsonSerializable(typeof(KeyFile))]
internal sealed partial class IdentityJson : JsonSerializerContext;
