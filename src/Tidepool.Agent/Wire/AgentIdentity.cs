using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Wire;

/// <summary>
/// The agent's RSA key: proves who it is and opens the session's key. It never leaves this process's memory, but for an agent
/// that is configured in one process and run in another: that one keeps it in its folder, as Microsoft's agent does.
/// </summary>
internal sealed class AgentIdentity(RSA key) : IDisposable
{
    private static readonly TimeSpan AssertionLife = TimeSpan.FromMinutes(5);

    /// <summary>2048 bits, the size that the service expects.</summary>
    public static AgentIdentity Create()
    {
        var key = RSA.Create(2048);

        // The key is made at first use; make it here, where it runs beside other work.
        key.ExportParameters(includePrivateParameters: false);
        return new(key);
    }

    /// <summary>A key that another process kept.</summary>
    public static AgentIdentity Of(RSAParameters parameters) => new(RSA.Create(parameters));

    /// <summary>The private key, for <see cref="Registration.IdentityFiles"/> alone.</summary>
    public RSAParameters Export() => key.ExportParameters(includePrivateParameters: true);

    public TaskAgentPublicKey PublicKey
    {
        get
        {
            var parameters = key.ExportParameters(includePrivateParameters: false);
            return new(Convert.ToBase64String(parameters.Exponent!), Convert.ToBase64String(parameters.Modulus!));
        }
    }

    /// <summary>A JWT with which the agent asks for an access token.</summary>
    public string Assert(Guid clientId, string audience, DateTimeOffset now)
    {
        var signed = $"{Encode("""{"typ":"JWT","alg":"RS256"}"""u8)}.{Encode(Claims(clientId, audience, now))}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Encode(signature)}";
    }

    /// <summary>The session's AES key, in the clear; null where the service sends messages in the clear.</summary>
    public byte[]? OpenSessionKey(TaskAgentSessionKey? sessionKey) => sessionKey switch
    {
        null => null,
        { Encrypted: false } => Convert.FromBase64String(sessionKey.Value),
        _ => key.Decrypt(Convert.FromBase64String(sessionKey.Value), RSAEncryptionPadding.OaepSHA1),
    };

    /// <summary>A message's body as JSON text.</summary>
    public static byte[] OpenMessage(TaskAgentMessage message, byte[]? sessionKey)
    {
        if (sessionKey is null || message.Iv is null)
        {
            return Encoding.UTF8.GetBytes(message.Body);
        }
        using var aes = Aes.Create();
        aes.Key = sessionKey;
        return aes.DecryptCbc(Convert.FromBase64String(message.Body), Convert.FromBase64String(message.Iv));
    }

    public void Dispose() => key.Dispose();

    private static ReadOnlySpan<byte> Claims(Guid clientId, string audience, DateTimeOffset now)
    {
        var claims = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(claims))
        {
            json.WriteStartObject();
            json.WriteString("sub", clientId);
            json.WriteString("iss", clientId);
            json.WriteString("jti", Guid.NewGuid());
            json.WriteString("aud", audience);
            json.WriteNumber("nbf", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + AssertionLife).ToUnixTimeSeconds());
            json.WriteEndObject();
        }
        return claims.WrittenSpan;
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
