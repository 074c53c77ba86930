using System.Text.Json;
using System.Text.Json.Nodes;
using Tidepool.Tasks;

namespace Tidepool.Deployment.Tests;

/// <summary>The whole life of a deployment: made, filled, started, destroyed, made again. Real Terraform and provider, moto in place of AWS.</summary>
public sealed class LifecycleSpecs(Moto moto) : IClassFixture<Moto>
{
    // One layer-less image: what ECR must be shown to have, not what runs.
    private const string Manifest =
        """
        {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers":[],"config":
        {"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}
        """;

    private const string Url = "https://dev.azure.com/example";

    [Theory]
    [InlineData("bind", "bind-mount-storage")]
    [InlineData("ebs", "ebs-storage")]
    [InlineData("efs", "efs-storage")]
    public async Task Tasks_start_once_image_and_token_are_there_and_a_destroyed_deployment_can_be_made_again(string storage, string volume)
    {
        var cluster = $"life-{storage}";
        using var terraform = await TerraformProcess.InitializedAsync(moto.Environment);
        string[] settings = ["-no-color", "-input=false", "-var-file=terraform.tfvars.example", $"-var=storage={storage}", $"-var=cluster_name={cluster}", $"-var=azp_url={Url}"];

        await terraform.SucceedAsync(["apply", "-auto-approve", .. settings]);
        var made = await terraform.OutputAsync();
        Assert.Equal((0, """["image","token"]"""), (Value(made, "desired_count").GetValue<int>(), Value(made, "waiting_for").ToJsonString()));
        await Deployed.NothingToDoAsync(terraform, settings);

        await PushAsync(Value(made, "repository_name").GetValue<string>());
        await AwsProcess.SucceedWithInputAsync(
            moto, "the-token", "secretsmanager", "put-secret-value", "--secret-id", Value(made, "token_secret_name").GetValue<string>(), "--secret-string", "file:///dev/stdin");
        await terraform.SucceedAsync(["apply", "-auto-approve", .. settings]);
        var started = await terraform.OutputAsync();
        Assert.Equal((1, "[]"), (Value(started, "desired_count").GetValue<int>(), Value(started, "waiting_for").ToJsonString()));
        Assert.Equal(Value(made, "task_definition_arn").GetValue<string>(), Value(started, "task_definition_arn").GetValue<string>());
        await Deployed.NothingToDoAsync(terraform, settings);

        await TheTaskDefinitionIsThatOfTheTemplateAsync(started, storage, volume);
        // Where Fargate attaches no EBS volume.
        Assert.Equal(storage != "ebs", (await ZonesAsync(cluster)).Contains("use1-az3"));
        Assert.DoesNotContain("the-token", await File.ReadAllTextAsync(Path.Combine(terraform.Folder, "terraform.tfstate"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await terraform.SucceedAsync(["destroy", "-auto-approve", .. settings]);
        await Deployed.NothingIsLeftAsync(moto, cluster);

        await terraform.SucceedAsync(["apply", "-auto-approve", .. settings]);
        Assert.Equal("""["image","token"]""", Value(await terraform.OutputAsync(), "waiting_for").ToJsonString());
        await terraform.SucceedAsync(["destroy", "-auto-approve", .. settings]);

        Assert.Equal("", string.Join('\n', DeployPolicy.NotAllowed(moto.Actions)));
    }

    // The provider leaves a service's EBS volume as it is where the configuration has none any more, and ECS refuses that.
    [Fact]
    public async Task Another_storage_makes_another_service_and_another_image_does_not()
    {
        using var terraform = await TerraformProcess.InitializedAsync(moto.Environment);
        string[] settings = ["-no-color", "-input=false", "-var-file=terraform.tfvars.example", "-var=cluster_name=other"];
        await terraform.SucceedAsync(["apply", "-auto-approve", .. settings]);

        var image = (await terraform.SucceedAsync(["plan", .. settings, "-var=image_tag=v2"])).Output;
        Assert.Contains("module.agents.aws_ecs_service.agents will be updated in-place", image, StringComparison.Ordinal);
        var storage = (await terraform.SucceedAsync(["plan", .. settings, "-var=storage=ebs"])).Output;
        Assert.Contains("module.agents.aws_ecs_service.agents will be replaced due to changes in replace_triggered_by", storage, StringComparison.Ordinal);

        await terraform.SucceedAsync(["destroy", "-auto-approve", .. settings]);
    }

    private static JsonNode Value(JsonObject outputs, string name) => outputs[name]!["value"]!;

    private Task<string> PushAsync(string repository) => AwsProcess.SucceedAsync(
        moto, "ecr", "put-image", "--repository-name", repository, "--image-tag", "v1", "--image-manifest", Manifest);

    private async Task<IReadOnlyList<string>> ZonesAsync(string cluster)
    {
        var service = JsonNode.Parse(await AwsProcess.SucceedAsync(moto, "ecs", "describe-services", "--cluster", cluster, "--services", "agents"))!;
        var subnets = service["services"]![0]!["networkConfiguration"]!["awsvpcConfiguration"]!["subnets"]!.AsArray().Select(id => id!.GetValue<string>());
        var described = JsonNode.Parse(await AwsProcess.SucceedAsync(moto, ["ec2", "describe-subnets", "--subnet-ids", .. subnets]))!;
        return [.. described["Subnets"]!.AsArray().Select(subnet => subnet!["AvailabilityZoneId"]!.GetValue<string>())];
    }

    private async Task TheTaskDefinitionIsThatOfTheTemplateAsync(JsonObject outputs, string storage, string volume)
    {
        var described = JsonNode.Parse(await AwsProcess.SucceedAsync(
            moto, "ecs", "describe-task-definition", "--task-definition", Value(outputs, "task_definition_arn").GetValue<string>()))!["taskDefinition"]!;
        var registered = TaskDefinitionJson.Read(
            new JsonObject { ["containerDefinitions"] = described["containerDefinitions"]!.DeepClone() }.ToJsonString(), "what Terraform registered");
        var rendered = AgentTaskDefinition.Render(
            await File.ReadAllTextAsync(Path.Combine(Clone.Root, "terraform", "agent-container.json.tftpl"), TestContext.Current.CancellationToken),
            agents: 2,
            agent => new Dictionary<string, string>
            {
                ["image"] = Value(outputs, "image").GetValue<string>(),
                ["azp_url"] = Url,
                ["azp_pool"] = "Default",
                ["azp_token_secret"] = Value(outputs, "token_secret_arn").GetValue<string>(),
                ["log_group"] = Value(outputs, "log_groups")[agent]!.GetValue<string>(),
                ["log_prefix"] = "agents",
                ["region"] = "us-east-1",
                ["volume"] = volume,
                ["storage"] = storage,
            },
            executionRoleArn: "arn:aws:iam::123456789012:role/execution");

        var (expected, actual) = (Sorted(rendered.ContainerDefinitions), Sorted(registered.ContainerDefinitions));
        Assert.True(JsonNode.DeepEquals(expected, actual), $"The template gives\n{expected}\nand Terraform registered\n{actual}");
        Assert.Equal(volume, Assert.Single(described["volumes"]!.AsArray())!["name"]!.GetValue<string>());
        Assert.Equal(("1024", "2048", "awsvpc"), (described["cpu"]!.GetValue<string>(), described["memory"]!.GetValue<string>(), described["networkMode"]!.GetValue<string>()));
    }

    // ECS keeps environment variables in no order of ours.
    private static JsonNode Sorted(IEnumerable<ContainerDefinition> containers) => JsonSerializer.SerializeToNode(
        containers.Select(container => container with { Environment = [.. container.Environment.OrderBy(variable => variable.Name, StringComparer.Ordinal)] }),
        TaskDefinitionJson.Options)!;
}
