using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;

namespace Tidepool.Tests.Fargate;

/// <summary>A task that uses an EFS file system through an access point, for <see cref="EngineProcess"/>.</summary>
internal static class FileSystemTask
{
    /// <summary>Leaves a task running that has written to a file system, and tries one of another user.</summary>
    /// <returns>What the first wrote, and the second's stopped reason.</returns>
    public static async Task<string> RunAsync(LocalFargate fargate, FargateOptions options)
    {
        var fileSystems = new ElasticFileSystems(options.StorageFolder!, TimeProvider.System);
        var id = fileSystems.CreateFileSystem(null).Id;
        var point = fileSystems.CreateAccessPoint(id, "/agents", new(1000, 1000, []), new(1000, 1000, (UnixFileMode)0x1ed)).Id; // 0755
        var (started, log) = (await StartAsync("agent"), "");
        await Condition.UntilAsync(
            () => fargate.LogFile(started, "agent-1") is { } file && File.Exists(file) && (log = File.ReadAllText(file)).Contains("precious", StringComparison.Ordinal),
            "what the task with a file system writes");
        var other = await fargate.WaitForTaskAsync(
            await StartAsync("root"), task => task.LastStatus is EcsTaskStatus.Running or EcsTaskStatus.Stopped, FargateRig.Ct);
        return $"{log}{other.StoppedReason}";

        async Task<string> StartAsync(string user)
        {
            // One each: the second may be in the middle of writing when all is killed.
            var file = user == "agent" ? "/efs/precious" : "/efs/other";
            var definition = await fargate.RegisterTaskDefinitionAsync(
                FargateRig.Definition(FargateRig.Container(
                    "agent-1", $"stat -c '%u:%g %a' /efs; echo precious > {file}; echo $(stat -c %u:%g {file}) $(cat {file}); {FargateRig.Wait}") with
                {
                    User = user,
                    MountPoints = [new("efs", "/efs")],
                }) with
                {
                    Family = "efs",
                    Volumes = [new() { Name = "efs", EfsVolumeConfiguration = new(id, TransitEncryption: "ENABLED", AuthorizationConfig: new(point)) }],
                },
                FargateRig.Ct);
            var answer = await fargate.RunTaskAsync(
                new() { Cluster = "c", TaskDefinition = definition.TaskDefinitionArn, NetworkConfiguration = FargateRig.Network }, FargateRig.Ct);
            return answer.Tasks[0].TaskArn;
        }
    }
}
