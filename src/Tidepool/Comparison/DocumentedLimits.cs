namespace Tidepool.Comparison;

/// <summary>What AWS documents of the speed of storages.</summary>
internal static class DocumentedLimits
{
    private const string Ebs = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-fargate-performance-limits.html";
    private const string Gp3 = "https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html";
    private const string Snapshot = "https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html";
    private const string Efs = "https://docs.aws.amazon.com/efs/latest/ug/performance.html";

    public static IReadOnlyList<DocumentedLimit> All { get; } =
    [
        new("bind", "every task", "no figures; with an EBS volume attached, the task's EBS limit is for its own disk and the volume together", Ebs),
        new("ebs", "tasks of 1 vCPU or less", "no figures; gp2, gp3, st1 or sc1 are advised", Ebs),
        new("ebs", "tasks of 2 vCPU", "3,000 IOPS, 75 MiB/s (baseline; more for a while)", Ebs),
        new("ebs", "tasks of 4 vCPU", "5,000 IOPS, 120 MiB/s", Ebs),
        new("ebs", "tasks of 8 vCPU", "10,000 IOPS, 250 MiB/s", Ebs),
        new("ebs", "tasks of 16 vCPU", "15,000 IOPS, 500 MiB/s", Ebs),
        new("ebs", "a gp3 volume", "3,000 IOPS and 125 MiB/s in its price; up to 16,000 IOPS and 1,000 MiB/s as ECS takes them", Gp3),
        new("ebs", "a volume from a snapshot", "blocks come from S3 when they are first read, slower, unless an initialization rate is paid for", Snapshot),
        new("efs", "elastic throughput (Regional)", "1,500 MiB/s a client (with a recent mount helper, else 500), 1 to 5 GiB/s written and 20 to 60 read a file system; about 2.7 ms a write", Efs),
        new("efs", "provisioned throughput (Regional)", "500 MiB/s a client; 25,000 write and 55,000 read IOPS; as much as is paid for", Efs),
        new("efs", "bursting throughput (Regional)", "500 MiB/s a client; 7,000 write and 35,000 read IOPS; 50 KiB/s for each GiB that is kept, and bursts of 100 MiB/s on credit", Efs),
        new("efs", "One Zone", "500 MiB/s a client; 7,000 write and 35,000 read IOPS; about 1.6 ms a write", Efs),
    ];
}
