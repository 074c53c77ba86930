namespace Tidepool.Fargate.Volumes;

/// <summary>Why a task with an EFS volume does not start, in the words of AWS.</summary>
/// <remarks>
/// All are reported by users of Fargate: https://github.com/aws/copilot-cli/issues/5419, https://github.com/acp-io/terraform-grafana/issues/4,
/// https://github.com/aws-samples/aws-cdk-examples/issues/920. That a file system which does not exist reads like one without a mount target,
/// and an access point which does not exist like one that denies, is inferred.
/// </remarks>
internal static class ElasticFileSystemReasons
{
    /// <summary>There is no such file system, or it has no mount target where the task is.</summary>
    public static string Unresolved(string fileSystemId, string region) => Reason(
        $"Failed to resolve \"{Host(fileSystemId, region)}\" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target "
        + "for this file system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to lookup mount target ip "
        + "address using botocore. Failed to import necessary dependency botocore, please install botocore first.",
        1);

    /// <summary>The folder that is to be the root is not there.</summary>
    public static string NoFolder(string fileSystemId, string region, string path, bool encrypted) => Reason(
        $"b'mount.nfs4: mounting {(encrypted ? "127.0.0.1" : Host(fileSystemId, region))}:{path} failed, reason given by server: No such file or directory'",
        32);

    /// <summary>There is no such access point, or its folder is not there and it may not make one.</summary>
    public static string Denied() => Reason("b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'", 32);

    private static string Host(string fileSystemId, string region) => $"{fileSystemId}.efs.{region}.amazonaws.com";

    private static string Reason(string stderr, int code) =>
        $"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: {stderr} : unsuccessful EFS utils command execution; code: {code}";
}
