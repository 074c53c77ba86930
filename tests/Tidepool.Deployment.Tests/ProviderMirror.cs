using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Tests;

/// <summary>The folder with Terraform's AWS provider for a machine that reaches no registry.</summary>
internal static partial class ProviderMirror
{
    private const string Provider = "registry.terraform.io/hashicorp/aws";

    /// <summary>
    /// The first folder that holds the provider: <c>TIDEPOOL_TF_PLUGIN_DIR</c>, Terraform's own places, the <c>filesystem_mirror</c> of a CLI
    /// configuration file, a folder in <c>/opt</c>. Null when there is none: then <c>terraform init</c> downloads it.
    /// </summary>
    public static string? Folder { get; } = Candidates().FirstOrDefault(Holds);

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("TIDEPOOL_TF_PLUGIN_DIR") is { Length: > 0 } given)
        {
            yield return given;
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        yield return Path.Combine(home, ".terraform.d", "plugins");
        yield return "/usr/share/terraform/plugins";
        yield return "/usr/local/share/terraform/plugins";

        var configuration = Environment.GetEnvironmentVariable("TF_CLI_CONFIG_FILE") ?? Path.Combine(home, ".terraformrc");
        if (File.Exists(configuration))
        {
            foreach (Match mirror in MirrorPath().Matches(File.ReadAllText(configuration)))
            {
                yield return mirror.Groups["path"].Value;
            }
        }

        foreach (var folder in Directory.Exists("/opt") ? Directory.GetDirectories("/opt") : [])
        {
            yield return folder;
        }
    }

    private static bool Holds(string folder)
    {
        try
        {
            return Directory.Exists(Path.Combine(folder, Provider))
                && Directory.EnumerateFiles(Path.Combine(folder, Provider), "terraform-provider-aws*", SearchOption.AllDirectories).Any();
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    [GeneratedRegex("""filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"(?<path>[^"]+)""")]
    private static partial Regex MirrorPath();
}
