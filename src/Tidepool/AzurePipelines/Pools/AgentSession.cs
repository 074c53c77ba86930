using System.Security.Cryptography;
using System.Text;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>One agent listening. Only <see cref="AgentPool"/> changes it, under its lock.</summary>
internal sealed class AgentSession(RegisteredAgent agent, string? ownerName)
{
    public Guid Id { get; } = Guid.NewGuid();
    public RegisteredAgent Agent { get; } = agent;
    public string? OwnerName { get; } = ownerName;

    /// <summary>AES-256; message bodies are encrypted with it.</summary>
    public byte[] Key { get; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>Messages not deleted yet, in order of their ids.</summary>
    public List<PoolMessage> Messages { get; } = [];
    public int PollsUnderWay { get; set; }
    public DateTimeOffset BeganAt { get; init; }
    public DateTimeOffset LastSeen { get; set; }

    /// <summary>Completes when there is something new: a message, or the session's end.</summary>
    public TaskCompletionSource Changed { get; private set; } = NewSignal();

    public void Wake()
    {
        var signal = Changed;
        Changed = NewSignal();
        signal.SetResult();
    }

    public TaskAgentSession ToWire()
    {
        using var rsa = Agent.PublicKey?.ToRsa();
        return new()
        {
            SessionId = Id,
            OwnerName = OwnerName,
            Agent = Agent.ToReference(),
            EncryptionKey = rsa is null
                ? new(Encrypted: false, Convert.ToBase64String(Key))
                : new(Encrypted: true, Convert.ToBase64String(rsa.Encrypt(Key, RSAEncryptionPadding.OaepSHA1))),
        };
    }

    /// <summary>Encrypts a message for this session.</summary>
    public TaskAgentMessage Seal(long messageId, string type, string body)
    {
        using var aes = Aes.Create();
        aes.Key = Key;
        return new()
        {
            MessageId = messageId,
            MessageType = type,
            Iv = Convert.ToBase64String(aes.IV),
            Body = Convert.ToBase64String(aes.EncryptCbc(Encoding.UTF8.GetBytes(body), aes.IV)),
        };
    }

    // Waiters run elsewhere: a continuation must not run under the pool's lock.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A message that waits in a session until the agent deletes it.</summary>
/// <param name="Body">Writes the body for an agent that reaches the organization by this URL.</param>
/// <param name="Request">The job request that the message hands out or cancels.</param>
internal sealed record PoolMessage(long Id, string Type, Func<Uri, string> Body, JobRequest Request);
