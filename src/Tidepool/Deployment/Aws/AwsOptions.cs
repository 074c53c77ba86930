namespace Tidepool.Deployment.Aws;

/// <summary>Which account and region are meant, as far as the settings say.</summary>
public sealed record AwsOptions
{
    /// <summary>Profile of the AWS configuration files; null or empty for what the environment says.</summary>
    public string? Profile { get; init; }

    /// <summary>Region, as in <c>eu-central-1</c>; null or empty for AWS_REGION, AWS_DEFAULT_REGION, then the profile's region.</summary>
    public string? Region { get; init; }

    /// <summary>The environment; keys, endpoints and certificate authorities are read from it. Other sources of credentials read the process's own.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
}
