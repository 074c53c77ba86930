using Tidepool.Comparison;

namespace Tidepool.Tests.Comparison;

internal static partial class SampleReport
{
    private const string FargatePrices = "https://aws.amazon.com/fargate/pricing/";
    private const string Sizes = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html";
    private static DateOnly Day => new(2026, 9, 28);

    private static ClaimReport[] Claims =>
    [
        new("data persistence", "bind", "Lost when the container stops.", "Kept while the task lives, a restart of the container in place included; gone with the task.", false, "observed", ["container-restarted/bind", "task-replaced/bind"], Bind),
        new("data persistence", "ebs", "Persists.", "A service's volume goes with its task; RunTask can leave one, and no later task gets it.", false, "observed", ["task-replaced/ebs-service", "task-replaced/ebs-kept"], Ebs),
        new("data persistence", "efs", "Persists.", "Outlives tasks, services and clusters.", true, "observed", ["task-replaced/efs"], Efs),
        new("sharing across tasks", "bind", "No.", "No task sees another's.", true, "observed", ["other-task/bind"], Bind),
        new("sharing across tasks", "ebs", "No.", "One volume, one task.", true, "observed", ["other-task/ebs-service"], Ebs),
        new("sharing across tasks", "efs", "Yes.", "All that mount it see the same.", true, "observed", ["other-task/efs"], Efs),
        new("cost", "bind", "Free.", "20 GiB are; each GiB above costs 0.081 USD a month, as gp3 does.", false, "documented", [], FargatePrices),
        new("encryption at rest", "bind", "No.", "AES-256 since platform version 1.4.0.", false, "documented", [], Sizes),
    ];

    private static SpeedReport Speed => new()
    {
        Remarks = ["These are of the machine that ran it: EBS and EFS are files there, and neither is as fast or as slow as AWS's."],
        Rows =
        [
            Work("large-file", "hand-off of 1 GiB", 0.92, [0.93, 1.01, 1.02, 1.02, 1.00, 1.07]),
            Work("small-files", "10,000 files of 1 KiB", 0.41, [0.42, 0.55, 0.54, 0.56, 0.43, 1.92]),
            Work("git-clone", "git clone", 0.212, [0.21, 0.25, 0.24, 0.25, 0.22, 0.61]),
            Work("restore", "package restore", 3.4, [3.4, 3.6, 3.6, 3.7, 3.5, 5.2]),
        ],
        Documented =
        [
            new("bind", "tasks of 1 vCPU", "the task's disk, no figure is stated", Sizes),
            new("ebs", "gp3, tasks of 2 vCPU", "3,000 IOPS, 125 MiB/s", Ebs),
            new("efs", "Elastic throughput", "up to 1 GiB/s written a file system", "https://docs.aws.amazon.com/efs/latest/ug/performance.html"),
        ],
    };

    private static CostReport Cost => new()
    {
        Region = "us-east-1",
        Currency = "USD",
        Gib = 60,
        WrittenGibPerDay = 20,
        ReadGibPerDay = 40,
        Agents = 2,
        CpuUnits = 1024,
        MemoryMiB = 2048,
        Tasks = 2,
        Hours = 730,
        Remarks = ["ARM, on demand, with a public IPv4 address a task.", "Traffic to other availability zones is not counted."],
        Storages = [Bill("bind", 6.48m, "disk above 20 GiB", 58_400, "GB-hour", 0.000111m), Bill("ebs", 9.60m, "gp3", 120, "GB-month", 0.08m), Bill("efs", 72.00m, "EFS Standard and writes", 240, "GB-month", 0.30m)],
        Curves =
        [
            new("bind", [new(0, 0), new(20, 0), new(60, 6.48m), new(100, 12.96m), new(200, 29.17m)]),
            new("ebs", [new(0, 0), new(20, 3.20m), new(60, 9.60m), new(500, 80m)]),
            new("efs", [new(0, 36), new(500, 186)]),
        ],
        BreakEven = ["EBS never costs less than a bind mount below 1,540 GiB a task.", "EFS costs less than EBS where fewer than 9 GiB are kept."],
    };

    private static PipelineReport Pipeline => new()
    {
        File = "azure-pipelines.yml",
        Result = "succeeded",
        Run = 7,
        How = "File access was watched with fanotify in each container.",
        Paths =
        [
            new("/shared-storage/packages", ["Build.pack (0f3a/agent-1)"], ["Test.unit (0f3a/agent-2)", "Deploy.push (77c1/agent-1)"], true),
            new("/shared-storage/cache/nuget", ["Build.restore (0f3a/agent-1)"], [], false),
        ],
        Traps = ["azure-pipelines.yml (Line: 12, Col: 7): the job writes below /shared-storage and demands no task."],
        Verdicts =
        [
            new("bind", "works when pinned", "Deploy.push reads what Build.pack wrote, and may run in another task.", 7),
            new("ebs", "works when pinned", "As a bind mount: no other task sees the volume.", null),
            new("efs", "works", "All tasks see the same files.", 8),
        ],
        Pinned = ["Test.unit: FARGATE_TASK -equals $(Build.task)"],
        Pins = ["Deploy.push to the task of Build.pack: demands: FARGATE_TASK -equals $(task)"],
        Cheapest = "efs",
        Advice = "As it stands only EFS works. With Deploy.push pinned to the task of Build.pack a bind mount does, for 65.52 USD a month less.",
        Tfvars = "storage = \"efs\"\nefs     = { access_point = true }\n",
    };

    private static SpeedRow Work(string id, string name, double layer, double[] values) => new(
        id,
        name,
        "s",
        layer,
        [.. Storages.Select((storage, column) => new SpeedCell(storage.Id, values[column], values[column] / layer, null, ["agent-1 wrote it in one run of three", "the median is shown"]))]);

    private static StorageCost Bill(string storage, decimal monthly, string item, decimal quantity, string unit, decimal price) => new(
        storage,
        monthly,
        monthly + 66.74m + 15,
        [
            new(item, quantity, unit, price, monthly, FargatePrices, Day, true),
            new("2 tasks of 1 vCPU, ARM", 1460, "vCPU-hour", 0.03238m, 47.27m, FargatePrices, Day, false),
            new("2 tasks of 2 GB, ARM", 2920, "GB-hour", 0.00356m, 10.40m, FargatePrices, Day, false),
            new("public IPv4", 1460, "address-hour", 0.005m, 7.30m, "https://aws.amazon.com/vpc/pricing/", Day, false),
            new("logs", 3, "GB", 0.50m, 1.77m, "https://aws.amazon.com/cloudwatch/pricing/", Day, false, IsEstimate: true, Remark: "as of a reseller's page"),
            new("Azure Pipelines, second parallel job", 1, "job-month", 15, 15, "https://azure.microsoft.com/pricing/details/devops/azure-devops-services/", Day, false),
        ],
        null);
}
