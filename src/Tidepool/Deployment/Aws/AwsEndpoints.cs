using Amazon;
using Amazon.Runtime.CredentialManagement;

namespace Tidepool.Deployment.Aws;

/// <summary>Where each service is asked: AWS's regional endpoint, or a stand-in that the environment or the profile names.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html</remarks>
internal sealed class AwsEndpoints
{
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly CredentialProfile? _profile;

    private AwsEndpoints(string region, IReadOnlyDictionary<string, string> environment, CredentialProfile? profile) =>
        (Region, _environment, _profile) = (region, environment, profile);

    public string Region { get; }

    public static AwsEndpoints Of(AwsOptions options, CredentialProfile? profile)
    {
        string?[] regions =
        [
            options.Region,
            options.Environment.GetValueOrDefault("AWS_REGION"),
            options.Environment.GetValueOrDefault("AWS_DEFAULT_REGION"),
            profile?.Region?.SystemName,
        ];
        var region = regions.FirstOrDefault(region => !string.IsNullOrEmpty(region))
            ?? throw new ProblemException("AWS007", "No AWS region is set.", "Set aws_region in terraform/terraform.tfvars, or AWS_REGION.");
        return new(region, options.Environment, profile);
    }

    public Uri Of(AwsService service)
    {
        if (!bool.TryParse(_environment.GetValueOrDefault("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), out var ignored) || !ignored)
        {
            foreach (var name in (string[])[$"AWS_ENDPOINT_URL_{service.EndpointVariable}", "AWS_ENDPOINT_URL"])
            {
                if (_environment.GetValueOrDefault(name) is { Length: > 0 } url)
                {
                    return Checked(name, url);
                }
            }

            if (_profile?.EndpointUrl is { Length: > 0 } ofProfile)
            {
                return Checked($"endpoint_url of profile '{_profile.Name}'", ofProfile);
            }
        }

        return new($"https://{service.Host}.{Region}.{RegionEndpoint.GetBySystemName(Region).PartitionDnsSuffix}/");
    }

    private static Uri Checked(string name, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? new UriBuilder(uri) { Path = uri.AbsolutePath.TrimEnd('/') + "/", Query = "" }.Uri
            : throw new ProblemException("AWS007", $"{name} is '{url}', which is no URL.", "Let it be as in http://127.0.0.1:5000, or unset it.");
}
