using System.Net.Http.Headers;
using System.Text;

namespace Tidepool.Agent.Token;

/// <summary>Gives the token that adds agents to a pool and removes them, whichever way the container comes to it.</summary>
internal abstract class TokenSource : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _secrets = [];
    private Action<string> _tell = _ => { };

    /// <summary>What the user mends when the service refuses the token.</summary>
    public abstract string MendWhenRefused { get; }

    /// <summary>Makes the source that the settings ask for.</summary>
    /// <param name="secret">What <see cref="TokenSettings.RequireSecret"/> gave.</param>
    /// <param name="http">A client that honours the proxy settings.</param>
    public static TokenSource Of(TokenSettings settings, string secret, HttpClient http, TimeProvider clock) => settings switch
    {
        TokenSettings.InFile(var path) => new FileToken(path, clock),
        TokenSettings.ServicePrincipal principal => new ServicePrincipalTokens(principal, secret, http, clock),
        _ => new GivenToken(secret, clock),
    };

    /// <summary>A token that is good now and for some minutes.</summary>
    /// <exception cref="AgentException">There is none; never holds a secret.</exception>
    /// <remarks>
    /// It goes where Microsoft's <c>config.sh</c> asks for a personal access token (VSTS_AGENT_INPUT_TOKEN), also when it is a Microsoft
    /// Entra access token. That this works is what users report; Microsoft does not state it, and nobody could try it for Tidepool.
    /// Source: https://github.com/MicrosoftDocs/azure-devops-docs/issues/13363
    /// </remarks>
    public ValueTask<string> TokenAsync(CancellationToken ct) => TokenAsync(refused: false, ct);

    /// <summary>The Authorization header of calls to the service: Bearer for a Microsoft Entra access token, else Basic.</summary>
    /// <param name="refused">Whether the token given before was not accepted.</param>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity</remarks>
    public async ValueTask<AuthenticationHeaderValue> AuthorizeAsync(bool refused, CancellationToken ct)
    {
        var token = await TokenAsync(refused, ct);
        return Jwt.IsOne(token)
            ? new("Bearer", token)
            : new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"VstsAgent:{token}")));
    }

    /// <summary>Has every secret told, those known by now and each one that comes, so that it can be masked.</summary>
    public void TellSecrets(Action<string> tell)
    {
        lock (_gate)
        {
            _tell = tell;
            foreach (var secret in _secrets)
            {
                tell(secret);
            }
        }
    }

    public virtual void Dispose()
    {
    }

    /// <param name="refused">Whether the token given before was not accepted.</param>
    protected abstract ValueTask<string> TokenAsync(bool refused, CancellationToken ct);

    protected void Learn(string secret)
    {
        lock (_gate)
        {
            if (_secrets.Add(secret))
            {
                _tell(secret);
            }
        }
    }

    /// <summary>Refuses a Microsoft Entra access token that ended: the service would only say that it is not authorized.</summary>
    protected static string MustBeCurrent(string token, string source, TimeProvider clock) =>
        Jwt.IsOne(token) && Jwt.EndOf(token) is { } end && end <= clock.GetUtcNow()
            ? throw new AgentException(
                "AGENT025",
                $"The Microsoft Entra access token in {source} ended at {end.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC.",
                "Set AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET instead: tokens of a service principal are renewed.")
            : token;
}

/// <summary>The token of AZP_TOKEN, for as long as it is good.</summary>
internal sealed class GivenToken : TokenSource
{
    private readonly string _token;
    private readonly TimeProvider _clock;

    public GivenToken(string token, TimeProvider clock)
    {
        (_token, _clock) = (token, clock);
        Learn(token);
    }

    public override string MendWhenRefused => "Set AZP_TOKEN to a token of this organization that may manage agent pools.";

    protected override ValueTask<string> TokenAsync(bool refused, CancellationToken ct) =>
        ValueTask.FromResult(MustBeCurrent(_token, "AZP_TOKEN", _clock));
}

/// <summary>The token of a file, read each time: what renews it need not start the container anew.</summary>
/// <remarks>A job can read what this process can read, so AZP_TOKEN keeps a token from the jobs and a file does not.</remarks>
internal sealed class FileToken(string path, TimeProvider clock) : TokenSource
{
    private const int LongestFile = 64 * 1024;

    public override string MendWhenRefused => "Put a token of this organization that may manage agent pools into the file of AZP_TOKEN_FILE.";

    /// <exception cref="AgentException">The file cannot be read, or holds no token.</exception>
    public static string Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Length: > LongestFile }
                ? throw Unreadable(path, $"it is longer than {LongestFile / 1024} KiB")
                : TokenSettings.MustBeToken(File.ReadAllText(path).Trim(), $"The token in {path}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e.Message.TrimEnd('.'));
        }
    }

    protected override ValueTask<string> TokenAsync(bool refused, CancellationToken ct)
    {
        var token = MustBeCurrent(Read(path), path, clock);
        Learn(token);
        return ValueTask.FromResult(token);
    }

    private static AgentException Unreadable(string path, string why) => new(
        "AGENT024",
        $"AZP_TOKEN_FILE names {path}, which could not be read: {why}.",
        "Let it name a file that holds the token and that the agent's user may read.");
}
