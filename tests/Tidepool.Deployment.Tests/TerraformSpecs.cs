using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Tests;

/// <summary>The Terraform configuration as it stands, without a cloud.</summary>
public sealed partial class TerraformSpecs
{
    // No credentials and no endpoint: whatever calls AWS fails.
    private static readonly Dictionary<string, string?> NoAws = new()
    {
        ["AWS_ACCESS_KEY_ID"] = null,
        ["AWS_SECRET_ACCESS_KEY"] = null,
        ["AWS_PROFILE"] = null,
        ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9",
        ["AWS_CONFIG_FILE"] = "/dev/null",
        ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null",
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    private static readonly string Folder = Path.Combine(Clone.Root, "terraform");

    [Fact]
    public async Task The_configuration_is_valid_and_all_its_own_tests_pass()
    {
        using var terraform = await TerraformProcess.InitializedAsync(NoAws);
        Assert.Contains("The configuration is valid.", (await terraform.SucceedAsync("validate", "-no-color")).Output, StringComparison.Ordinal);

        var runs = Directory.GetFiles(Path.Combine(Folder, "tests"), "*.tftest.hcl").Sum(file => Run().Count(File.ReadAllText(file)));
        var tested = await terraform.SucceedAsync("test", "-json");

        var summary = tested.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!["test_summary"])
            .OfType<JsonObject>()
            .Single();
        Assert.Equal((runs, 0, 0), (summary["passed"]!.GetValue<int>(), summary["failed"]!.GetValue<int>(), summary["skipped"]!.GetValue<int>()));
        Assert.True(runs > 50, $"Only {runs} runs were found.");
    }

    [Fact]
    public async Task The_modules_can_be_called_as_the_documentation_calls_them()
    {
        using var terraform = await TerraformProcess.InitializedAsync(NoAws);
        var caller = Directory.CreateDirectory(Path.Combine(terraform.Folder, "caller"));
        var example = Example().Match(Document()).Groups["text"].Value;
        await File.WriteAllTextAsync(
            Path.Combine(caller.FullName, "main.tf"),
            Source().Replace(example, "source = \"../modules/${module}\""),
            TestContext.Current.CancellationToken);

        await terraform.InitAsync("-chdir=caller");
        await terraform.SucceedAsync("-chdir=caller", "validate", "-no-color");
        await terraform.SucceedAsync("-chdir=caller", "fmt", "-check");
    }

    [Fact]
    public void The_documentation_builds_the_image_with_the_one_command_from_the_root()
    {
        Assert.Contains("docker build -f docker/Dockerfile --platform linux/arm64 -t \"$REPO:$TAG\" . &&", Document(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Clone.Root, "docker", "Dockerfile")));
    }

    [Fact]
    public void Each_validation_of_the_root_module_has_a_run_that_it_refuses()
    {
        var refused = ExpectedFailure().Matches(File.ReadAllText(Path.Combine(Folder, "tests", "refusals.tftest.hcl")))
            .Select(match => match.Groups["name"].Value)
            .CountBy(name => name)
            .ToDictionary();
        var validations = Variables().ToDictionary(variable => variable.Name, variable => Regex.Count(variable.Text, @"\bvalidation \{"));

        Assert.Equal(
            [],
            validations.Where(pair => refused.GetValueOrDefault(pair.Key) < pair.Value).Select(pair => $"{pair.Key}: {pair.Value} validations, fewer runs"));
    }

    [Fact]
    public void Each_variable_says_what_it_is_and_each_refusal_names_the_value_and_the_mend()
    {
        Assert.All(Variables(), variable =>
        {
            Assert.Contains("  description", variable.Text, StringComparison.Ordinal);
            Assert.Contains("  type ", variable.Text, StringComparison.Ordinal);
            Assert.All(ErrorMessage().Matches(variable.Text), message => Assert.Matches(@"(Use|Give|Set|Begin|Name|Leave) ", message.Value));
        });
    }

    [Fact]
    public void The_example_shows_every_variable()
    {
        var example = File.ReadAllText(Path.Combine(Folder, "terraform.tfvars.example"));
        Assert.Equal([], Variables().Select(variable => variable.Name).Where(name => !Regex.IsMatch(example, $@"(?m)^(# )?{name}\s+= ")));
    }

    [Fact]
    public void Modules_leave_the_provider_to_their_caller_and_take_fifteen_inputs_at_most()
    {
        Assert.All(Directory.GetDirectories(Path.Combine(Folder, "modules")), module =>
        {
            var text = string.Concat(Directory.GetFiles(module, "*.tf").Select(File.ReadAllText));
            Assert.DoesNotContain("provider \"", text, StringComparison.Ordinal);
            Assert.InRange(Regex.Count(text, "(?m)^variable \""), 1, 15);
        });
    }

    [Theory]
    [InlineData("terraform/terraform.tfvars")]
    [InlineData("terraform/tidepool.auto.tfvars.json")]
    [InlineData("terraform/terraform.tfstate")]
    [InlineData("terraform/terraform.tfstate.backup")]
    [InlineData("terraform/.terraform/providers")]
    [InlineData("terraform/.terraform.lock.hcl")]
    [InlineData("terraform/crash.log")]
    [InlineData("terraform/tfplan")]
    [InlineData(".env")]
    public async Task Secrets_settings_and_state_never_enter_git(string path)
    {
        using var git = System.Diagnostics.Process.Start("git", ["-C", Clone.Root, "check-ignore", "--quiet", path]);
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, git.ExitCode);
    }

    private static string Document() => File.ReadAllText(Path.Combine(Clone.Root, "docs", "deploy.md"));

    private static IEnumerable<(string Name, string Text)> Variables() =>
        Variable().Matches(File.ReadAllText(Path.Combine(Folder, "variables.tf"))).Select(match => (match.Groups["name"].Value, match.Value));

    [GeneratedRegex("(?s)```hcl\n(?<text>.*?)```")]
    private static partial Regex Example();

    [GeneratedRegex("source = \"git::https://[^\"]*//terraform/modules/(?<module>[a-z]+)[?]ref=[^\"]*\"")]
    private static partial Regex Source();

    [GeneratedRegex("""(?m)^run ("|[a-z])""")]
    private static partial Regex Run();

    [GeneratedRegex(@"expect_failures = \[var\.(?<name>[a-z_]+)\]")]
    private static partial Regex ExpectedFailure();

    [GeneratedRegex("""(?ms)^variable "(?<name>[a-z_]+)" \{.*?^\}""")]
    private static partial Regex Variable();

    [GeneratedRegex("(?m)error_message = .*$")]
    private static partial Regex ErrorMessage();
}
