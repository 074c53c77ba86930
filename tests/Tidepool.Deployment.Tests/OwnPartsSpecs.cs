namespace Tidepool.Deployment.Tests;

/// <summary>A deployment into what an organization has already: cluster, repository, subnets, security group, keys, a role.</summary>
public sealed class OwnPartsSpecs(Moto moto) : IClassFixture<Moto>
{
    [Fact]
    public async Task What_stood_before_is_used_without_drift_and_outlives_the_deployment()
    {
        await AwsProcess.SucceedAsync(moto, "ecs", "create-cluster", "--cluster-name", "shared");
        await AwsProcess.SucceedAsync(moto, "ecr", "create-repository", "--repository-name", "team/agents");
        var key = await TextAsync("kms", "create-key", "--query", "KeyMetadata.Arn");
        var subnet = await TextAsync("ec2", "describe-subnets", "--query", "Subnets[0].SubnetId");
        var group = await TextAsync("ec2", "describe-security-groups", "--query", "SecurityGroups[0].GroupId");
        using var terraform = await TerraformProcess.InitializedAsync(moto.Environment);
        string[] settings =
        [
            "-no-color", "-input=false", "-var-file=terraform.tfvars.example", "-var=cluster_name=shared", "-var=existing_cluster=true",
            "-var=existing_repository=team/agents", "-var=storage=ebs",
            $$"""-var=network={subnet_ids=["{{subnet}}"],security_group_ids=["{{group}}"]}""",
            $$"""-var=kms_key_arns={secret="{{key}}",logs="{{key}}",volume="{{key}}"}""",
            """-var=roles={path="/teams/",execution_role_arn="arn:aws:iam::123456789012:role/own"}""",
            """-var=service_principal={client_id="c",tenant_id="t"}""",
        ];

        await terraform.SucceedAsync(["apply", "-auto-approve", .. settings]);
        var made = (await terraform.SucceedAsync("state", "list")).Output.Split('\n');
        Assert.DoesNotContain(made, resource => resource.StartsWith("module.network.aws_", StringComparison.Ordinal)
            || resource.Contains("aws_ecr_repository.agent[0]", StringComparison.Ordinal) && !resource.Contains(".data.", StringComparison.Ordinal)
            || resource.Contains("aws_ecs_cluster.agents", StringComparison.Ordinal)
            || resource.Contains("aws_iam_role.execution", StringComparison.Ordinal));
        await Deployed.NothingToDoAsync(terraform, settings);
        await terraform.SucceedAsync(["destroy", "-auto-approve", .. settings]);

        Assert.Equal("ACTIVE", await TextAsync("ecs", "describe-clusters", "--clusters", "shared", "--query", "clusters[0].status"));
        Assert.Equal("team/agents", await TextAsync("ecr", "describe-repositories", "--query", "repositories[0].repositoryName"));
    }

    private async Task<string> TextAsync(params string[] arguments) => (await AwsProcess.SucceedAsync(moto, [.. arguments, "--output", "text"])).Trim();
}
