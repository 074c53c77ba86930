using System.Text.Json.Nodes;
using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>A local Fargate with a storage folder of its own, and task definitions with one volume <c>v</c> that is configured at launch.</summary>
internal sealed class EbsRig : IAsyncDisposable
{
    public const string Role = "arn:aws:iam::000000000000:role/ecsInfrastructureRole";

    private EbsRig(string storage, EcsRig rig) => (StorageFolder, Rig) = (storage, rig);

    public string StorageFolder { get; }

    public EcsRig Rig { get; }

    /// <summary>What <c>tidepool storage</c> works with.</summary>
    public EbsStorage Storage => new(StorageFolder, Rig.Rig.Root, TimeProvider.System);

    public static async Task<EbsRig> StartAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount disks.");
        var storage = Directory.CreateTempSubdirectory("tidepool-storage-").FullName;
        return new(storage, await EcsRig.StartAsync(options => options with { StorageFolder = storage }));
    }

    /// <summary>A container that runs a script; null for the image's user.</summary>
    public static string Container(string script, string? user = "root", string name = "agent-1", bool essential = true) => new JsonObject
    {
        ["name"] = name,
        ["image"] = "tidepool-agent:1",
        ["user"] = user,
        ["essential"] = essential,
        ["command"] = new JsonArray("bash", "-c", $"trap 'exit 0' TERM; {script}"),
        ["stopTimeout"] = 2,
        ["mountPoints"] = new JsonArray(new JsonObject { ["sourceVolume"] = "v", ["containerPath"] = "/data" }),
        ["logConfiguration"] = new JsonObject
        {
            ["logDriver"] = "awslogs",
            ["options"] = new JsonObject { ["awslogs-group"] = "g", ["awslogs-region"] = "us-east-1", ["awslogs-stream-prefix"] = "agents" },
        },
    }.ToJsonString();

    public Task RegisterAsync(params string[] containers) => Rig.AskAsync(
        "RegisterTaskDefinition", EcsRig.Definition(string.Join(',', containers), more: ""","volumes":[{"name":"v","configuredAtLaunch":true}]"""));

    /// <summary>What RunTask and services say of the volume.</summary>
    public static string Configuration(string more) => $$$"""[{"name":"v","managedEBSVolume":{"roleArn":"{{{Role}}}",{{{more}}}}}]""";

    /// <summary>Runs a task of the newest definition with the real aws command line.</summary>
    public async Task<JsonNode> RunAsync(string configuration) => (await Rig.AwsAsync(
        "ecs", "run-task", "--cluster", "c", "--task-definition", "f", "--launch-type", "FARGATE", "--network-configuration", EcsRig.Network,
        "--volume-configurations", Configuration(configuration)))!["tasks"]![0]!;

    /// <summary>Runs a task to its end; answers what it was at last.</summary>
    public async Task<EcsTask> RunToEndAsync(string configuration) => await Rig.Rig.StoppedAsync((string)(await RunAsync(configuration))["taskArn"]!);

    public string Log(string taskArn, string container = "agent-1") => Rig.Rig.Log(taskArn, container);

    /// <summary>Status and details of a task's EBS volume, on one line.</summary>
    public static string Shown(EcsTask task)
    {
        var attachment = Assert.Single(task.Attachments, attachment => attachment.Type == "AmazonElasticBlockStorage");
        return string.Join(' ', attachment.Details.Select(detail => $"{detail.Name}={detail.Value}").Prepend(attachment.Status));
    }

    public static string VolumeOf(EcsTask task) => task.Attachments[^1].Details.Single(detail => detail.Name == "volumeId").Value!;

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        Mounts.UnmountUnder(StorageFolder);
        Directory.Delete(StorageFolder, recursive: true);
    }
}
