using Tidepool.Storage.Comparison;

namespace Tidepool.Comparison;

/// <summary>The table that people know: what is commonly said of the three storages, and what was observed or is documented.</summary>
public static class CommonClaims
{
    private const string Guide = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide";
    private const string BindMounts = $"{Guide}/bind-mounts.html";
    private const string Ebs = $"{Guide}/ebs-volumes.html";
    private const string EbsConfiguration = $"{Guide}/configure-ebs-volume.html";
    private const string EbsLimits = $"{Guide}/ebs-fargate-performance-limits.html";
    private const string Efs = $"{Guide}/efs-volumes.html";
    private const string EfsSpeed = "https://docs.aws.amazon.com/efs/latest/ug/performance.html";
    private const string TaskStorage = $"{Guide}/fargate-task-storage.html";
    private const string FargatePrices = "https://aws.amazon.com/fargate/pricing/";

    private static readonly Claim[] All =
    [
        new("data persistence", "bind", "none: gone with the task",
            "It survives a container that is restarted in place, and nothing more: the task that takes another's place begins empty.", true, BindMounts,
            new("container-restarted/bind", Seen.Found), new("task-replaced/bind", Seen.NotFound), new("new-revision/bind", Seen.NotFound)),
        new("data persistence", "ebs", "yes: it outlives the task",
            "Not for a service: ECS deletes the volume with its task, and the next task begins empty. Only RunTask can leave a volume, and no later task can have it; data comes back through a snapshot alone.",
            false, EbsConfiguration,
            new("task-replaced/ebs-service", Seen.NotFound), new("new-revision/ebs-service", Seen.NotFound), new("task-replaced/ebs-run-task", Seen.NotFound), new("task-replaced/ebs-snapshot", Seen.OfSnapshot)),
        new("data persistence", "efs", "yes: it outlives the task", "It is there for every later task.", true, Efs,
            new("task-replaced/efs", Seen.Found), new("new-revision/efs", Seen.Found)),
        new("sharing across tasks", "bind", "no: the containers of one task only", "The containers of one task share it, no other task sees it.", true, BindMounts,
            new("same-task/bind", Seen.Found), new("other-task/bind", Seen.NotFound), new("scaled-to-two/bind", Seen.NotFound)),
        new("sharing across tasks", "ebs", "no: one task", "One volume for each task, a service scaled to two has two; the containers of one task share it.", true, Ebs,
            new("same-task/ebs-service", Seen.Found), new("other-task/ebs-service", Seen.NotFound), new("scaled-to-two/ebs-service", Seen.NotFound)),
        new("sharing across tasks", "efs", "yes",
            "All tasks see it at once, and so do two runs at once: of two artifacts of one name the first is overwritten.", true, Efs,
            new("other-task/efs", Seen.Found), new("scaled-to-two/efs", Seen.Found), new("same-name-two-tasks/efs", Seen.Overwritten)),
        new("performance", "bind", "the fastest: local disk",
            "AWS gives no figure for the task's own disk, and nowhere promises that it is the fastest. With an EBS volume attached, both share one limit that goes by the task's size.", false, EbsLimits),
        new("performance", "ebs", "high, as provisioned",
            "As provisioned, up to the limit of the task's size: 3000 IOPS and 75 MiB/s at 2 vCPU, 15000 and 500 at 16. A volume from a snapshot loads as it is read.", false, EbsLimits),
        new("performance", "efs", "slower, scales", "Each operation goes over NFS: large files are fine, many small files are slow.", true, EfsSpeed),
        new("cost", "bind", "free", "The first 20 GiB of a task are. Beyond that a GiB costs what one of gp3 costs: 0.081 and 0.08 USD a month.", false, FargatePrices),
        new("cost", "ebs", "by GiB provisioned", "By GiB provisioned, for as long as each task lives. A volume that RunTask leaves is billed until it is deleted.", true, "https://aws.amazon.com/ebs/pricing/"),
        new("cost", "efs", "by GiB stored, the dearest",
            "0.30 USD a GiB and month, and with elastic throughput 0.03 for each GiB read and 0.06 for each written, which at 100 GiB a day is more than all else.", true, "https://aws.amazon.com/efs/pricing/"),
        new("setup complexity", "bind", "low", "A volume's name and a mount point. An agent that is not root cannot write to it unless the image has a VOLUME at that path.", false, BindMounts,
            new Shown("not-root/bind", Seen.Refused)),
        new("setup complexity", "ebs", "medium", "A role for ECS, and a configuration in the service, not in the task definition. It is writable for a user that is not root.", true, EbsConfiguration,
            new Shown("not-root/ebs-service", Seen.Written)),
        new("setup complexity", "efs", "high", "File system, mount targets, security group. Without an access point its root is root's alone; with one everybody writes as the access point's user.", true, Efs,
            new("not-root/efs", Seen.Refused), new("not-root/efs-access-point", Seen.Written)),
        new("use case", "bind", "scratch space", "Scratch space, and hand-over between the agents of one task. A writer that is killed leaves half an artifact, as everywhere: write to another name and rename.", true, BindMounts,
            new("same-task/bind", Seen.Found), new("writer-killed/bind", Seen.Torn)),
        new("use case", "ebs", "databases and state", "For a service: more than 200 GiB, throughput by choice, a key of one's own, a warm start from a snapshot. Not state.", false, Ebs,
            new("task-replaced/ebs-service", Seen.NotFound), new("other-task/ebs-snapshot", Seen.OfSnapshot)),
        new("use case", "efs", "shared files", "What several tasks or later runs must see.", true, Efs, new("other-task/efs", Seen.Found), new("task-replaced/efs", Seen.Found)),
        new("encryption at rest", "bind", "no", "Yes, always: AES-256 on platform version 1.4.0, since May 2020; the cluster may name a key of one's own.", false, TaskStorage),
        new("encryption at rest", "ebs", "yes", "If the volume or the account's default asks for it, or its snapshot is encrypted.", true, Ebs),
        new("encryption at rest", "efs", "yes", "If it was asked for when the file system was made; it cannot be added later.", true, "https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html"),
        new("backup", "bind", "none", "None: what must last is published as an artifact.", true, BindMounts),
        new("backup", "ebs", "snapshots", "Snapshots that you take while the volume is there; nobody takes one of a service's volume before it is deleted.", false, EbsConfiguration),
        new("backup", "efs", "AWS Backup", "AWS Backup, and replication.", true, "https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html"),
    ];

    /// <summary>The table over what was seen: where cells show a claim, it is only said if they were seen so.</summary>
    public static IReadOnlyList<ClaimReport> Of(IReadOnlyList<ScenarioRow> rows)
    {
        var cells = rows.SelectMany(row => row.Cells.Select(cell => (Id: $"{row.Id}/{cell.Storage}", Cell: cell))).ToDictionary(pair => pair.Id, pair => pair.Cell);
        return [.. All.Select(claim => claim.Report(cells))];
    }

    private sealed record Shown(string Cell, string Seen);

    private sealed record Claim(string Row, string Storage, string Commonly, string Found, bool Agrees, string Source, params Shown[] Cells)
    {
        public ClaimReport Report(Dictionary<string, CellReport> seen)
        {
            var others = Cells.Where(shown => seen.GetValueOrDefault(shown.Cell)?.Observed is { } observed && observed != shown.Seen).ToList();
            var isObserved = Cells.Length > 0 && others.Count == 0 && Cells.All(shown => seen.GetValueOrDefault(shown.Cell)?.Observed is not null);
            return new(
                Row,
                Storage,
                Commonly,
                others.Count == 0 ? Found : $"Something else was seen here: {string.Join(", ", others.Select(shown => $"{shown.Cell} {seen[shown.Cell].Observed}, not {shown.Seen}"))}.",
                Agrees && others.Count == 0,
                isObserved || others.Count > 0 ? "observed" : "documented",
                isObserved || others.Count > 0 ? [.. Cells.Select(shown => shown.Cell)] : [],
                Source);
        }
    }
}
