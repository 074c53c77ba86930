using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate.Api;

public sealed class AwsCommandLineSpecs
{
    [Fact]
    public async Task The_aws_command_line_creates_a_cluster_and_runs_describes_and_stops_a_task()
    {
        await using var rig = await EcsRig.StartAsync();
        var cluster = await rig.AwsAsync("ecs", "create-cluster", "--cluster-name", "tide", "--tags", "key=team,value=sea");
        Assert.Equal("arn:aws:ecs:us-east-1:000000000000:cluster/tide", (string?)cluster!["cluster"]!["clusterArn"]);
        var registered = await rig.AwsAsync("ecs", "register-task-definition", "--cli-input-json", EcsRig.Definition());
        Assert.Equal(
            ("arn:aws:ecs:us-east-1:000000000000:task-definition/f:1", "1024", "2048"),
            ((string?)registered!["taskDefinition"]!["taskDefinitionArn"], (string?)registered["taskDefinition"]!["cpu"], (string?)registered["taskDefinition"]!["memory"]));

        var run = await rig.AwsAsync(
            "ecs", "run-task", "--cluster", "tide", "--task-definition", "f", "--launch-type", "FARGATE", "--network-configuration", EcsRig.Network);
        var arn = (string)run!["tasks"]![0]!["taskArn"]!;
        await rig.AwsAsync("ecs", "wait", "tasks-running", "--cluster", "tide", "--tasks", arn);
        var described = (await rig.AwsAsync("ecs", "describe-tasks", "--cluster", "tide", "--tasks", arn))!["tasks"]![0]!;
        Assert.Equal(("RUNNING", "1.4.0", "FARGATE"), ((string?)described["lastStatus"], (string?)described["platformVersion"], (string?)described["launchType"]));
        Assert.Equal("RUNNING", (string?)described["containers"]![0]!["lastStatus"]);

        await rig.AwsAsync("ecs", "stop-task", "--cluster", "tide", "--task", arn, "--reason", "low tide");
        await rig.AwsAsync("ecs", "wait", "tasks-stopped", "--cluster", "tide", "--tasks", arn);
        var stopped = (await rig.AwsAsync("ecs", "describe-tasks", "--cluster", "tide", "--tasks", arn))!["tasks"]![0]!;
        Assert.Equal(
            (EcsStopCode.UserInitiated, "low tide", 0),
            ((string?)stopped["stopCode"], (string?)stopped["stoppedReason"], (int?)stopped["containers"]![0]!["exitCode"]));
    }

    [Fact]
    public async Task The_aws_command_line_creates_updates_and_deletes_a_service()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        await rig.AwsAsync(
            "ecs", "create-service", "--cluster", "c", "--service-name", "s", "--task-definition", "f", "--desired-count", "1", "--launch-type", "FARGATE",
            "--network-configuration", EcsRig.Network);
        await rig.AwsAsync("ecs", "wait", "services-stable", "--cluster", "c", "--services", "s");
        var tasks = await rig.AwsAsync("ecs", "list-tasks", "--cluster", "c", "--service-name", "s");
        Assert.Single(tasks!["taskArns"]!.AsArray());
        await rig.AwsAsync("ecs", "update-service", "--cluster", "c", "--service", "s", "--desired-count", "0");
        await rig.AwsAsync("ecs", "delete-service", "--cluster", "c", "--service", "s");
        await rig.AwsAsync("ecs", "wait", "services-inactive", "--cluster", "c", "--services", "s");
        var deleted = (await rig.AwsAsync("ecs", "describe-services", "--cluster", "c", "--services", "s"))!["services"]!.AsArray();
        Assert.Equal("INACTIVE", (string?)Assert.Single(deleted)!["status"]);
    }

    [Fact]
    public async Task The_aws_command_line_sees_a_deployment_fail_and_the_service_go_back()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(EcsRig.Waiting[..^1] + ""","healthCheck":{"command":["CMD-SHELL","true"],"interval":5}}"""));
        var registered = await rig.AwsAsync(
            "ecs", "register-task-definition", "--cli-input-json", EcsRig.Definition("""{"name":"agent-1","image":"tidepool-agent:1","command":["bash","-c","exit 1"]}"""));
        await rig.AwsAsync(
            "ecs", "create-service", "--cluster", "c", "--service-name", "s", "--task-definition", "f:1", "--desired-count", "1", "--launch-type", "FARGATE",
            "--network-configuration", EcsRig.Network, "--deployment-configuration", "deploymentCircuitBreaker={enable=true,rollback=true}");
        var good = await UntilAsync(rig, service => service.Deployments is [{ RolloutState: EcsRolloutState.Completed }]);
        await rig.AwsAsync("ecs", "wait", "services-stable", "--cluster", "c", "--services", "s");
        var task = (string)(await rig.AwsAsync("ecs", "list-tasks", "--cluster", "c", "--service-name", "s"))!["taskArns"]![0]!;
        var described = (await rig.AwsAsync("ecs", "describe-tasks", "--cluster", "c", "--tasks", task))!["tasks"]![0]!;
        Assert.Equal(("HEALTHY", "HEALTHY"), ((string?)described["healthStatus"], (string?)described["containers"]![0]!["healthStatus"]));

        var updated = await rig.AwsAsync(
            "ecs", "update-service", "--cluster", "c", "--service", "s", "--task-definition", (string)registered!["taskDefinition"]!["taskDefinitionArn"]!);
        var bad = (string)updated!["service"]!["deployments"]![0]!["id"]!;
        Assert.Equal(
            (true, true),
            ((bool?)updated["service"]!["deploymentConfiguration"]!["deploymentCircuitBreaker"]!["enable"], (bool?)updated["service"]!["deploymentConfiguration"]!["deploymentCircuitBreaker"]!["rollback"]));
        await UntilAsync(rig, service => service.Events.Any(entry => entry.Message.Contains("rolling back", StringComparison.Ordinal)));
        await UntilAsync(rig, service => service.Deployments is [{ RolloutState: EcsRolloutState.Completed }]);
        await rig.AwsAsync("ecs", "wait", "services-stable", "--cluster", "c", "--services", "s");

        var back = (await rig.AwsAsync("ecs", "describe-services", "--cluster", "c", "--services", "s"))!["services"]![0]!;
        Assert.Equal((good.Deployments[0].Id, "PRIMARY", "COMPLETED"), ((string?)back["deployments"]![0]!["id"], (string?)back["deployments"]![0]!["status"], (string?)back["deployments"]![0]!["rolloutState"]));
        Assert.EndsWith("task-definition/f:1", (string?)back["taskDefinition"], StringComparison.Ordinal);
        var events = back["events"]!.AsArray().Select(entry => (string?)entry!["message"]).ToArray();
        Assert.Contains($"(service s) (deployment {bad}) deployment failed: tasks failed to start.", events);
        Assert.Contains($"(service s) rolling back to deployment {good.Deployments[0].Id}.", events);
    }

    [Fact]
    public async Task The_aws_command_line_shows_a_refusal_in_the_words_of_the_service()
    {
        await using var rig = await EcsRig.StartAsync();
        var (code, _, error) = await AwsProcess.RunAsync(
            rig.Endpoint.Url, "ecs", "run-task", "--cluster", "c", "--task-definition", "nothing", "--launch-type", "FARGATE");
        Assert.NotEqual(0, code);
        Assert.Contains("An error occurred (ClientException) when calling the RunTask operation: TaskDefinition not found.", error, StringComparison.Ordinal);
    }

    private static Task<EcsService> UntilAsync(EcsRig rig, Func<EcsService, bool> until) =>
        rig.Rig.Fargate.WaitForServiceAsync("c", "s", until, FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);
}
