using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;

namespace Tidepool.Deployment.Aws;

/// <summary>The credentials as AWSSDK.Core finds them: keys, profile with its SSO session or role, container, web identity, machine.</summary>
/// <remarks>
/// Calls that the SDK itself makes for them (SSO, assuming a role) honour HTTPS_PROXY and SSL_CERT_FILE, but not AWS_CA_BUNDLE.
/// </remarks>
internal sealed class AwsCredentials
{
    // The machine's own metadata service, last in the chain, does not answer outside of AWS.
    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(15);

    private readonly AWSCredentials _credentials;
    private readonly TimeProvider _clock;

    private AwsCredentials(AWSCredentials credentials, string source, CredentialProfile? profile, TimeProvider clock) =>
        (_credentials, Source, Profile, _clock) = (credentials, source, profile, clock);

    /// <summary>Where they come from, for a person.</summary>
    public string Source { get; }

    /// <summary>The profile that is used, with its region and endpoints.</summary>
    public CredentialProfile? Profile { get; }

    public static async Task<AwsCredentials> FindAsync(AwsOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (!string.IsNullOrEmpty(options.Profile))
        {
            return OfProfile(options.Profile, clock);
        }

        if (OfVariables(options.Environment) is { } keys)
        {
            return new(keys, "environment variables", profile: null, clock);
        }

        var named = options.Environment.GetValueOrDefault("AWS_PROFILE");
        if (!string.IsNullOrEmpty(named))
        {
            // The SDK goes on to the machine's role as if none were named; Terraform does not.
            Existing(named, "Correct AWS_PROFILE");
        }

        try
        {
            var found = await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync(null).WaitAsync(LongestSearch, clock, ct);
            new CredentialProfileStoreChain().TryGetProfile(string.IsNullOrEmpty(named) ? "default" : named, out var profile);
            return new(found, Kind(found, profile?.Name), profile, clock);
        }
        catch (Exception e) when (e is AmazonClientException or TimeoutException)
        {
            throw new ProblemException(
                "AWS001",
                "No AWS credentials were found: aws_profile is empty, and neither the environment nor the default profile has any.",
                "Set aws_profile in terraform/terraform.tfvars, or AWS_PROFILE, or run 'aws configure sso'.");
        }
    }

    /// <summary>The keys as they are now; the SDK renews those that end.</summary>
    public async Task<ImmutableCredentials> GetAsync(CancellationToken ct)
    {
        try
        {
            return await _credentials.GetCredentialsAsync().WaitAsync(LongestSearch, _clock, ct);
        }
        catch (Exception e) when (IsOfTheSearch(e))
        {
            throw NoKeys(Source, e);
        }
    }

    // First, as Terraform's AWS provider has it.
    private static AWSCredentials? OfVariables(IReadOnlyDictionary<string, string> environment)
    {
        var (key, secret) = (environment.GetValueOrDefault("AWS_ACCESS_KEY_ID"), environment.GetValueOrDefault("AWS_SECRET_ACCESS_KEY"));
        return string.IsNullOrEmpty(key) || string.IsNullOrEmpty(secret) ? null
            : environment.GetValueOrDefault("AWS_SESSION_TOKEN") is { Length: > 0 } token ? new SessionAWSCredentials(key, secret, token)
            : new BasicAWSCredentials(key, secret);
    }

    private static CredentialProfile Existing(string name, string mend)
    {
        var chain = new CredentialProfileStoreChain();
        if (chain.TryGetProfile(name, out var profile))
        {
            return profile;
        }

        var known = chain.ListProfiles().Select(other => other.Name).Distinct().Order(StringComparer.Ordinal).ToList();
        throw new ProblemException(
            "AWS002",
            $"AWS profile '{name}' does not exist; there {(known.Count == 0 ? "are none" : $"is {string.Join(", ", known)}")}.",
            $"{mend}, or make the profile: 'aws configure sso' or 'aws configure'.");
    }

    private static AwsCredentials OfProfile(string name, TimeProvider clock)
    {
        var profile = Existing(name, "Correct aws_profile in terraform/terraform.tfvars");
        if (profile.Options.LoginSession is { Length: > 0 })
        {
            throw new ProblemException(
                "AWS002",
                $"Profile '{name}' signs in by 'aws login', which Tidepool cannot read.",
                $"Let aws_profile be empty, and run: eval \"$(aws configure export-credentials --profile {name} --format env)\"");
        }

        try
        {
            return new(profile.GetAWSCredentials(profile.CredentialProfileStore), $"profile '{name}'", profile, clock);
        }
        catch (Exception e) when (IsOfTheSearch(e))
        {
            throw NoKeys($"profile '{name}'", e);
        }
    }

    // The sources of credentials share no exception: files, programs, the SDK's own calls.
    private static bool IsOfTheSearch(Exception e) => e
        is AmazonClientException or AmazonServiceException or ProcessAWSCredentialException or HttpRequestException
        or TimeoutException or InvalidOperationException or ArgumentException or IOException;

    private static ProblemException NoKeys(string source, Exception e)
    {
        // The outer text may only say that a role could not be assumed.
        var reasons = new[] { e, e.GetBaseException() }.Distinct().Select(reason => reason.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.'));
        return new(
            "AWS002",
            $"{char.ToUpperInvariant(source[0])}{source[1..]} gave no credentials: {string.Join(": ", reasons)}.",
            "Sign in again ('aws sso login'), or correct the profile.");
    }

    private static string Kind(AWSCredentials credentials, string? profile) => credentials switch
    {
        AssumeRoleWithWebIdentityCredentials => "web identity",
        GenericContainerCredentials => "container",
        InstanceProfileAWSCredentials => "machine's role",
        _ => profile is null or "default" ? "default profile" : $"profile '{profile}'",
    };
}
