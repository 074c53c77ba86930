using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>What DescribeTasks shows of a task's EBS volume, at each point of the task's life. Pure.</summary>
/// <remarks>
/// The type, the names of the details and the words of the status are the service model's, and CREATED as the first of them is in an example of
/// AWS (examples of run-task in the aws command line); which one goes with which status of the task after that is inferred.
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attachment.html
/// </remarks>
internal static class EbsAttachment
{
    private const string Type = "AmazonElasticBlockStorage";

    /// <summary>The task with its attachments as they are now.</summary>
    public static TaskLife Shown(TaskLife life)
    {
        if (life.EbsVolume is not { } volume)
        {
            return life;
        }

        var status = StatusOf(life, volume);
        var before = life.Task.Attachments.FirstOrDefault(attachment => attachment.Type == Type);
        return before?.Status == status
            ? life
            : life with
            {
                Task = life.Task with
                {
                    Attachments =
                    [
                        .. life.Task.Attachments.Where(attachment => attachment.Type != Type),
                        new(volume.AttachmentId, Type, status, [.. Details(life, volume, status)]),
                    ],
                },
            };
    }

    private static string StatusOf(TaskLife life, TaskEbsVolume volume) => life.AttachFailure is not null
        ? "FAILED"
        : life.Task.LastStatus switch
        {
            EcsTaskStatus.Provisioning or EcsTaskStatus.Pending => "CREATED",
            EcsTaskStatus.Activating when !life.Prepared => "ATTACHING",
            EcsTaskStatus.Deprovisioning => "DETACHING",
            EcsTaskStatus.Stopped => volume.Order.IsDeletedWithTask || life.Task.PullStartedAt is null ? "DELETED" : "DETACHED",
            _ => "ATTACHED",
        };

    private static IEnumerable<EcsKeyValue> Details(TaskLife life, TaskEbsVolume volume, string status)
    {
        yield return new("roleArn", volume.Order.Configuration.RoleArn);
        yield return new("volumeName", volume.Order.Name);
        yield return new("deleteOnTermination", volume.Order.IsDeletedWithTask ? "true" : "false");
        if (life.AttachFailure is { } failure)
        {
            yield return new("statusReason", failure);
        }
        else if (status is not "CREATED" && life.Task.PullStartedAt is not null)
        {
            yield return new("volumeId", volume.VolumeId);
        }
    }
}
