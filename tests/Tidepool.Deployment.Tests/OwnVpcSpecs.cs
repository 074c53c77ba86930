namespace Tidepool.Deployment.Tests;

/// <summary>A deployment with a network of its own.</summary>
public sealed class OwnVpcSpecs(Moto moto) : IClassFixture<Moto>
{
    // Spot is left to the mocked tests: moto 5.2 keeps no capacity provider strategy of a service, and every plan would replace it.
    [Fact]
    public async Task A_small_vpc_with_nat_is_made_without_drift_and_destroyed()
    {
        using var terraform = await TerraformProcess.InitializedAsync(moto.Environment);
        string[] settings =
        [
            "-no-color", "-input=false", "-var-file=terraform.tfvars.example", "-var=cluster_name=own-vpc",
            """-var=network={vpc_cidr="10.42.0.0/24",nat=true}""",
        ];

        await terraform.SucceedAsync(["apply", "-auto-approve", .. settings]);
        Assert.Equal("""["azp_url","image","token"]""", (await terraform.OutputAsync())["waiting_for"]!["value"]!.ToJsonString());
        await Deployed.NothingToDoAsync(terraform, settings);
        await terraform.SucceedAsync(["destroy", "-auto-approve", .. settings]);

        await Deployed.NothingIsLeftAsync(moto, "own-vpc");
        Assert.Equal("", string.Join('\n', DeployPolicy.NotAllowed(moto.Actions)));
    }
}
