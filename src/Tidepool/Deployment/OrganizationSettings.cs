using System.Text.RegularExpressions;

namespace Tidepool.Deployment;

/// <summary>Which organization and pool, and as whom.</summary>
public sealed partial record OrganizationSettings(Uri Url, OrganizationCredential Credential, string Pool)
{
    private const string DefaultAuthority = "https://login.microsoftonline.com";
    private const int ShortestToken = 16;

    internal static OrganizationSettings? Read(EnvironmentFile file, IReadOnlyDictionary<string, string> environment, List<Problem> problems)
    {
        var before = problems.Count;
        var look = new Look(file, environment, problems);
        var url = ReadUrl(look);
        var credential = ReadCredential(look);
        var pool = ReadPool(look);
        return problems.Count == before ? new(url!, credential!, pool!) : null;
    }

    /// <summary>Reads which organization and as whom, for what needs no pool.</summary>
    /// <param name="root">The clone's root folder, where <c>.env</c> is.</param>
    /// <param name="environment">The environment; what it sets and is not empty wins over <c>.env</c>.</param>
    /// <exception cref="ProblemsException">SETTINGS001 to SETTINGS006: every fault at once.</exception>
    public static (Uri Url, OrganizationCredential Credential) LoadSignIn(string root, IReadOnlyDictionary<string, string> environment)
    {
        var problems = new List<Problem>();
        var file = EnvironmentFile.Read(Path.Combine(root, EnvironmentFile.Name), problems);
        var look = new Look(file, environment, problems);
        var (url, credential) = problems.Count > 0 ? (null, null) : (ReadUrl(look), ReadCredential(look));
        return problems.Count == 0 ? (url!, credential!) : throw new ProblemsException(problems);
    }

    private static Uri? ReadUrl(Look look)
    {
        if (look.Required("AZP_URL", "the organization's URL, as in https://dev.azure.com/contoso") is not { } found)
        {
            return null;
        }

        Uri? Refuse(string why, string mend)
        {
            look.Fault("SETTINGS004", $"{found.Place}: AZP_URL is '{found.Value}', {why}", mend);
            return null;
        }

        const string Form = "Write it as in https://dev.azure.com/contoso.";
        if (!Uri.TryCreate(found.Value, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
        {
            return Refuse("which is no URL.", Form);
        }

        if (url.UserInfo.Length > 0)
        {
            // Not quoted: a token may stand there.
            look.Fault("SETTINGS004", $"{found.Place}: AZP_URL holds a user name or token.", $"Leave it out. {Form}");
            return null;
        }

        var segments = url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (url, segments) switch
        {
            ({ Scheme: "http", IsLoopback: false }, _) => Refuse("and over http the token could be read on the way.", "Use https."),
            ({ Query.Length: > 0 } or { Fragment.Length: > 0 }, _) => Refuse("which has more than an organization.", Form),
            ({ Host: "dev.azure.com" }, []) => Refuse("which names no organization.", Form),
            ({ Host: "dev.azure.com" }, [var organization, _, ..]) => Refuse(
                "which has more than an organization.", $"Write https://dev.azure.com/{organization}; agents belong to the organization, not to a project."),
            (_, [] or ["DefaultCollection"]) when url.Host.EndsWith(".visualstudio.com", StringComparison.OrdinalIgnoreCase) =>
                new(url.GetLeftPart(UriPartial.Authority)),
            _ when segments.Any(segment => Placeholder().IsMatch(segment)) => Refuse("the text of an example.", Form),
            _ => new($"{url.GetLeftPart(UriPartial.Authority)}/{string.Join('/', segments)}".TrimEnd('/')),
        };
    }

    private static OrganizationCredential? ReadCredential(Look look)
    {
        string[] parts = ["AZP_CLIENT_ID", "AZP_TENANT_ID", "AZP_CLIENT_SECRET"];
        var token = look.Optional("AZP_TOKEN");
        var given = parts.Select(look.Optional).OfType<Found>().ToList();
        if (given.Count == 0)
        {
            return token is null
                ? Missing(look)
                : IsRealToken(look, "AZP_TOKEN", token) ? new OrganizationCredential.Token(new(token.Value)) : null;
        }

        if (token is not null)
        {
            look.Fault(
                "SETTINGS006",
                $"{token.Place}: AZP_TOKEN is set, and so is {given[0].Name} ({given[0].Place}).",
                "Keep the token or the service principal.");
            return null;
        }

        foreach (var lacking in parts.Except(given.Select(found => found.Name)))
        {
            look.Fault(
                "SETTINGS006",
                $"{lacking} is not set, and {given[0].Name} is ({given[0].Place}).",
                "Set all three of AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET.");
        }

        var authority = Authority(look);
        return given.Count < parts.Length || authority is null || !IsRealToken(look, parts[2], given[2])
            ? null
            : new OrganizationCredential.ServicePrincipal(given[0].Value, given[1].Value, new(given[2].Value), authority);
    }

    private static OrganizationCredential? Missing(Look look)
    {
        look.Required("AZP_TOKEN", "a personal access token with the scope Agent Pools (Read & manage)");
        return null;
    }

    private static Uri? Authority(Look look)
    {
        if (look.Optional("AZP_AUTHORITY_HOST") is not { } found)
        {
            return new(DefaultAuthority);
        }

        if (Uri.TryCreate(found.Value, UriKind.Absolute, out var url) && (url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback)))
        {
            return url;
        }

        look.Fault(
            "SETTINGS004",
            $"{found.Place}: AZP_AUTHORITY_HOST is '{found.Value}', which is no https URL.",
            $"Write it as in {DefaultAuthority}, or leave it out.");
        return null;
    }

    private static bool IsRealToken(Look look, string name, Found found)
    {
        var token = found.Value;
        var why = token switch
        {
            _ when TokenForm().IsMatch(token) => null,
            _ when token.Any(char.IsWhiteSpace) => "has a space in it",
            _ when Placeholder().IsMatch(token) => "is the text of an example",
            { Length: < ShortestToken } => $"has {token.Length} characters, too few for a token",
            _ => null,
        };
        if (why is null)
        {
            return true;
        }

        look.Fault("SETTINGS005", $"{found.Place}: {name} {why}.", name == "AZP_TOKEN"
            ? "Make a token: User settings > Personal access tokens, scope Agent Pools (Read & manage), and put all of it there."
            : "Make a client secret for the application in Microsoft Entra, and put all of it there.");
        return false;
    }

    private static string? ReadPool(Look look)
    {
        if (look.Required("AZP_POOL", "the name of an agent pool of the organization") is not { } found)
        {
            return null;
        }

        if (!found.Value.Any(c => char.IsControl(c)) && !Placeholder().IsMatch(found.Value))
        {
            return found.Value;
        }

        look.Fault(
            "SETTINGS004",
            $"{found.Place}: AZP_POOL is '{found.Value}', the text of an example.",
            "Name a pool: Organization settings > Agent pools shows them.");
        return null;
    }

    /// <summary>A setting and where it stands.</summary>
    private sealed record Found(string Name, string Value, string Place);

    /// <summary>Reads one setting after the other: the environment first, then the file.</summary>
    private sealed class Look(EnvironmentFile file, IReadOnlyDictionary<string, string> environment, List<Problem> problems)
    {
        public void Fault(string code, string what, string mend) => problems.Add(new(code, what, mend));

        public Found? Optional(string name) => environment.GetValueOrDefault(name) is { Length: > 0 } set
            ? new(name, set.Trim(), "environment")
            : file.Entries.GetValueOrDefault(name) is { Value.Length: > 0 } entry
                ? new(name, entry.Value.Trim(), $"{EnvironmentFile.Name}:{entry.Line}")
                : null;

        public Found? Required(string name, string isA)
        {
            if (Optional(name) is { } found)
            {
                return found;
            }

            Fault(
                "SETTINGS003",
                file.Entries.GetValueOrDefault(name) is { } empty ? $"{EnvironmentFile.Name}:{empty.Line}: {name} is empty." : $"{name} is not set.",
                file.IsThere ? $"Set it in {EnvironmentFile.Name}: {isA}." : $"Copy .env.example to {EnvironmentFile.Name} and set it there: {isA}.");
            return null;
        }
    }

    // Personal access tokens: 52 characters, since 2024 84. Microsoft Entra access tokens: JWTs.
    // Source: https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
    [GeneratedRegex(@"^([A-Za-z0-9]{52}|[A-Za-z0-9]{84}|eyJ[\w-]+\.[\w-]+\.[\w-]+)$")]
    private static partial Regex TokenForm();

    [GeneratedRegex(
        @"[<>]|\.\.\.|…|^\*+$|^x+$|^your|your[-_ ]?(pat|token|pool|secret)|place-?holder|change-?me|replace-?me|token[-_ ]?here|example",
        RegexOptions.IgnoreCase)]
    private static partial Regex Placeholder();
}
