using System.Diagnostics;

namespace Tidepool.Cli.Tests.Deploying;

public sealed class ScriptSpecs
{
    [Theory]
    [InlineData("build-demo-env.sh", "on AWS: 'tidepool up' with the options given")]
    [InlineData("build-demo-env.sh", "on this machine, with no account: 'tidepool demo' with the options given")]
    [InlineData("destroy-demo-env.sh", "'./tidepool down --help' lists the options: --yes, --force, --drain MINUTES.")]
    public async Task Both_scripts_say_what_they_do(string script, string said)
    {
        var (exitCode, output, _) = await RunAsync(script, ["--help"], Environment.GetEnvironmentVariable("PATH")!);
        Assert.Equal(0, exitCode);
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_needs_Terraform_and_says_where_to_get_it()
    {
        // A PATH that has all but terraform.
        var bin = Directory.CreateTempSubdirectory("tidepool-path-");
        try
        {
            foreach (var name in (string[])["bash", "env", "dirname", "readlink", "git", "dotnet", "gcc", "id"])
            {
                var path = Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, name)).First(File.Exists);
                File.CreateSymbolicLink(Path.Combine(bin.FullName, name), path);
            }

            var (exitCode, output, error) = await RunAsync("prerequisites.sh", ["deploy"], bin.FullName);
            Assert.Equal(
                (2, "", "TERRAFORM001: there is no terraform on the PATH. Install it: https://developer.hashicorp.com/terraform/install\n"), (exitCode, output, error));
        }
        finally
        {
            bin.Delete(recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string script, string[] arguments, string path)
    {
        var start = new ProcessStartInfo(Path.Combine(Clone.Root, script), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = path;
        using var process = Process.Start(start)!;
        var ct = TestContext.Current.CancellationToken;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, await output, await error);
    }
}
