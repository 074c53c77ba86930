using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Infrastructure;

/// <summary>Turns what Terraform says into one problem: its own words, and the one next action.</summary>
internal static partial class TerraformProblem
{
    private const int LongestText = 900;

    private static readonly (string Code, Regex Words, string Mend)[] Kinds =
    [
        ("TERRAFORM002", VersionWords(), "Install a newer Terraform: https://developer.hashicorp.com/terraform/install"),
        ("TERRAFORM003", LockWords(), "Wait until that run ends and try again. If it is dead, release the lock: terraform -chdir=terraform force-unlock LOCK-ID."),
        ("TERRAFORM004", ProviderWords(), "Let this machine reach registry.terraform.io (HTTPS_PROXY is honoured), or set TIDEPOOL_TF_PLUGIN_DIR to a folder that holds the provider."),
        ("TERRAFORM005", CredentialWords(), "Log in again (aws sso login, or new keys), and see that aws_profile in terraform/terraform.tfvars names a profile that works: aws sts get-caller-identity."),
        ("TERRAFORM006", QuotaWords(), "Ask for more in the Service Quotas console of this Region, or for less in terraform/terraform.tfvars (tasks, cpu, memory)."),
        ("TERRAFORM007", DeniedWords(), "Give the caller this permission; docs/deploy.md has the smallest policy for the person who deploys."),
        ("TERRAFORM008", VariableWords(), "Set it in terraform/terraform.tfvars; terraform/terraform.tfvars.example explains each."),
    ];

    /// <summary>The problem of one error.</summary>
    public static Problem Of(TerraformDiagnostic diagnostic)
    {
        var summary = Line(diagnostic.Summary);
        var detail = Line(diagnostic.Detail);
        var whole = $"{summary} {detail}";
        foreach (var (code, words, mend) in Kinds)
        {
            if (words.IsMatch(whole))
            {
                return code == "TERRAFORM003" ? Locked(diagnostic.Detail ?? "", whole, mend) : new Problem(code, Said(summary, detail, diagnostic.Address), mend);
            }
        }

        return new Problem("TERRAFORM009", Said(summary, detail, diagnostic.Address), "Do what Terraform's text says, then run the same command again: what stands is kept.");
    }

    /// <summary>The problem of plain text, as <c>init</c> and a crash write it.</summary>
    /// <param name="lines">All that Terraform wrote.</param>
    /// <param name="command">The command, as in <c>init</c>.</param>
    public static Problem Of(IReadOnlyList<string> lines, string command)
    {
        var words = lines.Select(line => Frame().Replace(line, "")).Where(line => line.Length > 0).ToArray();
        var error = Array.FindIndex(words, line => line.StartsWith("Error: ", StringComparison.Ordinal));
        return error < 0
            ? Of(new TerraformDiagnostic("error", $"terraform {command} failed.", string.Join(' ', words.TakeLast(6)), null))
            : Of(new TerraformDiagnostic("error", words[error][7..], string.Join('\n', words.Skip(error + 1)), null));
    }

    private static Problem Locked(string detail, string whole, string mend)
    {
        var facts = LockFact().Matches(detail).DistinctBy(match => match.Groups[1].Value).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Trim());
        return facts.TryGetValue("ID", out var id)
            ? new Problem(
                "TERRAFORM003",
                $"The Terraform state is locked by {facts.GetValueOrDefault("Who", "someone")} since {facts.GetValueOrDefault("Created", "some time")} ({facts.GetValueOrDefault("Operation", "an operation")}).",
                mend.Replace("LOCK-ID", id, StringComparison.Ordinal))
            : new Problem("TERRAFORM003", $"Terraform: {Short(whole)}", mend);
    }

    private static string Said(string summary, string detail, string? address) =>
        $"Terraform{(string.IsNullOrEmpty(address) ? "" : $" ({address})")}: {Short(Sentence(summary) + (detail.Length == 0 ? "" : " " + Sentence(detail)))}";

    private static string Sentence(string text) => text.Length == 0 || text[^1] is '.' or '!' or '?' ? text : text + ".";

    private static string Short(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";

    private static string Line(string? text) => Space().Replace(text ?? "", " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    // Terraform draws a frame around its plain errors.
    [GeneratedRegex(@"^[│╷╵]?\s*|\s+$")]
    private static partial Regex Frame();

    [GeneratedRegex(@"^\s*(ID|Who|Created|Operation):\s*(.+)$", RegexOptions.Multiline)]
    private static partial Regex LockFact();

    [GeneratedRegex("Unsupported Terraform Core version")]
    private static partial Regex VersionWords();

    [GeneratedRegex("acquiring the state lock|state lock is already|ConditionalCheckFailedException", RegexOptions.IgnoreCase)]
    private static partial Regex LockWords();

    [GeneratedRegex("Failed to query available provider packages|Failed to install provider|Inconsistent dependency lock file|Required plugins are not installed|Could not load plugin|could not connect to registry")]
    private static partial Regex ProviderWords();

    [GeneratedRegex("No valid credential sources|ExpiredToken|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId|AuthFailure|failed to get shared config profile|failed to refresh cached credentials|security token included in the request is|SSO (session|token)|validating provider credentials")]
    private static partial Regex CredentialWords();

    [GeneratedRegex("LimitExceeded|QuotaExceeded|exceeds? (the |your )?(limit|quota)|reached (the|your) (limit|quota|maximum)|quota .{0,60}exceeded|ResourceLimit", RegexOptions.IgnoreCase)]
    private static partial Regex QuotaWords();

    [GeneratedRegex("AccessDenied|UnauthorizedOperation|not authorized to perform|AuthorizationError")]
    private static partial Regex DeniedWords();

    [GeneratedRegex("Invalid value for (input )?variable|No value for required variable|undeclared variable|Invalid variable name|Error in .*tfvars", RegexOptions.IgnoreCase)]
    private static partial Regex VariableWords();
}
