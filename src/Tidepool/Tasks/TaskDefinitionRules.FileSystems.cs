namespace Tidepool.Tasks;

// EFS volumes.
public static partial class TaskDefinitionRules
{
    /// <remarks>
    /// Source of the rules: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html and
    /// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSAuthorizationConfig.html. Which refusal comes first is inferred.
    /// </remarks>
    private static IEnumerable<TaskDefinitionViolation> FileSystemViolations(RegisterTaskDefinitionRequest request, EfsVolume volume, string path)
    {
        var encrypted = volume.TransitEncryption is "ENABLED";
        var (accessPoint, iam) = (volume.AuthorizationConfig?.AccessPointId, volume.AuthorizationConfig?.Iam);
        if (string.IsNullOrEmpty(volume.FileSystemId))
        {
            // Inferred text.
            yield return new("TASK013", $"{path}.fileSystemId", "EFS volumes require a fileSystemId.", "Set fileSystemId, as in fs-0123456789abcdef0.");
        }

        foreach (var (member, value) in new[] { ("transitEncryption", volume.TransitEncryption), ("authorizationConfig.iam", iam) })
        {
            if (value is not (null or "ENABLED" or "DISABLED"))
            {
                // Inferred text.
                yield return new("TASK013", $"{path}.{member}", $"Invalid '{member}' setting '{value}' for EFS volume.", "Use ENABLED or DISABLED.");
            }
        }

        if (accessPoint is not null && volume.RootDirectory is not (null or "" or "/"))
        {
            // Reported text.
            yield return new(
                "TASK013", $"{path}.rootDirectory",
                "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.",
                "Remove rootDirectory: the access point has one.");
        }

        if (accessPoint is not null && !encrypted)
        {
            // Inferred text; the rule is stated by AWS.
            yield return new(
                "TASK013", $"{path}.transitEncryption", "EFS access points require TransitEncryption to be enabled.", "Set transitEncryption to ENABLED.");
        }

        if (iam is "ENABLED" && !encrypted)
        {
            // Reported text.
            yield return new(
                "TASK013", $"{path}.transitEncryption",
                "EFS IAM authorization requires TransitEncryption to be enabled.",
                "Set transitEncryption to ENABLED.");
        }

        if (iam is "ENABLED" && request.TaskRoleArn is null)
        {
            // Reported text.
            yield return new(
                "TASK018", "$.taskRoleArn", "EFS IAM authorization requires a task role.",
                "Set taskRoleArn to a role that may mount the file system.");
        }

        if (volume.TransitEncryptionPort is not null && !encrypted)
        {
            // Reported text.
            yield return new(
                "TASK013", $"{path}.transitEncryptionPort",
                "TransitEncryptionPort requires that TransitEncryption is enabled",
                "Set transitEncryption to ENABLED, or remove transitEncryptionPort.");
        }
    }
}
