using System.Text.Json.Nodes;

namespace Tidepool.Deployment.Tests;

/// <summary>What the policy of the person who deploys must never hold. That it holds enough, the life of each deployment shows.</summary>
public sealed class DeployPolicySpecs
{
    [Fact]
    public void No_action_is_a_pattern_and_no_secret_can_be_read()
    {
        Assert.DoesNotContain(DeployPolicy.Allowed, action => action.Contains('*', StringComparison.Ordinal));
        Assert.DoesNotContain("secretsmanager:GetSecretValue", DeployPolicy.Allowed);
        Assert.Contains("secretsmanager:PutSecretValue", DeployPolicy.Allowed);
    }

    [Fact]
    public void What_is_destroyed_or_passed_on_is_fenced_by_its_name_or_its_tag()
    {
        var unfenced = DeployPolicy.Statements()
            .Where(statement => statement["Resource"] is JsonValue resource && resource.GetValue<string>() == "*" && statement["Condition"] is null)
            .SelectMany(statement => statement["Action"]!.AsArray().Select(action => action!.GetValue<string>()))
            .Where(action => action.Contains(":Delete", StringComparison.Ordinal) || action.Contains(":Put", StringComparison.Ordinal) || action is "iam:PassRole");

        // EFS removes a mount target's interface in the caller's name, and interfaces carry no tag of ours.
        Assert.Equal(["ec2:DeleteNetworkInterface"], unfenced);
    }
}
