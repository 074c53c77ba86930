using System.Text.RegularExpressions;

namespace Tidepool.Agent.Token;

/// <summary>How the container comes to its token, and nothing that is secret. The secret itself goes from image to image through a pipe.</summary>
internal abstract partial record TokenSettings
{
    /// <summary>Variables that hold a secret; no image but the first ever has them.</summary>
    public static readonly IReadOnlyList<string> SecretVariables = ["AZP_TOKEN", "AZP_CLIENT_SECRET"];

    private const string DefaultAuthorityHost = "https://login.microsoftonline.com";
    private const int ShortestSecret = 16;

    private TokenSettings()
    {
    }

    /// <summary>AZP_TOKEN: a personal access token, or a Microsoft Entra access token as it is.</summary>
    public sealed record Given : TokenSettings;

    /// <summary>AZP_TOKEN_FILE: a file that holds such a token, read anew each time.</summary>
    public sealed record InFile(string Path) : TokenSettings;

    /// <summary>AZP_CLIENT_ID, AZP_TENANT_ID, AZP_CLIENT_SECRET: an application's service principal, whose tokens are fetched from AZP_AUTHORITY_HOST.</summary>
    /// <param name="AuthorityHost">Without a slash at its end.</param>
    public sealed record ServicePrincipal(string ClientId, string TenantId, string AuthorityHost) : TokenSettings;

    /// <summary>Which way the environment takes. In any image but the first the secret is not there any more, so its absence means nothing.</summary>
    /// <exception cref="AgentException">A setting is missing or wrong.</exception>
    public static TokenSettings Read() => Optional("AZP_TOKEN_FILE") is { } file
        ? new InFile(Path.GetFullPath(file))
        : Optional("AZP_CLIENT_ID") is null && Optional("AZP_TENANT_ID") is null && Optional("AZP_CLIENT_SECRET") is null
        ? new Given()
        : new ServicePrincipal(
            Identifier("AZP_CLIENT_ID", "the application (client) id of the service principal"),
            Identifier("AZP_TENANT_ID", "the directory (tenant) id or a domain of the tenant"),
            Authority(Optional("AZP_AUTHORITY_HOST") ?? DefaultAuthorityHost));

    /// <summary>
    /// The secret that the environment holds, or the file's token. A text so short that it is part of other variables by chance
    /// could not be kept from the jobs.
    /// </summary>
    /// <exception cref="AgentException">There is none, more than one, or it cannot be one.</exception>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate (52 or 84 characters)</remarks>
    public static string RequireSecret()
    {
        string[] ways = ["AZP_TOKEN", "AZP_TOKEN_FILE", "AZP_CLIENT_ID"];
        if (ways.Where(name => Optional(name) is not null).ToArray() is { Length: > 1 } several)
        {
            throw new AgentException(
                "AGENT020",
                $"{string.Join(" and ", several)} are both set, and each is a way to the token.",
                "Set one of AZP_TOKEN, AZP_TOKEN_FILE, or AZP_CLIENT_ID with AZP_TENANT_ID and AZP_CLIENT_SECRET.",
                ExitCode.WrongUsage);
        }
        return Read() switch
        {
            InFile(var path) => FileToken.Read(path),
            ServicePrincipal => Require("AZP_CLIENT_SECRET", "the value of a client secret of that application") is { Length: >= ShortestSecret } secret
                ? secret
                : throw new AgentException(
                    "AGENT021",
                    $"AZP_CLIENT_SECRET is shorter than {ShortestSecret} characters, so it is no client secret of Microsoft Entra.",
                    "Set it to the secret's whole value.",
                    ExitCode.WrongUsage),
            _ => MustBeToken(Require("AZP_TOKEN", "a token that may register agents"), "AZP_TOKEN"),
        };
    }

    /// <exception cref="AgentException">The text is too short to be a token.</exception>
    internal static string MustBeToken(string token, string source) => token.Length >= ShortestSecret
        ? token
        : throw new AgentException(
            "AGENT010",
            $"{source} is shorter than {ShortestSecret} characters, so it is no token of Azure DevOps.",
            "Set it to a whole personal access token.",
            ExitCode.WrongUsage);

    // The id becomes part of a URL, so nothing but an id may be in it.
    private static string Identifier(string name, string meaning) => Require(name, meaning) is var value && IdentifierText().IsMatch(value)
        ? value
        : throw Wrong($"{name} is \"{value}\".", $"Set it to {meaning}.");

    // The secret goes there, so it must be encrypted on its way; what does not leave the machine needs no encryption.
    private static string Authority(string host) =>
        Uri.TryCreate(host, UriKind.Absolute, out var url) && (url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback))
            && url is { AbsolutePath: "/", Query: "", UserInfo: "" }
            ? host.TrimEnd('/')
            : throw Wrong($"AZP_AUTHORITY_HOST is \"{host}\".", $"Set it to an https URL without a path, as in {DefaultAuthorityHost}, or unset it.");

    private static string Require(string name, string meaning) => Optional(name) ?? throw Wrong($"{name} is not set.", $"Set it to {meaning}.");

    // What was put into a secret with echo ends with a line break.
    private static string? Optional(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;

    private static AgentException Wrong(string what, string mend) => new("AGENT001", what, mend, ExitCode.WrongUsage);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9.-]*$")]
    private static partial Regex IdentifierText();
}
