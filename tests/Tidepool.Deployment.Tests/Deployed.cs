using System.Text.Json.Nodes;

namespace Tidepool.Deployment.Tests;

/// <summary>What stands of a deployment.</summary>
internal static class Deployed
{
    /// <summary>A plan finds nothing to change.</summary>
    public static async Task NothingToDoAsync(TerraformProcess terraform, string[] settings)
    {
        var plan = await terraform.RunAsync(["plan", "-detailed-exitcode", .. settings]);
        Assert.True(plan.ExitCode == 0, $"A plan after an apply wants to change something:\n{plan.Output}{plan.Error}");
    }

    /// <summary>No resource has the deployment's tag or name any more.</summary>
    public static async Task NothingIsLeftAsync(Moto moto, string cluster)
    {
        var tagged = JsonNode.Parse(await AwsProcess.SucceedAsync(
            moto, "resourcegroupstaggingapi", "get-resources", "--tag-filters", $"Key=tidepool-cluster,Values={cluster}"))!;

        // ECS keeps deregistered revisions, and shows a deleted cluster and its services as INACTIVE for a while; EC2 shows a deleted NAT
        // gateway for an hour.
        Assert.DoesNotContain(
            tagged["ResourceTagMappingList"]!.AsArray().Select(resource => resource!["ResourceARN"]!.GetValue<string>()),
            arn => !arn.Contains(":ecs:", StringComparison.Ordinal) && !arn.Contains(":natgateway/", StringComparison.Ordinal));
        var clusters = JsonNode.Parse(await AwsProcess.SucceedAsync(moto, "ecs", "describe-clusters", "--clusters", cluster))!["clusters"]!.AsArray();
        Assert.DoesNotContain(clusters, shown => shown!["status"]!.GetValue<string>() is not "INACTIVE");
        var roles = JsonNode.Parse(await AwsProcess.SucceedAsync(moto, "iam", "list-roles"))!["Roles"]!.AsArray();
        Assert.DoesNotContain(roles, role => role!["RoleName"]!.GetValue<string>().StartsWith($"{cluster}-", StringComparison.Ordinal));
    }
}
