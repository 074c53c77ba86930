using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Tests;

public sealed partial class SettingsSpecs : IDisposable
{
    private const string Token = "kq3v5xw7zj2mc4bn6lp8rt9ys2df4gh6jk8qw3er5ty7ui9op2as";
    private const string Good = $"AZP_URL=https://dev.azure.com/contoso\nAZP_TOKEN={Token}\nAZP_POOL=fargate\n";

    private readonly TemporaryFolder _clone = new();
    private readonly Dictionary<string, string> _environment = new() { ["TF_VAR_aws_region"] = "eu-west-1" };

    public void Dispose() => _clone.Dispose();

    [Fact]
    public void The_files_say_organization_pool_token_profile_region_and_cluster()
    {
        _clone.Write(".env", $"# mine\n\nAZP_URL = \"https://dev.azure.com/contoso/\"\nAZP_TOKEN='{Token}' # new\nAZP_POOL=two words\n");
        _clone.Write("terraform/terraform.tfvars", """
            # aws_region = "us-west-1"
            /* aws_region = "us-west-2"
            */
            tags = {
              cluster_name = "no"
            }
            note = <<EOT
            aws_profile = "no"
            EOT
            aws_profile  = "work" // mine
            aws_region   = "eu-central-1"
            cluster_name = "blue"   # of three
            cpu_architecture = "X86_64"
            """);

        var settings = DeploymentSettings.Load(_clone.Path, _environment);

        Assert.Equal(new Uri("https://dev.azure.com/contoso"), settings.OrganizationUrl);
        Assert.Equal("two words", settings.Pool);
        Assert.Equal(Token, Assert.IsType<OrganizationCredential.Token>(settings.Credential).Value.Reveal());
        Assert.Equal(new TerraformSettings("work", "eu-central-1", "blue", "X86_64", HasFile: true), settings.Terraform);
    }

    [Fact]
    public void The_environment_wins_over_the_file_unless_it_is_empty()
    {
        _clone.Write(".env", Good);
        _environment["AZP_POOL"] = "other";
        _environment["AZP_URL"] = "";

        var settings = DeploymentSettings.Load(_clone.Path, _environment);

        Assert.Equal("other", settings.Pool);
        Assert.Equal(new Uri("https://dev.azure.com/contoso"), settings.OrganizationUrl);
    }

    [Fact]
    public void Without_tfvars_Terraforms_own_variables_and_then_its_defaults_hold()
    {
        _clone.Write(".env", Good);
        Assert.Equal(
            TerraformSettings.Defaults with { AwsRegion = "eu-west-1" }, DeploymentSettings.Load(_clone.Path, _environment).Terraform);
    }

    [Fact]
    public void A_region_must_be_chosen()
    {
        _clone.Write(".env", Good);
        _environment.Clear();
        Assert.Equal(
            ["SETTINGS003: aws_region is not set. Copy terraform/terraform.tfvars.example to terraform/terraform.tfvars and set it there. Write a region's code, as in eu-central-1."],
            Problems());

        _clone.Write("terraform/terraform.tfvars", "tasks = 2\n");
        Assert.Equal(["SETTINGS003: aws_region is not set in terraform/terraform.tfvars. Set it there. Write a region's code, as in eu-central-1."], Problems());
    }

    [Fact]
    public void The_example_of_the_Terraform_variables_is_taken_as_it_stands()
    {
        _clone.Write(".env", Good);
        _clone.Write("terraform/terraform.tfvars", File.ReadAllText(Path.Combine(Clone.Root, "terraform", "terraform.tfvars.example")));
        Assert.Equal("us-east-1", DeploymentSettings.Load(_clone.Path, _environment).Terraform.AwsRegion);
    }

    [Fact]
    public void The_defaults_are_those_of_the_Terraform_configuration()
    {
        var text = File.ReadAllText(Path.Combine(Clone.Root, "terraform", "variables.tf"));
        string Default(string name)
        {
            var variable = Regex.Match(text, $$"""(?ms)^variable "{{name}}" \{.*?^\}""");
            Assert.True(variable.Success, name);
            return Regex.Match(variable.Value, """(?m)^  default\s*=\s*"([^"]*)"$""").Groups[1].Value;
        }

        Assert.Equal(
            TerraformSettings.Defaults,
            new(Default("aws_profile"), Default("aws_region"), Default("cluster_name"), Default("cpu_architecture"), HasFile: false));
    }

    [Fact]
    public void Every_fault_is_told_at_once_with_its_file_and_line()
    {
        _clone.Write(".env", "AZP_URL=contoso\nAZP_TOKEN=your-token-here\nAZP_POOL=\n");
        _clone.Write("terraform/terraform.tfvars", "aws_region = var.region\n\ncluster_name = \"a b\"\n");

        Assert.Equal(
            [
                "SETTINGS004: .env:1: AZP_URL is 'contoso', which is no URL. Write it as in https://dev.azure.com/contoso.",
                "SETTINGS005: .env:2: AZP_TOKEN is the text of an example. "
                    + "Make a token: User settings > Personal access tokens, scope Agent Pools (Read & manage), and put all of it there.",
                "SETTINGS003: .env:3: AZP_POOL is empty. Set it in .env: the name of an agent pool of the organization.",
                "SETTINGS007: terraform/terraform.tfvars:1: aws_region is not a text in quotes. Write it as in aws_region = \"value\", without ${ }.",
                "SETTINGS008: terraform/terraform.tfvars:3: cluster_name is 'a b'. Use 2 to 32 lower-case letters, digits and single hyphens, with a letter first.",
            ],
            Problems());
    }

    [Theory]
    [InlineData("AZP_POOL", "SETTINGS002: .env:4: this line is no NAME=value. Write one setting a line; begin comments with #.")]
    [InlineData("X=\"open", "SETTINGS002: .env:4: the value of X has no closing quote. Close the quote on the same line.")]
    [InlineData("AZP_URL=https://dev.azure.com/other", "SETTINGS002: .env:4: AZP_URL is set again, after line 1. Keep one of the two.")]
    public void A_line_of_the_file_that_says_nothing_is_named_and_never_quoted(string line, string problem)
    {
        _clone.Write(".env", Good + line + "\n");
        Assert.Equal([problem], Problems());
    }

    [Theory]
    [InlineData("https://dev.azure.com", "which names no organization. Write it as in https://dev.azure.com/contoso.")]
    [InlineData("https://dev.azure.com/contoso/website", "which has more than an organization. Write https://dev.azure.com/contoso; agents belong to the organization, not to a project.")]
    [InlineData("http://ado.example.org/tfs/Default", "and over http the token could be read on the way. Use https.")]
    [InlineData("https://dev.azure.com/contoso?x=1", "which has more than an organization. Write it as in https://dev.azure.com/contoso.")]
    [InlineData("ftp://dev.azure.com/contoso", "which is no URL. Write it as in https://dev.azure.com/contoso.")]
    public void A_URL_that_is_no_organizations_is_refused(string url, string why)
    {
        _clone.Write(".env", Good.Replace("https://dev.azure.com/contoso", url, StringComparison.Ordinal));
        Assert.Equal([$"SETTINGS004: .env:1: AZP_URL is '{url}', {why}"], Problems());
    }

    [Fact]
    public void A_URL_with_a_token_in_it_is_refused_without_showing_it()
    {
        _clone.Write(".env", Good.Replace("https://", $"https://me:{Token}@", StringComparison.Ordinal));
        Assert.Equal(
            ["SETTINGS004: .env:1: AZP_URL holds a user name or token. Leave it out. Write it as in https://dev.azure.com/contoso."], Problems());
    }

    [Theory]
    [InlineData("https://contoso.visualstudio.com/", "https://contoso.visualstudio.com/")]
    [InlineData("https://contoso.visualstudio.com/DefaultCollection", "https://contoso.visualstudio.com/")]
    [InlineData("https://ado.example.org/tfs/Default/", "https://ado.example.org/tfs/Default")]
    [InlineData("http://127.0.0.1:8080/local", "http://127.0.0.1:8080/local")]
    public void The_other_forms_of_an_organizations_URL_are_taken(string written, string meant)
    {
        _clone.Write(".env", Good.Replace("https://dev.azure.com/contoso", written, StringComparison.Ordinal));
        Assert.Equal(new Uri(meant), DeploymentSettings.Load(_clone.Path, _environment).OrganizationUrl);
    }

    [Theory]
    [InlineData("<your token>", "has a space in it")]
    [InlineData("<paste-the-token>", "is the text of an example")]
    [InlineData("xxxxxxxxxxxxxxxxxxxx", "is the text of an example")]
    [InlineData("changeme-changeme", "is the text of an example")]
    [InlineData("short", "has 5 characters, too few for a token")]
    public void A_token_that_is_none_is_refused_without_showing_it(string token, string why)
    {
        _clone.Write(".env", Good.Replace(Token, token, StringComparison.Ordinal));
        var problem = Assert.Single(Problems());
        Assert.StartsWith($"SETTINGS005: .env:2: AZP_TOKEN {why}. ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(token, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Token)]
    [InlineData("AxxxYourExample0AxxxYourExample0AxxxYourExample0Axxx")] // 52 characters: a real one may spell anything
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl")]
    [InlineData("a-server's-own-kind-of-token")]
    public void A_token_that_may_be_one_is_taken(string token)
    {
        _clone.Write(".env", Good.Replace(Token, token, StringComparison.Ordinal));
        Assert.Equal(token, DeploymentSettings.Load(_clone.Path, _environment).Credential.Secret.Reveal());
    }

    [Fact]
    public void A_service_principal_stands_in_for_the_token()
    {
        _clone.Write(".env", "AZP_URL=https://dev.azure.com/contoso\nAZP_POOL=p\nAZP_CLIENT_ID=app\nAZP_TENANT_ID=tenant\nAZP_CLIENT_SECRET=abcdefghijklmnopqrstuvwxyz\n");
        var principal = Assert.IsType<OrganizationCredential.ServicePrincipal>(DeploymentSettings.Load(_clone.Path, _environment).Credential);
        Assert.Equal(("app", "tenant", new Uri("https://login.microsoftonline.com")), (principal.ClientId, principal.TenantId, principal.Authority));
    }

    [Fact]
    public void Half_a_service_principal_or_one_beside_a_token_is_refused()
    {
        _clone.Write(".env", Good + "AZP_CLIENT_ID=app\n");
        Assert.Equal(["SETTINGS006: .env:2: AZP_TOKEN is set, and so is AZP_CLIENT_ID (.env:4). Keep the token or the service principal."], Problems());

        _clone.Write(".env", "AZP_URL=https://dev.azure.com/contoso\nAZP_POOL=p\nAZP_CLIENT_ID=app\nAZP_TENANT_ID=t\n");
        Assert.Equal(
            ["SETTINGS006: AZP_CLIENT_SECRET is not set, and AZP_CLIENT_ID is (.env:3). Set all three of AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET."],
            Problems());
    }

    [Fact]
    public void Without_the_file_its_example_is_pointed_to()
    {
        Assert.Equal(
            "SETTINGS003: AZP_URL is not set. Copy .env.example to .env and set it there: the organization's URL, as in https://dev.azure.com/contoso.",
            Problems()[0]);
    }

    [Fact]
    public void The_example_names_every_setting_and_is_refused_as_it_stands()
    {
        var example = File.ReadAllText(Path.Combine(Clone.Root, ".env.example"));
        var read = Directory.EnumerateFiles(Path.Combine(Clone.Root, "src", "Tidepool", "Deployment"), "*.cs")
            .SelectMany(file => Setting().Matches(File.ReadAllText(file)).Select(match => match.Value))
            .Distinct();
        Assert.All(read, name => Assert.Matches($"(?m)^#?{name}=", example));

        _clone.Write(".env", example);
        Assert.Equal(["SETTINGS004", "SETTINGS005"], Problems().Select(problem => problem[..11]));
    }

    [Fact]
    public void A_secret_shows_in_no_text_and_no_JSON()
    {
        var secret = new Secret(Token);
        Assert.Equal("***", $"{secret}");
        Assert.DoesNotContain(Token, $"{new OrganizationCredential.Token(secret)}", StringComparison.Ordinal);
        Assert.Equal("{}", System.Text.Json.JsonSerializer.Serialize(secret));
        Assert.Equal("the token *** was refused", secret.Mask($"the token {Token} was refused"));
    }

    private string[] Problems() =>
        [.. DeploymentSettings.Read(_clone.Path, _environment).Problems.Select(problem => problem.ToString())];

    [GeneratedRegex("AZP_[A-Z_]+(?=\")")]
    private static partial Regex Setting();
}
