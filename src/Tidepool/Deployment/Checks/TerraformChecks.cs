using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Checks;

/// <summary>Terraform, and whether it is new enough for this configuration.</summary>
internal sealed partial class TerraformChecks(string root, IReadOnlyDictionary<string, string> environment)
{
    private const string Link = "https://developer.hashicorp.com/terraform/install";

    public IEnumerable<Check> All() => [new("terraform", "Terraform", Link, VersionAsync)];

    private async Task<CheckResult> VersionAsync(Check check, CancellationToken ct)
    {
        // Asks nobody whether there is a newer one.
        var quiet = new Dictionary<string, string>(environment) { ["CHECKPOINT_DISABLE"] = "1" };
        var needed = Needed();
        var mend = needed is null ? $"Install Terraform: {Link}" : $"Install Terraform {needed} or newer: {Link}";
        if (await ProgramRun.OfAsync("terraform", ["version", "-json"], root, quiet, ct) is not { } run)
        {
            return check.Failed(new("DOCTOR004", "There is no terraform on the PATH.", mend));
        }

        if (run.ExitCode != 0 || Parse(run.Output) is not { } found)
        {
            return check.Failed(new("DOCTOR004", $"'terraform version -json' failed: {run.FirstError}", mend));
        }

        return needed is null ? check.Note($"version {found}; terraform/versions.tf names no version to compare with")
            : found >= needed ? check.Ok($"version {found}; {needed} or newer is needed")
            : check.Failed(new("DOCTOR005", $"Terraform is {found}; terraform/versions.tf needs {needed}.", mend));
    }

    /// <summary>The oldest version that <c>required_version</c> of the configuration takes.</summary>
    private Version? Needed()
    {
        var file = Path.Combine(root, "terraform", "versions.tf");
        return File.Exists(file)
            && Required().Match(File.ReadAllText(file)) is { Success: true } match
            && Version.TryParse(match.Groups[1].Value, out var version)
                ? version
                : null;
    }

    private static Version? Parse(string output)
    {
        try
        {
            using var answer = JsonDocument.Parse(output);
            // A pre-release counts as the release: 1.12.0-beta1.
            return Version.TryParse(answer.RootElement.GetProperty("terraform_version").GetString()?.Split('-')[0], out var version) ? version : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex("""(?m)^\s*required_version\s*=\s*"[^"]*>=\s*([0-9]+\.[0-9]+(?:\.[0-9]+)?)""")]
    private static partial Regex Required();
}
