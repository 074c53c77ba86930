namespace Tidepool.Deployment.Checks;

/// <summary>The user's own files: complete, and the token nobody else's.</summary>
internal sealed class SettingsChecks(string root, IReadOnlyDictionary<string, string> environment, SettingsReading reading)
{
    private const UnixFileMode OthersMayRead = UnixFileMode.OtherRead;

    private readonly string _file = Path.Combine(root, EnvironmentFile.Name);

    public IEnumerable<Check> All() =>
    [
        new("settings", "settings", "docs/deploy.md", Settings),
        new("env-private", ".env is private", "docs/security.md", IsPrivate),
        new("env-git", ".env is not in git", "docs/security.md", IsNotTrackedAsync),
        new("terraform-variables", "terraform.tfvars", "docs/deploy.md", Variables),
    ];

    private Task<IReadOnlyList<CheckResult>> Settings(Check check, CancellationToken ct) => Task.FromResult<IReadOnlyList<CheckResult>>(
        reading.Problems.Count > 0
            ? [.. reading.Problems.Select(check.Failed)]
            : [check.Ok($"{reading.Organization!.Url}, pool {reading.Organization.Pool}, {Credential(reading.Organization.Credential)}")]);

    private static string Credential(OrganizationCredential credential) => credential switch
    {
        OrganizationCredential.ServicePrincipal principal => $"service principal {principal.ClientId}",
        OrganizationCredential.Token { IsEntra: true } => "a Microsoft Entra access token",
        _ => "a personal access token",
    };

    private Task<CheckResult> IsPrivate(Check check, CancellationToken ct) => Task.FromResult(
        !File.Exists(_file) ? check.Note("there is no .env; the environment alone is used")
        : OperatingSystem.IsWindows() ? check.Note("who may read it cannot be seen on Windows")
        : (File.GetUnixFileMode(_file) & OthersMayRead) == 0 ? check.Ok("only its owner and group may read it")
        : check.Warning(new("DOCTOR002", "Everyone on this machine may read .env, and the token in it.", "Run: chmod 600 .env")));

    private async Task<CheckResult> IsNotTrackedAsync(Check check, CancellationToken ct)
    {
        if (await GitAsync(["rev-parse", "--is-inside-work-tree"], ct) is not { } inside)
        {
            return check.Note("there is no git on the PATH to ask");
        }

        if (inside.ExitCode != 0)
        {
            return check.Ok("this folder is in no git repository");
        }

        if (await GitAsync(["ls-files", "--error-unmatch", "--", EnvironmentFile.Name], ct) is { ExitCode: 0 })
        {
            return check.Failed(new(
                "DOCTOR003", "git tracks .env, so the token is in every clone.", "Run: git rm --cached .env, commit, and make a new token."));
        }

        if (await GitAsync(["log", "--all", "--max-count=1", "--format=%h", "--", EnvironmentFile.Name], ct) is { ExitCode: 0, Output: var commit }
            && commit.Trim() is { Length: > 0 } hash)
        {
            return check.Warning(new(
                "DOCTOR003",
                $".env was in git once (the last time in commit {hash}), so the token may be in every clone.",
                "Make a new token, if this one was in it."));
        }

        return await GitAsync(["check-ignore", "--quiet", "--", EnvironmentFile.Name], ct) is { ExitCode: 0 }
            ? check.Ok("git does not track it, and ignores it")
            : check.Warning(new("DOCTOR003", "git does not ignore .env, so 'git add' would take it.", "Add a line .env to .gitignore."));
    }

    private Task<CheckResult> Variables(Check check, CancellationToken ct) => Task.FromResult(reading.Terraform switch
    {
        null => check.Skipped("its faults are named above"),
        { HasFile: true } set => check.Ok($"{Account(set)}, region {set.AwsRegion}, cluster {set.ClusterName}, {set.CpuArchitecture}"),
        var defaults => check.Note(
            $"there is none; the defaults hold: {Account(defaults)}, region {defaults.AwsRegion}, cluster {defaults.ClusterName}, {defaults.CpuArchitecture}",
            "Copy terraform/terraform.tfvars.example to terraform/terraform.tfvars to choose."),
    });

    private static string Account(TerraformSettings settings) =>
        settings.AwsProfile.Length > 0 ? $"profile {settings.AwsProfile}" : "credentials of the environment";

    private Task<ProgramRun?> GitAsync(string[] arguments, CancellationToken ct) => ProgramRun.OfAsync("git", arguments, root, environment, ct);
}
