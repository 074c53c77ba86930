using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The personal access token and the tokens given out for it: who holds which.</summary>
/// <param name="personalAccessToken">The owner's.</param>
/// <param name="clock">The time.</param>
/// <param name="key">Tokens of jobs are made with it, so that a job has the same one when the service starts again. Null: one of this process.</param>
internal sealed class AccessTokens(string personalAccessToken, TimeProvider clock, byte[]? key = null)
{
    private const int FewTokens = 1000;

    // With the first request only: hashing loads OpenSSL, which a process without agents has no other use for.
    private readonly Lazy<byte[]> _ownerHash = new(() => SHA256.HashData(Encoding.UTF8.GetBytes(personalAccessToken)));
    private readonly ConcurrentDictionary<string, Issued> _issued = new();
    private readonly byte[] _key = key ?? Unguessable.Bytes(32);
    private int _sweepAt = FewTokens;

    /// <summary>Makes a token for a caller.</summary>
    public string Issue(Caller caller, TimeSpan life)
    {
        var token = caller is Caller.Job job ? OfJob(job) : Unguessable.Hex(32);
        _issued[token] = new(caller, clock.GetUtcNow() + life);
        Sweep();
        return token;
    }

    /// <summary>Ends every token of a caller after a grace.</summary>
    public void Retire(Caller caller, TimeSpan grace)
    {
        var end = clock.GetUtcNow() + grace;
        if (caller is Caller.Job job)
        {
            End(OfJob(job), end);
        }
        else
        {
            foreach (var (token, _) in _issued.Where(issued => issued.Value.Caller == caller))
            {
                End(token, end);
            }
        }
    }

    private void End(string token, DateTimeOffset end)
    {
        if (_issued.TryGetValue(token, out var entry) && entry.ExpiresAt > end)
        {
            _issued.TryUpdate(token, entry with { ExpiresAt = end }, entry);
        }
    }

    /// <summary>Forgets what has expired, each time that there are twice as many as were left the last time.</summary>
    private void Sweep()
    {
        if (_issued.Count < Volatile.Read(ref _sweepAt))
        {
            return;
        }

        foreach (var (token, _) in _issued.Where(issued => issued.Value.ExpiresAt < clock.GetUtcNow()))
        {
            _issued.TryRemove(token, out _);
        }

        Volatile.Write(ref _sweepAt, Math.Max(FewTokens, 2 * _issued.Count));
    }

    /// <summary>
    /// Who an <c>Authorization</c> header speaks for; null for nobody. Basic takes any user name, as the service does. Bearer takes a
    /// Microsoft Entra access token, told by its shape, and no personal access token; that Basic takes both is what users report.
    /// </summary>
    /// <remarks>Source: https://github.com/MicrosoftDocs/azure-devops-docs/issues/13363</remarks>
    public Caller? Resolve(string? authorization) => authorization?.Split(' ', 2, StringSplitOptions.TrimEntries) switch
    {
        [var scheme, var token] when scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) =>
            IsJsonWebToken(token) && IsOwners(token) ? new Caller.Owner() : Find(token),
        [var scheme, var pair] when scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && Password(pair) is { } secret =>
            IsOwners(secret) ? new Caller.Owner() : Find(secret),
        _ => null,
    };

    // Apart, as all that hashes here: what it is made of is loaded only for jobs.
    private string OfJob(Caller.Job job) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{job.PlanId}/{job.JobId}")));

    private static string? Password(string pair)
    {
        var bytes = new byte[pair.Length];
        if (!Convert.TryFromBase64String(pair, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.IndexOf(':') is >= 0 and var colon ? text[(colon + 1)..] : null;
    }

    private static bool IsJsonWebToken(string token) => token.StartsWith("eyJ", StringComparison.Ordinal) && token.Count(c => c == '.') == 2;

    private bool IsOwners(string secret) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), _ownerHash.Value);

    private Caller? Find(string token) =>
        _issued.TryGetValue(token, out var entry) && entry.ExpiresAt > clock.GetUtcNow() ? entry.Caller : null;

    private sealed record Issued(Caller Caller, DateTimeOffset ExpiresAt);
}
