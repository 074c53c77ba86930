using System.Security.Cryptography;
using System.Text;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment;

/// <summary>
/// The secret that the agents' containers get. Its value is never read back: whether it is the token that the user has now is told by the
/// version's id, a fingerprint of the token that we choose when we put it (Secrets Manager lets the caller choose). So nobody who deploys
/// needs the right to read it.
/// </summary>
/// <remarks>
/// The fingerprint is 160 bits of an HMAC over the secret's ARN with the token as its key. Who may list versions can check a guess against
/// it, and a token's 52 or 84 random characters cannot be guessed. Source of the rule that a known id with the same value changes nothing:
/// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
/// </remarks>
internal sealed class TokenSecret(SecretsClient secrets, string secretArn)
{
    private const string Current = "AWSCURRENT";

    // A token that was put, replaced and put again needs an id of its own each time; nobody does that often.
    private const int Ids = 20;

    /// <summary>Whether the secret's current value is this token, as far as its version's id tells.</summary>
    public async Task<bool> HoldsAsync(Secret token, CancellationToken ct) => (await CurrentIdAsync(ct)) is { } id && Fingerprints(token).Contains(id);

    /// <summary>Puts the token where it is not current already.</summary>
    /// <returns>Whether anything changed.</returns>
    public async Task<bool> PutAsync(Secret token, CancellationToken ct)
    {
        if (await HoldsAsync(token, ct))
        {
            return false;
        }

        foreach (var id in Fingerprints(token))
        {
            await secrets.PutValueAsync(secretArn, token, id, ct);

            // An id that was used before is taken and ignored: the older value is current still.
            if (await CurrentIdAsync(ct) == id)
            {
                return true;
            }
        }

        await secrets.PutValueAsync(secretArn, token, ct);
        return true;
    }

    private async Task<string?> CurrentIdAsync(CancellationToken ct) =>
        (await secrets.DescribeAsync(secretArn, ct))?.VersionIdsToStages?.FirstOrDefault(version => version.Value.Contains(Current)).Key;

    private IEnumerable<string> Fingerprints(Secret token) => Enumerable.Range(0, Ids).Select(i => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal()), Encoding.UTF8.GetBytes($"{secretArn} {i}")).AsSpan(0, 20)));
}
