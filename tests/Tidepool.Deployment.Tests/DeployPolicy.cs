using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Tests;

/// <summary>The smallest IAM policy of the person who deploys, as <c>docs/deploy-policy.json</c> has it.</summary>
internal static partial class DeployPolicy
{
    // EFS is called by path; what IAM calls it.
    private static readonly Dictionary<string, string> FileSystemActions = new()
    {
        ["POST file-systems"] = "CreateFileSystem",
        ["GET file-systems"] = "DescribeFileSystems",
        ["PUT file-systems/*"] = "UpdateFileSystem",
        ["DELETE file-systems/*"] = "DeleteFileSystem",
        ["GET file-systems/*/lifecycle-configuration"] = "DescribeLifecycleConfiguration",
        ["PUT file-systems/*/lifecycle-configuration"] = "PutLifecycleConfiguration",
        ["GET file-systems/*/policy"] = "DescribeFileSystemPolicy",
        ["PUT file-systems/*/policy"] = "PutFileSystemPolicy",
        ["DELETE file-systems/*/policy"] = "DeleteFileSystemPolicy",
        ["POST mount-targets"] = "CreateMountTarget",
        ["GET mount-targets"] = "DescribeMountTargets",
        ["DELETE mount-targets/*"] = "DeleteMountTarget",
        ["GET mount-targets/*/security-groups"] = "DescribeMountTargetSecurityGroups",
        ["POST access-points"] = "CreateAccessPoint",
        ["GET access-points"] = "DescribeAccessPoints",
        ["DELETE access-points/*"] = "DeleteAccessPoint",
    };

    /// <summary>The actions that the policy allows on something.</summary>
    public static IReadOnlySet<string> Allowed { get; } = Statements()
        .SelectMany(statement => statement["Action"] is JsonArray many ? many.Select(action => action!.GetValue<string>()) : [statement["Action"]!.GetValue<string>()])
        .ToHashSet();

    /// <summary>Those of the called operations that the policy does not allow, as IAM spells them.</summary>
    public static IEnumerable<string> NotAllowed(IEnumerable<string> operations) => operations.Select(ActionOf).Where(action => !Allowed.Contains(action)).Order();

    public static IEnumerable<JsonObject> Statements() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Clone.Root, "docs", "deploy-policy.json")))!["Statement"]!.AsArray().Select(statement => statement!.AsObject());

    private static string ActionOf(string operation) => FileSystem().Match(operation) is { Success: true } match
        ? $"elasticfilesystem:{FileSystemActions.GetValueOrDefault($"{match.Groups["method"]} {match.Groups["path"]}", match.Value)}"
        : operation.Replace("tagging:", "tag:", StringComparison.Ordinal);

    [GeneratedRegex("^elasticfilesystem:(?<method>[A-Z]+) /2015-02-01/(?<path>.*)$")]
    private static partial Regex FileSystem();
}
