using Microsoft.Extensions.Time.Testing;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate.Api;

public sealed class TaskApiSpecs
{
    [Fact]
    public async Task A_task_runs_with_the_command_and_environment_of_its_overrides()
    {
        await using var rig = await StartAsync();
        var run = await rig.AskAsync("RunTask", Run(
            """
            "overrides":{"containerOverrides":[{"name":"agent-1","command":["bash","-c","[ $TIDE = high ]"],"environment":[{"name":"TIDE","value":"high"}]}],
            "inferenceAcceleratorOverrides":[]},"startedBy":"me","tags":[{"key":"team","value":"sea"}]
            """));
        var task = run["tasks"]![0]!;
        Assert.Equal("me", (string?)task["startedBy"]);
        Assert.Equal(
            """{"containerOverrides":[{"name":"agent-1","command":["bash","-c","[ $TIDE = high ]"],"environment":[{"name":"TIDE","value":"high"}]}]}""",
            task["overrides"]!.ToJsonString());
        var stopped = await rig.Rig.Fargate.WaitForTaskAsync((string)task["taskArn"]!, seen => seen.LastStatus == EcsTaskStatus.Stopped, FargateRig.Ct);
        Assert.Equal((EcsStopCode.EssentialContainerExited, 0), (stopped.StopCode, stopped.Containers[0].ExitCode));
    }

    [Fact]
    public async Task A_repeat_with_one_client_token_starts_the_task_once()
    {
        await using var rig = await StartAsync();
        var (first, second) = (await rig.AskAsync("RunTask", Run("\"clientToken\":\"t\"")), await rig.AskAsync("RunTask", Run("\"clientToken\":\"t\"")));
        Assert.Equal((string?)first["tasks"]![0]!["taskArn"], (string?)second["tasks"]![0]!["taskArn"]);
        Assert.Equal(
            "ConflictException: The request could not be processed due to conflicts. The provided clientToken is already in use with a different request.",
            await rig.RefusedAsync("RunTask", Run("\"clientToken\":\"t\",\"count\":2")));
    }

    [Fact]
    public async Task Tasks_are_listed_by_family_starter_and_status()
    {
        await using var rig = await StartAsync();
        var arn = (string)(await rig.AskAsync("RunTask", Run("\"startedBy\":\"me\"")))["tasks"]![0]!["taskArn"]!;
        await rig.Rig.RunningAsync(arn);
        Assert.Equal([arn], await ListAsync(rig, """{"cluster":"c","family":"f","startedBy":"me","launchType":"FARGATE"}"""));
        Assert.Empty(await ListAsync(rig, """{"cluster":"c","family":"g"}"""));
        Assert.Empty(await ListAsync(rig, """{"cluster":"c","startedBy":"you"}"""));
        Assert.Empty(await ListAsync(rig, """{"cluster":"c","desiredStatus":"STOPPED"}"""));
        Assert.Empty(await ListAsync(rig, """{"cluster":"c","containerInstance":"i"}"""));
        await rig.AskAsync("StopTask", $$"""{"cluster":"c","task":"{{arn}}"}""");
        Assert.Equal([arn], await ListAsync(rig, """{"cluster":"c","desiredStatus":"STOPPED","maxResults":1}"""));
    }

    [Fact]
    public async Task A_task_shows_the_size_of_its_disk_and_the_key_of_its_clusters_disks()
    {
        await using var rig = await StartAsync();
        await rig.AskAsync("CreateCluster", """{"clusterName":"k","configuration":{"managedStorageConfiguration":{"fargateEphemeralStorageKmsKeyId":"key"}}}""");
        var usual = (await rig.AskAsync("RunTask", Run("\"startedBy\":\"me\"")))["tasks"]![0]!;
        var larger = (await rig.AskAsync("RunTask", Run("\"overrides\":{\"ephemeralStorage\":{\"sizeInGiB\":30}}").Replace("\"cluster\":\"c\"", "\"cluster\":\"k\"", StringComparison.Ordinal)))["tasks"]![0]!;

        Assert.Equal("""{"sizeInGiB":20}""", usual["ephemeralStorage"]!.ToJsonString());
        Assert.Equal("""{"sizeInGiB":20}""", usual["fargateEphemeralStorage"]!.ToJsonString());
        Assert.Equal("""{"sizeInGiB":30}""", larger["ephemeralStorage"]!.ToJsonString());
        Assert.Equal("""{"sizeInGiB":30,"kmsKeyId":"key"}""", larger["fargateEphemeralStorage"]!.ToJsonString());
    }

    [Fact]
    public async Task A_task_that_is_not_there_is_a_failure_of_DescribeTasks()
    {
        await using var rig = await StartAsync();
        var answer = await rig.AskAsync("DescribeTasks", """{"cluster":"c","tasks":["0123456789abcdef0123456789abcdef"]}""");
        Assert.Equal(
            """{"tasks":[],"failures":[{"arn":"arn:aws:ecs:us-east-1:000000000000:task/c/0123456789abcdef0123456789abcdef","reason":"MISSING"}]}""",
            answer.ToJsonString());
    }

    [Fact]
    public async Task A_stopped_task_is_described_for_an_hour()
    {
        var root = Directory.CreateTempSubdirectory("tidepool-hour-");
        try
        {
            var clock = new FakeTimeProvider();
            await using var fargate = await LocalFargate.StartAsync(FargateRig.Options(Path.Combine(root.FullName, "environment")), clock, FargateRig.Ct);
            await fargate.CreateClusterAsync("c", FargateRig.Ct);
            await fargate.RegisterTaskDefinitionAsync(FargateRig.Definition(FargateRig.Container("agent-1", "true")), FargateRig.Ct);
            var run = await fargate.RunTaskAsync(new() { Cluster = "c", TaskDefinition = "f", NetworkConfiguration = FargateRig.Network }, FargateRig.Ct);
            var arn = run.Tasks[0].TaskArn;
            await fargate.WaitForTaskAsync(arn, task => task.LastStatus == EcsTaskStatus.Stopped, FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);

            clock.Advance(TimeSpan.FromMinutes(59));
            await fargate.StopTaskAsync("c", arn, null, FargateRig.Ct);
            Assert.Single((await fargate.DescribeTasksAsync("c", [arn], FargateRig.Ct)).Tasks);
            clock.Advance(TimeSpan.FromMinutes(3));
            await fargate.StopTaskAsync("c", arn, null, FargateRig.Ct);
            Assert.Equal("MISSING", Assert.Single((await fargate.DescribeTasksAsync("c", [arn], FargateRig.Ct)).Failures).Reason);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_task_of_a_service_is_protected_and_shown_so()
    {
        await using var rig = await StartAsync();
        await rig.AskAsync(
            "CreateService",
            $$"""{"cluster":"c","serviceName":"s","taskDefinition":"f","desiredCount":1,"launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        await rig.Rig.Fargate.WaitForServiceAsync("c", "s", seen => seen.RunningCount == 1, FargateRig.Ct);
        var arn = (await ListAsync(rig, """{"cluster":"c"}"""))[0];
        await rig.AskAsync("UpdateTaskProtection", $$"""{"cluster":"c","tasks":["{{arn}}"],"protectionEnabled":true,"expiresInMinutes":5}""");
        var shown = (await rig.AskAsync("GetTaskProtection", """{"cluster":"c"}"""))["protectedTasks"]![0]!;
        Assert.Equal((arn, true), ((string?)shown["taskArn"], (bool?)shown["protectionEnabled"]));
        Assert.InRange((double)shown["expirationDate"]!, 1.7e9, 1e11);
    }

    [Theory]
    [InlineData("RunTask", "", "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.")]
    [InlineData("RunTask", "\"platformVersion\":\"1.3.0\",NETWORK", "PlatformUnknownException: The specified platform version doesn't exist.")]
    [InlineData("RunTask", "\"count\":11,NETWORK", "InvalidParameterException: Count must be between 1 and 10.")]
    [InlineData(
        "RunTask", "\"overrides\":{\"containerOverrides\":[{\"name\":\"x\"}]},NETWORK",
        "InvalidParameterException: Override for container named x is not a container in the TaskDefinition.")]
    [InlineData(
        "RunTask", "\"overrides\":{\"cpu\":\"256\",\"memory\":\"8192\"},NETWORK", "InvalidParameterException: No Fargate configuration exists for given values.")]
    [InlineData("StopTask", "\"task\":\"0123456789abcdef0123456789abcdef\"", "InvalidParameterException: The referenced task was not found.")]
    [InlineData("DescribeTasks", "\"tasks\":[]", "InvalidParameterException: Tasks cannot be empty.")]
    public async Task A_request_that_cannot_be_is_told_in_the_words_of_the_service(string operation, string members, string refusal)
    {
        await using var rig = await StartAsync();
        var run = operation == "RunTask" ? "\"taskDefinition\":\"f\",\"launchType\":\"FARGATE\"," : "";
        var body = $"{{{run}\"cluster\":\"c\"{(members.Length > 0 ? "," : "")}{members.Replace("NETWORK", $"\"networkConfiguration\":{EcsRig.Network}", StringComparison.Ordinal)}}}";
        Assert.Equal(refusal, await rig.RefusedAsync(operation, body));
    }

    private static string Run(string members) =>
        $$"""{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}},{{members}}}""";

    private static async Task<string[]> ListAsync(EcsRig rig, string body) =>
        [.. (await rig.AskAsync("ListTasks", body))["taskArns"]!.AsArray().Select(arn => (string)arn!)];

    private static async Task<EcsRig> StartAsync()
    {
        var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        return rig;
    }
}
