using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>EFS file systems and access points of the upstream, a real moto_server, made and used with the real aws command line.</summary>
public sealed class ElasticFileSystemApiSpecs(Moto moto) : IClassFixture<Moto>
{
    [Fact]
    public async Task Tasks_mount_what_the_upstream_has_and_its_deletion_takes_the_files_along()
    {
        await using var rig = await StartAsync();
        var id = await MakeFileSystemAsync(rig);
        var target = await MakeMountTargetAsync(rig, id);
        var point = (string)(await rig.AwsAsync(
            "efs", "create-access-point", "--file-system-id", id, "--posix-user", """{"Uid":1000,"Gid":1000,"SecondaryGids":[1700]}""",
            "--root-directory", "Path=/agents,CreationInfo={OwnerUid=1000,OwnerGid=1000,Permissions=0750}"))!["AccessPointId"]!;
        var through = $$"""{"fileSystemId":"{{id}}","transitEncryption":"ENABLED","authorizationConfig":{"accessPointId":"{{point}}"} }""";

        var (task, log) = await RunAsync(rig, "stat -c '%u:%g %a' /efs && echo kept > /efs/a", through);
        Assert.Equal(("1000:1000 750\n", 0), (log, task.Containers[0].ExitCode));
        Assert.Equal("kept\n", (await RunAsync(rig, "cat /efs/agents/a", $$"""{"fileSystemId":"{{id}}"}""", "root")).Log);
        Assert.True(Directory.Exists(FolderOf(rig, id)));

        // While there is a mount target the upstream refuses, and nothing goes.
        var (code, _, error) = await AwsProcess.RunAsync(rig.Endpoint.Url, "efs", "delete-file-system", "--file-system-id", id);
        Assert.NotEqual(0, code);
        Assert.Contains("FileSystemInUse", error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(FolderOf(rig, id)));

        await rig.AwsAsync("efs", "delete-mount-target", "--mount-target-id", target);
        await rig.AwsAsync("efs", "delete-file-system", "--file-system-id", id);
        Assert.False(Directory.Exists(FolderOf(rig, id)));
    }

    [Fact]
    public async Task What_the_upstream_does_not_have_or_cannot_be_reached_fails_the_start_and_the_mend_is_said()
    {
        await using var rig = await StartAsync();
        var id = await MakeFileSystemAsync(rig);
        foreach (var none in new[] { id, "fs-0123456789abcdef0" })
        {
            var (task, _) = await RunAsync(rig, "true", $$"""{"fileSystemId":"{{none}}"}""");
            Assert.Equal(
                (EcsStopCode.TaskFailedToStart,
                    $"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"{none}.efs.us-east-1.amazonaws.com\" - "
                    + "check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID. See "
                    + "https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to lookup mount target ip address using botocore. "
                    + "Failed to import necessary dependency botocore, please install botocore first. : unsuccessful EFS utils command execution; code: 1"),
                (task.StopCode, task.StoppedReason));
            await rig.Rig.NoticedAsync($"There is no EFS file system {none} with a mount target. Name an emulator that has it with --upstream, "
                + "or make one with: tidepool storage create-file-system").WaitAsync(FargateRig.Limit, FargateRig.Ct);
        }

        await MakeMountTargetAsync(rig, id);
        var (denied, _) = await RunAsync(
            rig, "true", $$"""{"fileSystemId":"{{id}}","transitEncryption":"ENABLED","authorizationConfig":{"accessPointId":"fsap-0123456789abcdef0"} }""");
        Assert.Contains("access denied by server while mounting 127.0.0.1:/'", denied.StoppedReason);
    }

    private static string FolderOf(EcsRig rig, string id) => Path.Combine(rig.Rig.EnvironmentFolder, "storage", "efs", id);

    private Task<EcsRig> StartAsync() => EcsRig.StartAsync(options => options with { Upstream = moto.Endpoint, AccountId = "123456789012" }, moto.Endpoint);

    private static async Task<string> MakeFileSystemAsync(EcsRig rig) =>
        (string)(await rig.AwsAsync("efs", "create-file-system", "--creation-token", $"{Guid.NewGuid():n}"))!["FileSystemId"]!;

    private static async Task<string> MakeMountTargetAsync(EcsRig rig, string id)
    {
        var subnet = (string)(await rig.AwsAsync("ec2", "describe-subnets"))!["Subnets"]![0]!["SubnetId"]!;
        return (string)(await rig.AwsAsync("efs", "create-mount-target", "--file-system-id", id, "--subnet-id", subnet))!["MountTargetId"]!;
    }

    private static async Task<(EcsTask Task, string Log)> RunAsync(EcsRig rig, string script, string volume, string user = "agent")
    {
        var container = new JsonObject
        {
            ["name"] = "agent-1",
            ["image"] = "tidepool-agent:1",
            ["user"] = user,
            ["command"] = new JsonArray("bash", "-c", script),
            ["mountPoints"] = new JsonArray(new JsonObject { ["sourceVolume"] = "efs", ["containerPath"] = "/efs" }),
            ["logConfiguration"] = JsonNode.Parse(
                """{"logDriver":"awslogs","options":{"awslogs-group":"efs","awslogs-region":"us-east-1","awslogs-stream-prefix":"tide","awslogs-create-group":"true"}}"""),
        };
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(container.ToJsonString(), more: $$""","volumes":[{"name":"efs","efsVolumeConfiguration":{{volume}}}]"""));
        var run = await rig.AskAsync("RunTask", $$"""{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        var stopped = await rig.Rig.StoppedAsync((string)run["tasks"]![0]!["taskArn"]!);
        return (stopped, rig.Rig.Log(stopped.TaskArn, "agent-1"));
    }
}
