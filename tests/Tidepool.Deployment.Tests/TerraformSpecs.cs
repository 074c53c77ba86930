namespace Tidepool.Deployment.Tests;

/// <summary>The Terraform configuration as it stands, without a cloud.</summary>
public sealed class TerraformSpecs
{
    private static readonly Dictionary<string, string?> NoAws = new() { ["AWS_EC2_METADATA_DISABLED"] = "true" };

    [Fact]
    public async Task The_configuration_is_valid()
    {
        using var terraform = await TerraformProcess.InitializedAsync(NoAws);
        await terraform.SucceedAsync("validate", "-no-color");
    }
}
