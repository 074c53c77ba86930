using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tidepool.AzurePipelines;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool doctor</c> as a process, in a folder that stands for the clone.</summary>
public sealed class DoctorSpecs : IAsyncLifetime
{
    private const string Token = "the-owners-own-pat-0123";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    private readonly Scratch _clone = new();
    private readonly TcpListener _deaf = new(IPAddress.Loopback, 0);
    private PipelinesService _service = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await PipelinesService.StartAsync(new() { Token = Token }, TimeProvider.System, Ct);
        _deaf.Start();
        Env(_service.OrganizationUrl);
        await _clone.GitAsync("init", "--quiet");
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["TIDEPOOL_HOME"] = _clone.Folder,
            ["AWS_ACCESS_KEY_ID"] = "testing",
            ["AWS_SECRET_ACCESS_KEY"] = "testing",
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["TF_VAR_aws_region"] = "eu-central-1",
            ["AZP_URL"] = "",
            ["AZP_TOKEN"] = "",
            ["AZP_POOL"] = "",
            ["DOCKER_HOST"] = "unix:///nowhere.sock",
        })
        {
            _clone.Environment[name] = value;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _deaf.Dispose();
        await _service.DisposeAsync();
        _clone.Dispose();
    }

    [Fact]
    public async Task Where_output_is_piped_each_check_is_a_line_and_something_failed_is_exit_code_1()
    {
        _clone.Environment["AWS_ENDPOINT_URL"] = "no-url";

        var outcome = await TidepoolProcess.RunAsync(_clone, "doctor");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains($"ok      settings: {_service.OrganizationUrl}, pool fargate, a personal access token\n", outcome.Output);
        Assert.Contains(
            "FAILED  AWS credentials: AWS007: AWS_ENDPOINT_URL is 'no-url', which is no URL.\n        → Let it be as in http://127.0.0.1:5000, or unset it.\n", outcome.Output);
        Assert.Contains("skipped ECS cluster: AWS did not say who asks\n", outcome.Output);
        Assert.Contains($"ok      Azure DevOps: {_service.OrganizationUrl} as owner\n", outcome.Output);
        Assert.Matches(@"(?m)^ok \d+, to know \d+, warnings \d+, failed \d+, not looked at \d+$", outcome.Output);
        Assert.DoesNotContain('\u001b', outcome.Output);
        Assert.DoesNotContain(Token, outcome.Output + outcome.Error);
    }

    [Fact]
    public async Task A_report_goes_into_what_is_there_already_and_does_not_replace_it()
    {
        _clone.Environment["AWS_ENDPOINT_URL"] = "no-url";
        var (target, link) = (Path.Combine(_clone.State, "target.json"), Path.Combine(_clone.State, "link.json"));
        await File.WriteAllTextAsync(target, "a longer text than none", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(link, target);

        await TidepoolProcess.RunAsync(_clone, "doctor", "--json", link);

        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.StartsWith("{\n  \"schema\": \"tidepool.doctor/1\"", await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Where_nothing_failed_the_exit_code_is_0_whatever_is_warned_of()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var aws = builder.Build();
        aws.Run(http => http.Response.WriteAsync(http.Request.Headers.ContainsKey("X-Amz-Target")
            ? "{}"
            : "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"));
        await aws.StartAsync(Ct);
        _clone.Environment["AWS_ENDPOINT_URL"] = aws.Urls.First();
        _clone.Environment["PATH"] = $"{_clone.Folder}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        // Both written by another process, so that no child of this one holds them open for writing.
        const string Programs = """
            mkdir bin && cd bin
            printf '#!/bin/sh\necho 28.2.2 linux/arm64\n' > docker
            printf '#!/bin/sh\necho "{\\"terraform_version\\":\\"1.11.4\\"}"\n' > terraform
            chmod 500 docker terraform
            """;
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", Programs]) { WorkingDirectory = _clone.Folder })!;
        await shell.WaitForExitAsync(Ct);
        File.WriteAllText(Path.Combine(_clone.Folder, ".gitignore"), ".env\n");

        var outcome = await TidepoolProcess.RunAsync(_clone, "doctor");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("ok      AWS credentials: account 123456789012 as arn:me, region eu-central-1, by environment variables\n", outcome.Output);
        Assert.Contains("ok      platform of the image: linux/arm64, as the engine itself\n", outcome.Output);
        Assert.Contains("warning Services or Server: DOCTOR008: ", outcome.Output);
        Assert.EndsWith("warnings 1, failed 0, not looked at 0\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_JSON_it_goes_to_standard_output_alone_or_to_a_file()
    {
        _clone.Environment["AWS_ENDPOINT_URL"] = "no-url";

        var outcome = await TidepoolProcess.RunAsync(_clone, "doctor", "--json");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Error));
        using var report = JsonDocument.Parse(outcome.Output);
        Assert.Equal("tidepool.doctor/1", report.RootElement.GetProperty("schema").GetString());
        Assert.False(report.RootElement.GetProperty("ok").GetBoolean());
        var aws = report.RootElement.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "aws");
        Assert.Equal(
            ("failed", "AWS007", "https://docs.aws.amazon.com/sdkref/latest/guide/access.html"),
            (aws.GetProperty("status").GetString(), aws.GetProperty("code").GetString(), aws.GetProperty("link").GetString()));
        Assert.DoesNotContain(Token, outcome.Output);

        var both = await TidepoolProcess.RunAsync(_clone, "doctor", "--json", "report.json");
        Assert.StartsWith("ok      settings: ", both.Output, StringComparison.Ordinal);
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_clone.Folder, "report.json"), Ct));
        Assert.Equal(report.RootElement.GetProperty("checks").GetArrayLength(), file.RootElement.GetProperty("checks").GetArrayLength());
    }

    [Fact]
    public async Task Every_fault_of_the_settings_has_its_file_and_line()
    {
        File.WriteAllText(Path.Combine(_clone.Folder, ".env"), $"AZP_URL=https://dev.azure.com\nAZP_TOKEN={Token}\n");
        _clone.Environment["AWS_ENDPOINT_URL"] = "no-url";

        var outcome = await TidepoolProcess.RunAsync(_clone, "doctor");

        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith(
            """
            FAILED  settings: SETTINGS004: .env:1: AZP_URL is 'https://dev.azure.com', which names no organization.
                    → Write it as in https://dev.azure.com/contoso.
                      see docs/deploy.md
            FAILED  settings: SETTINGS003: AZP_POOL is not set.
                    → Set it in .env: the name of an agent pool of the organization.

            """,
            outcome.Output,
            StringComparison.Ordinal);
        Assert.Contains("skipped Azure DevOps: the settings do not say which organization\n", outcome.Output);
    }

    [Theory]
    [InlineData("sso", "AWS002: Profile 'sso' gave no credentials: No valid SSO Token could be found.")]
    [InlineData("refused", "AWS002: Profile 'refused' gave no credentials: Command returned non-zero exit value 1 with the error -.")]
    [InlineData("login", "AWS002: Profile 'login' signs in by 'aws login', which Tidepool cannot read.")]
    [InlineData("none", "AWS002: AWS profile 'none' does not exist; there is given, login, refused, sso.")]
    [InlineData("given", "AWS007: endpoint_url of profile 'given' is 'no-url', which is no URL.")]
    public async Task A_profile_is_read_as_the_aws_command_reads_it(string profile, string seen)
    {
        File.WriteAllText(Path.Combine(_clone.Folder, "config"), """
            [profile sso]
            sso_session = mine
            sso_account_id = 123456789012
            sso_role_name = dev
            [sso-session mine]
            sso_start_url = https://example.awsapps.com/start
            sso_region = eu-west-1
            [profile refused]
            credential_process = /bin/false
            [profile login]
            login_session = arn:aws:sts::123456789012:assumed-role/dev/me
            [profile given]
            credential_process = /bin/echo '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"s"}'
            endpoint_url = no-url
            """);
        _clone.Environment["AWS_CONFIG_FILE"] = Path.Combine(_clone.Folder, "config");
        _clone.Environment["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
        _clone.Environment["HOME"] = _clone.Folder;
        Directory.CreateDirectory(Path.Combine(_clone.Folder, "terraform"));
        File.WriteAllText(Path.Combine(_clone.Folder, "terraform", "terraform.tfvars"), $"aws_profile = \"{profile}\"\n");

        var outcome = await TidepoolProcess.RunAsync(_clone, "doctor");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains($"FAILED  AWS credentials: {seen}\n", outcome.Output);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_it_with_130_while_a_service_does_not_answer(string signal)
    {
        Env(new($"http://{_deaf.LocalEndpoint}/local"));
        _clone.Environment["AWS_ENDPOINT_URL"] = $"http://{_deaf.LocalEndpoint}";
        await using var process = TidepoolProcess.Start(_clone, "doctor");
        using var accepted = await _deaf.AcceptSocketAsync(Ct);

        await process.SignalAsync(signal);
        var outcome = await process.EndAsync();

        Assert.Equal((130, ""), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task The_proxy_of_the_environment_is_used()
    {
        _clone.Environment["AWS_ENDPOINT_URL"] = "http://sts.example.org:8000";
        _clone.Environment["http_proxy"] = $"http://{_deaf.LocalEndpoint}";
        _clone.Environment["no_proxy"] = "127.0.0.1";
        await using var process = TidepoolProcess.Start(_clone, "doctor");
        using var accepted = await _deaf.AcceptSocketAsync(Ct);
        var buffer = new byte[64];
        var read = await accepted.ReceiveAsync(buffer, Ct);

        Assert.StartsWith("POST http://sts.example.org:8000/ HTTP/1.1", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal);
        await process.SignalAsync("TERM");
        await process.EndAsync();
    }

    private void Env(Uri organization)
    {
        var path = Path.Combine(_clone.Folder, ".env");
        File.WriteAllText(path, $"AZP_URL={organization}\nAZP_TOKEN={Token}\nAZP_POOL=fargate\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
