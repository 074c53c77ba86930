using Tidepool.Deployment.Infrastructure;

namespace Tidepool.Deployment.Tests.Infrastructure;

/// <summary>The texts are Terraform 1.11's and the AWS provider's own.</summary>
public sealed class TerraformProblemSpecs
{
    [Theory]
    [InlineData("TERRAFORM002", "Unsupported Terraform Core version", "This configuration does not support Terraform version 1.2.0.")]
    [InlineData("TERRAFORM004", "Required plugins are not installed", "The installed provider plugins are not consistent with the packages selected in the dependency lock file.")]
    [InlineData("TERRAFORM005", "No valid credential sources found", "Please see https://registry.terraform.io/providers/hashicorp/aws\nfor more information about providing credentials.")]
    [InlineData("TERRAFORM005", "Retrieving AWS account details: validating provider credentials", "api error ExpiredToken: The security token included in the request is expired")]
    [InlineData("TERRAFORM006", "creating ECS Service (agents)", "api error InvalidParameterException: Desired count exceeds limit.")]
    [InlineData("TERRAFORM006", "creating IAM Role (x)", "api error LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000")]
    [InlineData("TERRAFORM007", "creating ECR Repository (x)", "api error AccessDeniedException: User: arn:aws:iam::1:user/me is not authorized to perform: ecr:CreateRepository")]
    [InlineData("TERRAFORM008", "No value for required variable", "The root module input variable \"aws_region\" is not set, and has no default value.")]
    [InlineData("TERRAFORM008", "Invalid value for variable", "cpu_architecture is \"ARM\". Use ARM64 or X86_64.")]
    [InlineData("TERRAFORM009", "Cycle: a, b", "")]
    public void Each_refusal_has_the_code_that_mends_it(string code, string summary, string detail)
    {
        var problem = TerraformProblem.Of(new TerraformDiagnostic("error", summary, detail, Address: null));
        Assert.Equal(code, problem.Code);
        Assert.StartsWith($"Terraform: {summary}", problem.What, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.What);
    }

    [Fact]
    public void Plain_text_in_a_frame_is_read_as_its_error()
    {
        var problem = TerraformProblem.Of(
            [
                "Initializing the backend...",
                "╷",
                "│ Error: Failed to query available provider packages",
                "│ ",
                "│ Could not retrieve the list of available versions for provider",
                "│ hashicorp/aws: could not connect to registry.terraform.io",
                "╵",
            ],
            "init");
        Assert.Equal(
            "TERRAFORM004: Terraform: Failed to query available provider packages. Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to registry.terraform.io. Let this machine reach registry.terraform.io (HTTPS_PROXY is honoured), or set TIDEPOOL_TF_PLUGIN_DIR to a folder that holds the provider.",
            problem.ToString());
    }

    [Fact]
    public void A_crash_is_told_with_its_last_lines() => Assert.Equal(
        "Terraform: terraform apply failed. panic: runtime error goroutine 1.",
        TerraformProblem.Of(["panic: runtime error", "goroutine 1"], "apply").What);

    [Fact]
    public void Many_errors_of_one_cause_are_told_once_and_the_one_to_mend_first_comes_first()
    {
        var stream = new TerraformStream(new NoProgress());
        foreach (var summary in (string[])["Cycle: a, b", "creating X: api error ExpiredToken", "creating X: api error ExpiredToken"])
        {
            stream.Read($$$"""{"type":"diagnostic","diagnostic":{"severity":"error","summary":"{{{summary}}}"}}""");
        }

        Assert.Equal(["TERRAFORM005", "TERRAFORM009"], stream.Problems("apply").Select(problem => problem.Code));
    }

    [Theory]
    [InlineData("data.aws_region.current", true)]
    [InlineData("module.agents.data.aws_region.current", true)]
    [InlineData("module.data.aws_ecs_cluster.this", false)]
    [InlineData("aws_ecs_cluster.data", false)]
    public void A_data_source_is_told_from_a_resource(string address, bool isData) => Assert.Equal(isData, TerraformResource.IsDataAddress(address));

    private sealed class NoProgress : IProgress<DeploymentEvent>
    {
        public void Report(DeploymentEvent value)
        {
        }
    }
}
