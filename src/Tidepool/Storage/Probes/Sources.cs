namespace Tidepool.Storage.Probes;

/// <summary>The pages that state the rules.</summary>
internal static class Sources
{
    private const string Guide = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide";

    public const string BindMounts = $"{Guide}/bind-mounts.html";
    public const string TaskStorage = $"{Guide}/fargate-task-storage.html";
    public const string RestartPolicy = $"{Guide}/container-restart-policy.html";
    public const string Isolation = $"{Guide}/AWS_Fargate.html";
    public const string Metadata = $"{Guide}/task-metadata-endpoint-v4-fargate-response.html";
    public const string StopTask = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html";
    public const string SourcePath = "https://github.com/cloudposse/terraform-aws-ecs-alb-service-task/issues/174";
    public const string InitContainer = "https://github.com/aws/containers-roadmap/issues/938";
    public const string Ebs = $"{Guide}/ebs-volumes.html";
    public const string EbsConfiguration = $"{Guide}/configure-ebs-volume.html";
    public const string EbsPerformance = $"{Guide}/ebs-fargate-performance-limits.html";
    public const string Efs = $"{Guide}/efs-volumes.html";
    public const string EfsRoot = "https://docs.aws.amazon.com/efs/latest/ug/accessing-fs-nfs-permissions.html";
    public const string AccessPoints = "https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html";

    public static ProbeSource Stated(string page) => new(Certainty.Stated, page);

    public static ProbeSource Reported(string page) => new(Certainty.Reported, page);

    public static ProbeSource Inferred(string page) => new(Certainty.Inferred, page);
}
