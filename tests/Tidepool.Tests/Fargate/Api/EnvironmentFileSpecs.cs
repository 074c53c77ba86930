using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;
using Tidepool.Fargate;
using Tidepool.Fargate.Upstream;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>Files of environment variables, with a real moto_server as the upstream.</summary>
public sealed class EnvironmentFileSpecs(Moto moto) : IClassFixture<Moto>
{
    [Fact]
    public void Lines_are_taken_as_they_are_and_comments_left_out() => Assert.Equal(
        [new("A", "1"), new("B", "x=y # z"), new("C", ""), new("D", " \"quoted\" ")],
        EnvironmentFiles.Parse("# a comment\nA=1\r\nB=x=y # z\n\nno variable\nC=\n=none\nD= \"quoted\" \n"));

    [Fact]
    public async Task Variables_come_from_files_in_S3_and_the_definitions_own_go_before_them()
    {
        await using var rig = await EcsRig.StartAsync(options => options with { Upstream = moto.Endpoint, AccountId = "123456789012" }, moto.Endpoint);
        var bucket = $"b{Guid.NewGuid():n}";
        await rig.AwsAsync("s3api", "create-bucket", "--bucket", bucket);
        await PutAsync(rig, bucket, "first.env", "A=1\nB=1\nC=1\n");
        await PutAsync(rig, bucket, "folder/second file.env", "B=2\nC=2\n");
        var stopped = await RunAsync(rig, $"arn:aws:s3:::{bucket}/first.env", $"arn:aws:s3:::{bucket}/folder/second file.env");
        Assert.Equal((EcsStopCode.EssentialContainerExited, 0), (stopped.StopCode, stopped.Containers[0].ExitCode));

        var failed = await RunAsync(rig, $"arn:aws:s3:::{bucket}/none.env");
        Assert.Equal(EcsStopCode.TaskFailedToStart, failed.StopCode);
        Assert.StartsWith(
            "ResourceInitializationError: failed to download env files: file download command: non empty error stream: NoSuchKey: The specified key does not exist.",
            failed.StoppedReason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_upstream_they_are_refused_with_the_option_that_has_one()
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal(
            "ClientException: FARGATE003: containerDefinitions[agent-1].environmentFiles cannot be read: the local Fargate has no S3. "
            + "Name an emulator that has one with --upstream, or remove it for the rehearsal; on AWS it is valid.",
            await rig.RefusedAsync("RegisterTaskDefinition", EcsRig.Definition(Container("arn:aws:s3:::b/a.env"))));
    }

    private static string Container(params string[] files) => new JsonObject
    {
        ["name"] = "agent-1",
        ["image"] = "tidepool-agent:1",
        ["command"] = new JsonArray("bash", "-c", """[ "$A$B$C" = 123 ]"""),
        ["environment"] = new JsonArray(new JsonObject { ["name"] = "C", ["value"] = "3" }),
        ["environmentFiles"] = new JsonArray([.. files.Select(file => new JsonObject { ["value"] = file, ["type"] = "s3" })]),
    }.ToJsonString();

    private static async Task<EcsTask> RunAsync(EcsRig rig, params string[] files)
    {
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(Container(files)));
        var run = await rig.AskAsync("RunTask", $$"""{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        return await rig.Rig.StoppedAsync((string)run["tasks"]![0]!["taskArn"]!);
    }

    private static async Task PutAsync(EcsRig rig, string bucket, string key, string text)
    {
        var file = Path.Combine(rig.Rig.Root, "object");
        await File.WriteAllTextAsync(file, text, FargateRig.Ct);
        await rig.AwsAsync("s3api", "put-object", "--bucket", bucket, "--key", key, "--body", file);
    }
}
