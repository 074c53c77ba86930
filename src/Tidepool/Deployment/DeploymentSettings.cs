using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment;

/// <summary>What the user says of a deployment: Azure DevOps from <c>.env</c>, AWS from <c>terraform/terraform.tfvars</c>.</summary>
public sealed record DeploymentSettings
{
    /// <summary>The clone's root folder.</summary>
    public required string Root { get; init; }

    /// <summary><c>AZP_URL</c>: the organization, without a slash at the end.</summary>
    public required Uri OrganizationUrl { get; init; }

    /// <summary><c>AZP_TOKEN</c>, or <c>AZP_CLIENT_ID</c>, <c>AZP_TENANT_ID</c> and <c>AZP_CLIENT_SECRET</c>.</summary>
    public required OrganizationCredential Credential { get; init; }

    /// <summary><c>AZP_POOL</c>: the agent pool's name.</summary>
    public required string Pool { get; init; }

    /// <summary>What of AWS is meant.</summary>
    public required TerraformSettings Terraform { get; init; }

    /// <summary>The environment that the settings were read with.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Which credentials and region the AWS clients use.</summary>
    public AwsOptions Aws => Terraform.ToAwsOptions(Environment);

    /// <summary>Reads the settings.</summary>
    /// <param name="root">The clone's root folder.</param>
    /// <param name="environment">The environment; what it sets and is not empty wins over <c>.env</c>.</param>
    /// <exception cref="ProblemsException">SETTINGS001 to SETTINGS008: every fault at once, each with its file and line.</exception>
    public static DeploymentSettings Load(string root, IReadOnlyDictionary<string, string> environment)
    {
        var reading = Read(root, environment);
        return reading.Settings ?? throw new ProblemsException(reading.Problems);
    }

    /// <summary>Reads the settings, and answers what was wrong instead of throwing it.</summary>
    public static SettingsReading Read(string root, IReadOnlyDictionary<string, string> environment)
    {
        var problems = new List<Problem>();
        var file = EnvironmentFile.Read(Path.Combine(root, EnvironmentFile.Name), problems);
        // Of a file with a line that cannot be read nothing is known, not even what is missing.
        var organization = problems.Count > 0 ? null : OrganizationSettings.Read(file, environment, problems);
        var ofOrganization = problems.Count;
        var terraform = TerraformSettings.Read(root, environment, problems);
        if (problems.Count > ofOrganization)
        {
            terraform = null;
        }

        var settings = organization is null || terraform is null
            ? null
            : new DeploymentSettings
            {
                Root = root,
                OrganizationUrl = organization.Url,
                Credential = organization.Credential,
                Pool = organization.Pool,
                Terraform = terraform,
                Environment = environment,
            };
        return new(settings, organization, terraform, problems);
    }

    /// <summary>This process's environment.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment() =>
        System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "");
}

/// <summary>What a look at the settings found.</summary>
/// <param name="Settings">Null where there are problems.</param>
/// <param name="Organization">The part that says which organization; null where there are problems with it.</param>
/// <param name="Terraform">The part that says what of AWS; null where there are problems with it.</param>
/// <param name="Problems">Every fault, in the order of files and lines.</param>
public sealed record SettingsReading(
    DeploymentSettings? Settings, OrganizationSettings? Organization, TerraformSettings? Terraform, IReadOnlyList<Problem> Problems);
