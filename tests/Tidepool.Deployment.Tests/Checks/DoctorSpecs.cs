using System.Diagnostics;
using System.Text.Json;
using Tidepool.AzurePipelines;

namespace Tidepool.Deployment.Tests.Checks;

/// <summary>The checks with real git, real Terraform, moto and the embedded service; the docker of this PATH is a script.</summary>
public sealed class DoctorSpecs(Moto moto) : IClassFixture<Moto>, IAsyncLifetime
{
    private const string Token = "the-owners-own-pat-0123";
    private const string Engine = "#!/bin/sh\ncase \"$1\" in version) echo '28.2.2 linux/amd64';; *) printf 'Nodes:\\nPlatforms: linux/amd64*, PLATFORM, linux/386\\n';; esac\n";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _clone = new();
    private readonly Dictionary<string, string> _environment = [];
    private PipelinesService _service = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await PipelinesService.StartAsync(new() { Token = Token }, TimeProvider.System, Ct);
        foreach (var (name, value) in moto.Environment.Where(pair => pair.Value is not null))
        {
            _environment[name] = value!;
        }

        _environment["PATH"] = $"{_clone.Path}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        _environment["HOME"] = Environment.GetEnvironmentVariable("HOME") ?? "/";
        Env($"AZP_URL={_service.OrganizationUrl}\nAZP_TOKEN={Token}\nAZP_POOL=fargate\n");
        _clone.Write(".gitignore", ".env\n");
        _clone.Write("terraform/versions.tf", "terraform {\n  required_version = \">= 1.5\"\n}\n");
        _clone.Write("terraform/terraform.tfvars", "aws_region = \"eu-central-1\"\ncluster_name = \"blue\"\n");
        await DockerAsync(Engine.Replace("PLATFORM", "linux/arm64", StringComparison.Ordinal));
        await GitAsync("init", "--quiet");
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _clone.Dispose();
    }

    [Fact]
    public async Task Where_all_is_well_nothing_fails_and_each_check_says_what_it_saw()
    {
        Assert.SkipUnless(Installed.Has("terraform"), "Terraform is not installed.");
        var report = await Doctor.RunAsync(_clone.Path, _environment, TimeProvider.System, Ct);

        Assert.True(report.Ok, report.ToJson());
        var terraform = Row(report, "terraform").Seen;
        Assert.Equal(
            [
                ("settings", CheckStatus.Ok, $"{_service.OrganizationUrl}, pool fargate, a personal access token"),
                ("env-private", CheckStatus.Ok, "only its owner and group may read it"),
                ("env-git", CheckStatus.Ok, "git does not track it, and ignores it"),
                ("terraform-variables", CheckStatus.Ok, "credentials of the environment, region eu-central-1, cluster blue, ARM64"),
                ("terraform", CheckStatus.Ok, terraform),
                ("docker", CheckStatus.Ok, "version 28.2.2, linux/amd64"),
                ("docker-platform", CheckStatus.Ok, "linux/arm64 by emulation or another builder; the engine itself is linux/amd64, so the build takes longer"),
                ("image-support", CheckStatus.Note, "Microsoft's agent has a package for Alpine on ARM64, and Microsoft's list of supported systems does not have Alpine on ARM64"),
                ("aws", CheckStatus.Ok, "account 123456789012 as arn:aws:sts::123456789012:user/moto, region eu-central-1, by environment variables"),
                ("aws-cluster", CheckStatus.Note, "eu-central-1 has no cluster blue yet; Terraform makes it"),
                ("aws-quota", Row(report, "aws-quota").Status, Row(report, "aws-quota").Seen),
                ("organization", CheckStatus.Ok, $"{_service.OrganizationUrl} as owner"),
                ("organization-kind", CheckStatus.Warning, $"{_service.OrganizationUrl} says that it is Azure DevOps Server. It has the same calls, and nobody has tried Tidepool with it."),
                ("pool", CheckStatus.Ok, "fargate is there with 0 agents, 0 of them online"),
                ("token-scope", CheckStatus.Ok, "may manage the agents of fargate (inferred from a change of an agent that cannot exist)"),
                ("parallel-jobs", CheckStatus.Ok, "0 running, and no limit is told"),
                ("token-life", CheckStatus.Note, Row(report, "token-life").Seen),
            ],
            report.Checks.Select(check => (check.Name, check.Status, check.Seen)));
        Assert.Matches(@"^version \d+\.\d+\.\d+; 1\.5 or newer is needed$", terraform);
        Assert.DoesNotContain(Token, report.ToJson(), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.Equal("tidepool.doctor/1", json.RootElement.GetProperty("schema").GetString());
        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal("ok", json.RootElement.GetProperty("checks")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_file_that_git_tracks_fails_and_one_that_it_had_or_would_take_is_warned_of()
    {
        _clone.Write(".gitignore", "");
        Assert.Equal(
            (CheckStatus.Warning, "git does not ignore .env, so 'git add' would take it.", "Add a line .env to .gitignore."), await LookAsync("env-git"));

        await GitAsync("add", ".env");
        await GitAsync("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "x");
        Assert.Equal(
            (CheckStatus.Failed, "git tracks .env, so the token is in every clone.", "Run: git rm --cached .env, commit, and make a new token."),
            await LookAsync("env-git"));

        await GitAsync("rm", "--quiet", "--cached", ".env");
        await GitAsync("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "y");
        var (status, seen, _) = await LookAsync("env-git");
        Assert.Equal(CheckStatus.Warning, status);
        Assert.Matches(@"^\.env was in git once \(the last time in commit [0-9a-f]{7,}\), so the token may be in every clone\.$", seen);
    }

    [Fact]
    public async Task A_file_that_everyone_may_read_is_warned_of()
    {
        File.SetUnixFileMode(Path.Combine(_clone.Path, ".env"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Equal(
            (CheckStatus.Warning, "Everyone on this machine may read .env, and the token in it.", "Run: chmod 600 .env"), await LookAsync("env-private"));
    }

    [Fact]
    public async Task An_engine_that_is_not_there_does_not_answer_or_cannot_build_for_the_tasks_fails()
    {
        await DockerAsync(Engine.Replace("PLATFORM", "linux/amd64/v2, linux/arm64abc", StringComparison.Ordinal));
        var (status, seen, mend) = await LookAsync("docker-platform");
        Assert.Equal((CheckStatus.Failed, "Tasks run on ARM64, and the engine builds linux/amd64 only."), (status, seen));
        Assert.Equal("Install emulation (docker run --privileged --rm tonistiigi/binfmt --install arm64), or set cpu_architecture = \"X86_64\".", mend);

        await DockerAsync("#!/bin/sh\necho 'Cannot connect to the Docker daemon.' >&2\nexit 1\n");
        Assert.Equal(
            (CheckStatus.Failed, "The Docker engine does not answer: Cannot connect to the Docker daemon.",
                "Start it, or point DOCKER_HOST to one; or give an image of your own: tidepool up --image."),
            await LookAsync("docker"));
        Assert.Equal((CheckStatus.Skipped, "no Docker engine answers", null), await LookAsync("docker-platform"));

        _environment["PATH"] = "/nowhere";
        Assert.Equal((CheckStatus.Failed, "There is no docker on the PATH, so no image can be built."), await LookAsync("docker") is var (s, what, _) ? (s, what) : default);
    }

    [Fact]
    public async Task Terraform_that_is_too_old_or_not_there_fails()
    {
        Assert.SkipUnless(Installed.Has("terraform"), "Terraform is not installed.");
        _clone.Write("terraform/versions.tf", "terraform {\n  required_version = \">= 99.1, < 100\"\n}\n");
        var (status, seen, mend) = await LookAsync("terraform");
        Assert.Equal(CheckStatus.Failed, status);
        Assert.Matches(@"^Terraform is \d+\.\d+\.\d+; terraform/versions\.tf needs 99\.1\.$", seen);
        Assert.Equal("Install Terraform 99.1 or newer: https://developer.hashicorp.com/terraform/install", mend);

        _environment["PATH"] = "/nowhere";
        Assert.Equal((CheckStatus.Failed, "There is no terraform on the PATH.", mend), await LookAsync("terraform"));
        Assert.Equal((CheckStatus.Note, "there is no git on the PATH to ask", null), await LookAsync("env-git"));
    }

    [Fact]
    public async Task A_wrong_token_fails_once_and_what_needs_it_is_not_looked_at()
    {
        Env($"AZP_URL={_service.OrganizationUrl}\nAZP_TOKEN=another-token-0123456\nAZP_POOL=fargate\n");
        var report = await Doctor.RunAsync(_clone.Path, _environment, TimeProvider.System, Ct);
        Assert.Equal("AZDO001", Assert.Single(report.Checks, check => check.Status == CheckStatus.Failed).Code);
        Assert.All(["organization-kind", "pool", "token-scope", "parallel-jobs"], name => Assert.Equal(CheckStatus.Skipped, Row(report, name).Status));
    }

    [Fact]
    public async Task A_pool_that_is_not_there_fails()
    {
        _environment["AZP_POOL"] = "elsewhere";
        var (status, seen, _) = await LookAsync("pool");
        Assert.Equal((CheckStatus.Failed, $"{_service.OrganizationUrl} shows no agent pool 'elsewhere' to this token."), (status, seen));
        Assert.Equal((CheckStatus.Skipped, "the pool was not seen", null), await LookAsync("token-scope"));
    }

    [Fact]
    public async Task A_pool_of_Microsofts_machines_an_owner_who_is_no_administrator_and_jobs_that_are_all_in_use_are_told()
    {
        await using var ado = await StandIn.StartAsync((http, _) => StandIn.WriteAsync(http, 200, "application/json", http.Request.Path.Value!.Split('/')[^1] switch
        {
            "connectionData" => """{"authenticatedUser":{"id":"5d6898bb-45ec-463f-95f9-54d49c71752e","descriptor":"d;x","providerDisplayName":"Me"},"deploymentType":"hosted"}""",
            "pools" when http.Request.QueryString.Value!.Contains("manage", StringComparison.Ordinal) => """{"count":0,"value":[]}""",
            "pools" => """{"count":1,"value":[{"id":9,"name":"Azure Pipelines","isHosted":true}]}""",
            _ => """{"usedCount":1,"resourceLimit":{"totalCount":1}}""",
        }));
        Env($"AZP_URL={ado.Url}contoso\nAZP_TOKEN={Token}\nAZP_POOL=Azure Pipelines\n");

        var report = await Doctor.RunAsync(_clone.Path, _environment, TimeProvider.System, Ct);

        Assert.Equal((CheckStatus.Ok, "Azure DevOps Services"), Row(report, "organization-kind") is var kind ? (kind.Status, kind.Seen) : default);
        Assert.Equal("Pool 'Azure Pipelines' is one of Microsoft's own machines; it takes no agents.", Row(report, "pool").Seen);
        Assert.Equal("The token's owner is no administrator of pool 'Azure Pipelines'.", Row(report, "token-scope").Seen);
        Assert.Equal(
            "DOCTOR012 All 1 self-hosted parallel jobs for private projects are in use, so further jobs wait whatever agents are free.",
            Row(report, "parallel-jobs") is var jobs ? $"{jobs.Code} {jobs.Seen}" : null);
    }

    [Fact]
    public async Task A_token_that_reads_and_does_not_manage_fails()
    {
        await using var ado = await StandIn.StartAsync((http, _) => http.Request.Method == "PATCH"
            ? StandIn.WriteAsync(http, 403, "application/json", """{"message":"Access denied."}""")
            : StandIn.WriteAsync(http, 200, "application/json", http.Request.Path.Value!.Split('/')[^1] switch
            {
                "connectionData" => """{"authenticatedUser":{"id":"5d6898bb-45ec-463f-95f9-54d49c71752e","descriptor":"d;x","providerDisplayName":"Me"},"deploymentType":"hosted"}""",
                "pools" => """{"count":1,"value":[{"id":9,"name":"fargate"}]}""",
                _ => """{"count":0,"value":[]}""",
            }));
        Env($"AZP_URL={ado.Url}contoso\nAZP_TOKEN={Token}\nAZP_POOL=fargate\n");
        Assert.Equal(
            (CheckStatus.Failed, "The token may read pool 'fargate' and not manage its agents.", "Edit the token: scope Agent Pools (Read & manage)."),
            await LookAsync("token-scope"));
        Assert.Equal("PATCH /contoso/_apis/distributedtask/pools/9/agents/0", Assert.Single(ado.Requests, asked => asked.Line.StartsWith("PATCH", StringComparison.Ordinal)).Line);
    }

    [Fact]
    public async Task An_Entra_token_is_warned_of_with_its_end()
    {
        _environment["AZP_TOKEN"] = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU1MTA4MDB9.c2lnbmF0dXJl";
        var (status, seen, mend) = await LookAsync("token-life");
        Assert.Equal(
            (CheckStatus.Warning, "AZP_TOKEN is a Microsoft Entra access token, which ends at 2026-11-24 09:00 UTC; agents that start later cannot register.",
                "Use a service principal, or a personal access token."),
            (status, seen, mend));
    }

    [Fact]
    public async Task A_secret_that_the_far_side_repeats_is_not_shown()
    {
        await using var ado = await StandIn.StartAsync(500, "application/json", $$"""{"message":"no such token: {{Token}}"}""");
        Env($"AZP_URL={ado.Url}contoso\nAZP_TOKEN={Token}\nAZP_POOL=fargate\n");
        var (_, seen, _) = await LookAsync("organization");
        Assert.Equal($"{ado.Url}contoso answered GET _apis/connectionData with HTTP 500: no such token: ***.", seen);
    }

    private async Task<(CheckStatus Status, string Seen, string? Mend)> LookAsync(string name)
    {
        var row = Row(await Doctor.RunAsync(_clone.Path, _environment, TimeProvider.System, Ct), name);
        return (row.Status, row.Seen, row.Mend);
    }

    private static CheckResult Row(DoctorReport report, string name) => Assert.Single(report.Checks, check => check.Name == name);

    private void Env(string text)
    {
        _clone.Write(".env", text);
        File.SetUnixFileMode(Path.Combine(_clone.Path, ".env"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    // Written by another process: as long as this one had it open, a child that is just being started could hold it too ("text file busy").
    private Task DockerAsync(string script) =>
        RunAsync("/bin/sh", "-c", "mkdir -p bin && rm -f bin/docker && printf %s \"$1\" > bin/docker && chmod 500 bin/docker", "sh", script);

    private Task GitAsync(params string[] arguments) => RunAsync("git", arguments);

    private async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _clone.Path })!;
        await process.WaitForExitAsync(Ct);
        Assert.Equal(0, process.ExitCode);
    }
}
