using System.Text.RegularExpressions;

namespace Tidepool.Deployment;

/// <summary>What <c>terraform/terraform.tfvars</c> says of AWS, as far as the command line needs it before Terraform runs.</summary>
/// <param name="AwsProfile">Profile of the AWS configuration files; empty for what the environment says.</param>
/// <param name="AwsRegion">Region, as in <c>eu-central-1</c>.</param>
/// <param name="ClusterName">The ECS cluster.</param>
/// <param name="HasFile">Whether there is a <c>terraform.tfvars</c>; without one the defaults hold.</param>
public sealed partial record TerraformSettings(string AwsProfile, string AwsRegion, string ClusterName, bool HasFile)
{
    /// <summary>Where the file is, below the clone's root.</summary>
    public const string FileName = "terraform/terraform.tfvars";

    /// <summary>The defaults of <c>terraform/variables.tf</c>; a test holds both equal.</summary>
    public static TerraformSettings Defaults { get; } = new(AwsProfile: "", AwsRegion: "us-east-1", ClusterName: "tidepool", HasFile: false);

    internal static TerraformSettings Read(string root, IReadOnlyDictionary<string, string> environment, List<Problem> problems)
    {
        var file = VariablesFile.Read(Path.Combine(root, FileName), FileName, ["aws_profile", "aws_region", "cluster_name"], problems);
        string Value(string name, string otherwise, Regex form, string mend)
        {
            var (value, place) = file.Entries.TryGetValue(name, out var entry) ? (entry.Value, $"{FileName}:{entry.Line}")
                : environment.GetValueOrDefault($"TF_VAR_{name}") is { } set ? (set, $"environment: TF_VAR_{name}")
                : (otherwise, "");
            if (!form.IsMatch(value))
            {
                problems.Add(new("SETTINGS008", $"{place}: {name} is '{value}'.", mend));
            }

            return value;
        }

        return new(
            Value("aws_profile", Defaults.AwsProfile, Profile(), "Name a profile on one line, or leave it empty for the environment's credentials."),
            Value("aws_region", Defaults.AwsRegion, Region(), "Write a region's code, as in eu-central-1."),
            Value("cluster_name", Defaults.ClusterName, Cluster(), "Use 1 to 255 letters, digits, hyphens and underscores."),
            file.IsThere);
    }

    [GeneratedRegex(@"^[^\p{Cc}]*$")]
    private static partial Regex Profile();

    [GeneratedRegex(@"^[a-z]{2,4}(-[a-z]+)+-\d+$")]
    private static partial Regex Region();

    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,255}$")]
    private static partial Regex Cluster();
}
