using Tidepool.Comparison;

namespace Tidepool.Tests.Comparison;

/// <summary>Reports as a comparison may write them, with figures that could be true.</summary>
internal static partial class SampleReport
{
    private const string Bind = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html";
    private const string Ebs = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html";
    private const string Efs = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html";

    private static readonly StorageReport[] Storages =
    [
        new("bind", "bind mount", "A volume without more: a directory on the task's own disk, made with the task and gone with it."),
        new("ebs-service", "EBS of a service", "An EBS volume that ECS makes for each task of a service, and deletes with it."),
        new("ebs-kept", "EBS of RunTask, kept", "An EBS volume that RunTask makes and leaves behind (deleteOnTermination is false)."),
        new("ebs-snapshot", "EBS from a snapshot", "An EBS volume that RunTask makes from a snapshot of an earlier one."),
        new("efs", "EFS", "A file system that all tasks mount, without an access point."),
        new("efs-access-point", "EFS with access point", "The same, through an access point with a POSIX user and a directory of its own."),
    ];

    private static readonly (string Id, string Name, string What, string[] Observed, string Certainty)[] Scenarios =
    [
        ("same-task", "other agent of the same task", "One agent writes 1 MiB and its checksum; the other of the same task reads it.", ["found", "found", "found", "found", "found", "found"], "stated"),
        ("other-task", "agent of another task", "One agent writes; an agent of a task that runs at the same time reads.", ["not found", "not found", "not found", "not found", "found", "found"], "stated"),
        ("container-restarted", "container restarted in place", "The container ends and its restart policy starts it again in the same task.", ["found", "found", "found", "found", "found", "found"], "inferred"),
        ("task-replaced", "task replaced", "The task is stopped; the one in its place reads.", ["not found", "not found", "not found", "found", "found", "found"], "stated"),
        ("scaled-to-two", "service scaled to two", "The desired count goes from 1 to 2; the new task reads.", ["not found", "not found", "-", "-", "found", "found"], "stated"),
        ("new-revision", "deployment of a new revision", "The service is updated to a new revision; its task reads.", ["not found", "not found", "-", "-", "found", "found"], "stated"),
        ("same-name", "two runs write the same name", "Two agents of two tasks write one file name at once, and both look who won.", ["one each", "one each", "one each", "one each", "last wins", "last wins"], "stated"),
        ("torn", "writer killed in mid-write", "The writer gets SIGKILL while it writes; a reader compares the checksum beside it.", ["torn, detected", "torn, detected", "torn, detected", "torn, detected", "torn, detected", "torn, detected"], "stated"),
        ("disk-full", "disk full", "A file larger than the storage is written.", ["ENOSPC", "ENOSPC", "ENOSPC", "ENOSPC", "no limit", "no limit"], "stated"),
        ("non-root", "non-root writer without VOLUME", "User 1000 writes where the image has no VOLUME at the mount's path.", ["EACCES", "EACCES", "EACCES", "EACCES", "EACCES", "written"], "reported"),
        ("image-content", "content of the image", "The image has files at the mount's path; the task looks for them.", ["found", "not found", "not found", "not found", "not found", "not found"], "stated"),
    ];

    /// <summary>All sections, 66 cells with ten lines of proof each.</summary>
    public static ComparisonReport Full { get; } = new()
    {
        Endpoint = "local",
        Runtime = "sandbox",
        StartedAt = new(2026, 11, 24, 18, 40, 0, TimeSpan.Zero),
        Seconds = 48.2,
        Storages = Storages,
        Scenarios = [.. Scenarios.Select((scenario, row) => new ScenarioRow(
            scenario.Id, scenario.Name, scenario.What, [.. Storages.Select((storage, column) => Cell(scenario, row, storage, column))]))],
        Claims = Claims,
        Speed = Speed,
        Cost = Cost,
        Pipeline = Pipeline,
        NotExercised =
        [
            "CPU and memory are checked against Fargate's rules and not enforced.",
            "The image: containers see this machine's programs.",
            "EBS and EFS are files of this machine's disk; their speed and durability are not AWS's.",
        ],
    };

    /// <summary>Stopped after some cells: no cost, no speed, no claims, and a row that lacks cells.</summary>
    public static ComparisonReport Partial { get; } = Full with
    {
        Partial = "It was stopped after 12.0 s; 9 of 66 cells were tried.",
        Scenarios = [Full.Scenarios[0], Full.Scenarios[1] with { Cells = [.. Full.Scenarios[1].Cells.Take(3)] }],
        Claims = [Full.Claims[0]],
        Speed = null,
        Cost = null,
        Pipeline = null,
        Left = ["vol-0f3a9b1c2d4e5f607: the service answered 503."],
    };

    /// <summary>Nothing was tried.</summary>
    public static ComparisonReport Empty { get; } = new()
    {
        Endpoint = "aws",
        StartedAt = Full.StartedAt,
        Seconds = 0.1,
        Partial = "It was stopped before anything was tried.",
        Storages = [],
        Scenarios = [],
    };

    /// <summary>The full report with one cell that is not as the rules say.</summary>
    public static ComparisonReport Differing { get; } = Full with
    {
        Scenarios =
        [
            .. Full.Scenarios.Select(row => row.Id is not "other-task" ? row : row with
            {
                Cells = [.. row.Cells.Select(cell => cell.Storage is not "bind" ? cell : cell with
                {
                    Verdict = CellReport.Different,
                    Observed = "found",
                    Text = "The other task read what this one wrote.",
                })],
            }),
        ],
    };

    private static CellReport Cell((string Id, string Name, string What, string[] Observed, string Certainty) scenario, int row, StorageReport storage, int column)
    {
        var source = storage.Id.StartsWith("efs", StringComparison.Ordinal) ? Efs : storage.Id.StartsWith("ebs", StringComparison.Ordinal) ? Ebs : Bind;
        if (scenario.Observed[column] is "-")
        {
            return new()
            {
                Storage = storage.Id,
                Verdict = CellReport.NotTried,
                Expected = "not found",
                Text = "A service takes no volume that RunTask left.",
                Certainty = "stated",
                Source = source,
            };
        }

        var task = $"{row:x2}{column:x2}c2d4e5f60718293a4b5c6d7e8f90";
        return new()
        {
            Storage = storage.Id,
            Verdict = CellReport.AsExpected,
            Expected = scenario.Observed[column],
            Observed = scenario.Observed[column],
            Control = true,
            Text = $"{scenario.Observed[column]}: agent-2 looked at /shared-storage/probe/{scenario.Id}.bin",
            Tasks = [.. Enumerable.Range(1, 2).Select(number => $"arn:aws:ecs:us-east-1:000000000000:task/compare/{task}{number:x4}")],
            Proof =
            [
                $"task {task}0001 RUNNING in us-east-1a, volume 7:{column} inode {14 + row}",
                $"agent-1 wrote /shared-storage/probe/{scenario.Id}.bin (1,048,576 bytes)",
                "agent-1 sha256 e448cff7b24e9d5b2a7f0c1d8e6a3f4952b1c0d7e8f9a6b5c4d3e2f1a0b9c8d7",
                "agent-1 control: found, the same sha256",
                $"task {task}0002 RUNNING in us-east-1a, volume 7:{column + 1} inode {14 + row}",
                $"agent-2 stat /shared-storage/probe/{scenario.Id}.bin: {scenario.Observed[column]}",
                "agent-2 ls -la /shared-storage: total 0",
                "agent-1 control after: found, the same sha256",
                $"task {task}0001 STOPPED, UserInitiated, agent-1 exit 143, agent-2 exit 143",
                $"task {task}0002 STOPPED, UserInitiated, agent-1 exit 0, agent-2 exit 0",
            ],
            Certainty = scenario.Certainty,
            Source = source,
        };
    }
}
