using System.Text.RegularExpressions;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment;

/// <summary>What <c>terraform/terraform.tfvars</c> says of AWS, as far as the command line needs it before Terraform runs.</summary>
/// <param name="AwsProfile">Profile of the AWS configuration files; empty for what the environment says.</param>
/// <param name="AwsRegion">Region, as in <c>eu-central-1</c>.</param>
/// <param name="ClusterName">The ECS cluster.</param>
/// <param name="CpuArchitecture">What tasks run on: ARM64 or X86_64.</param>
/// <param name="HasFile">Whether there is a <c>terraform.tfvars</c>; without one the defaults hold.</param>
public sealed partial record TerraformSettings(string AwsProfile, string AwsRegion, string ClusterName, string CpuArchitecture, bool HasFile)
{
    /// <summary>Where the file is, below the clone's root.</summary>
    public const string FileName = "terraform/terraform.tfvars";

    /// <summary>The defaults of <c>terraform/variables.tf</c>; a test holds both equal. The region has none: it must be chosen.</summary>
    public static TerraformSettings Defaults { get; } = new(AwsProfile: "", AwsRegion: "", ClusterName: "tidepool", CpuArchitecture: "ARM64", HasFile: false);

    /// <summary>Which credentials and region the AWS clients use.</summary>
    public AwsOptions ToAwsOptions(IReadOnlyDictionary<string, string> environment) =>
        new() { Profile = AwsProfile, Region = AwsRegion, Environment = environment };

    internal static TerraformSettings Read(string root, IReadOnlyDictionary<string, string> environment, List<Problem> problems)
    {
        var file = VariablesFile.Read(Path.Combine(root, FileName), FileName, ["aws_profile", "aws_region", "cluster_name", "cpu_architecture"], problems);
        string Value(string name, string otherwise, Regex form, string mend)
        {
            var (value, place) = file.Entries.TryGetValue(name, out var entry) ? (entry.Value, $"{FileName}:{entry.Line}")
                : environment.GetValueOrDefault($"TF_VAR_{name}") is { } set ? (set, $"environment: TF_VAR_{name}")
                : (otherwise, "");
            if (place.Length == 0 && value.Length == 0 && !form.IsMatch(value))
            {
                problems.Add(new(
                    "SETTINGS003",
                    $"{name} is not set{(file.IsThere ? $" in {FileName}" : "")}.",
                    file.IsThere ? $"Set it there. {mend}" : $"Copy {FileName}.example to {FileName} and set it there. {mend}"));
            }
            else if (!form.IsMatch(value))
            {
                problems.Add(new("SETTINGS008", $"{place}: {name} is '{value}'.", mend));
            }

            return value;
        }

        return new(
            Value("aws_profile", Defaults.AwsProfile, Profile(), "Name a profile on one line, or leave it empty for the environment's credentials."),
            Value("aws_region", Defaults.AwsRegion, Region(), "Write a region's code, as in eu-central-1."),
            Value("cluster_name", Defaults.ClusterName, Cluster(), "Use 2 to 32 lower-case letters, digits and single hyphens, with a letter first."),
            Value("cpu_architecture", Defaults.CpuArchitecture, Architecture(), "Write ARM64 or X86_64."),
            file.IsThere);
    }

    [GeneratedRegex(@"^[^\p{Cc}]*$")]
    private static partial Regex Profile();

    // This and the next two as the validations of terraform/variables.tf have them.
    [GeneratedRegex("^[a-z]{2}(-[a-z]+)+-[0-9]+$")]
    private static partial Regex Region();

    [GeneratedRegex("^(ARM64|X86_64)$")]
    private static partial Regex Architecture();

    [GeneratedRegex("^(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]$")]
    private static partial Regex Cluster();
}
