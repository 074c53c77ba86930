using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Tidepool.Fargate;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

public sealed class TaskProtectionSpecs
{
    private const string Role = "arn:aws:iam::000000000000:role/task";

    [Fact]
    public async Task A_container_protects_its_task_and_scale_in_leaves_it_alone_until_it_lets_go()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, $"echo $ECS_AGENT_URI; {Curl("PUT", """{"ProtectionEnabled":true,"ExpiresInMinutes":60}""")}; echo end; {FargateRig.Wait}");
        var task = Assert.Single(await RunningAsync(rig, 1));
        var lines = (await rig.LogUntilAsync(task, "agent-1", "end")).Split('\n');
        Assert.Matches("^http://127\\.0\\.0\\.1:[0-9]+/api/[0-9a-f]{32}$", lines[0]);
        using var answer = JsonDocument.Parse(lines[1]);
        var protection = answer.RootElement.GetProperty("protection");
        Assert.Equal((task, true), (protection.GetProperty("TaskArn").GetString(), protection.GetProperty("ProtectionEnabled").GetBoolean()));
        var inAnHour = TimeProvider.System.GetUtcNow().AddHours(1);
        Assert.InRange(protection.GetProperty("ExpirationDate").GetDateTimeOffset(), inAnHour.AddMinutes(-2), inAnHour);

        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", DesiredCount = 0 }, FargateRig.Ct);
        var service = await UntilAsync(rig, service => service.Events.Any(entry => entry.Message.Contains("under protection", StringComparison.Ordinal)));
        var deployment = service.Deployments[0].Id;
        Assert.Equal(
            $"(service agents) was unable to reach steady state because (taskSet {deployment}) was unable to scale in due to (reason 1 tasks under protection)",
            service.Events[0].Message);
        Assert.Equal((EcsTaskStatus.Running, EcsTaskStatus.Running), Statuses(await rig.DescribeAsync(task)));

        var let = await PutAsync(lines[0], """{"ProtectionEnabled":false}""");
        Assert.Equal((HttpStatusCode.OK, $$$"""{"protection":{"ExpirationDate":null,"ProtectionEnabled":false,"TaskArn":"{{{task}}}"}}"""), let);
        Assert.Equal(EcsStopCode.ServiceSchedulerInitiated, (await rig.StoppedAsync(task)).StopCode);
    }

    [Fact]
    public async Task A_deployment_starts_the_new_task_and_stops_the_protected_one_once_it_is_let_go()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, FargateRig.Wait);
        var old = Assert.Single(await RunningAsync(rig, 1));
        await UntilAsync(rig, service => service.Deployments is [{ RolloutState: "COMPLETED" }]);
        await ProtectAsync(rig, true, old);

        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", ForceNewDeployment = true }, FargateRig.Ct);
        var both = await RunningAsync(rig, 2);
        var service = await UntilAsync(rig, service => service.Events[0].Message.Contains("under protection", StringComparison.Ordinal));
        Assert.Equal(["IN_PROGRESS", "COMPLETED"], service.Deployments.Select(deployment => deployment.RolloutState));

        await ProtectAsync(rig, false, old);
        await rig.StoppedAsync(old);
        await UntilAsync(rig, service => service.Deployments is [{ RolloutState: "COMPLETED" }]);
        Assert.Equal(both.Except([old]), await RunningAsync(rig, 1));
    }

    [Fact]
    public async Task A_protection_ends_by_itself()
    {
        var clock = new FakeTimeProvider(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = await FargateRig.StartAsync(clock: clock);
        await CreateAsync(rig, 1, FargateRig.Wait);
        var task = Assert.Single(await RunningAsync(rig, 1));
        await ProtectAsync(rig, true, 1, task);
        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", DesiredCount = 0 }, FargateRig.Ct);
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(new ProtectedTask(task, true, new(2026, 1, 1, 0, 1, 0, TimeSpan.Zero)), await ProtectionAsync(rig, task));
        Assert.Equal((EcsTaskStatus.Running, EcsTaskStatus.Running), Statuses(await rig.DescribeAsync(task)));

        clock.Advance(TimeSpan.FromSeconds(1));

        await rig.UntilAsync(task, described => described.DesiredStatus == EcsTaskStatus.Stopped);
    }

    [Fact]
    public async Task Protection_is_set_anew_by_each_call_and_holds_for_two_hours_unless_told()
    {
        var clock = new FakeTimeProvider(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = await FargateRig.StartAsync(clock: clock);
        await CreateAsync(rig, 1, FargateRig.Wait);
        var task = Assert.Single(await RunningAsync(rig, 1));

        Assert.Equal(new ProtectedTask(task, false, null), await ProtectionAsync(rig, task));
        await ProtectAsync(rig, true, 10, task);
        clock.Advance(TimeSpan.FromMinutes(5));
        await ProtectAsync(rig, true, task);

        Assert.Equal(new ProtectedTask(task, true, new(2026, 1, 1, 2, 5, 0, TimeSpan.Zero)), await ProtectionAsync(rig, task));
        Assert.Equal(task, Assert.Single((await rig.Fargate.GetTaskProtectionAsync("c", [], FargateRig.Ct)).ProtectedTasks).TaskArn);
    }

    [Fact]
    public async Task StopTask_and_the_deletion_of_the_service_heed_no_protection()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 2, FargateRig.Wait);
        var tasks = await RunningAsync(rig, 2);
        await ProtectAsync(rig, true, [.. tasks]);

        Assert.Equal(EcsStopCode.UserInitiated, (await rig.StopAsync(tasks[0])).StopCode);
        await rig.Fargate.DeleteServiceAsync(new("agents", "c", Force: true), FargateRig.Ct);
        await rig.StoppedAsync(tasks[1]);
        Assert.Equal("INACTIVE", (await UntilAsync(rig, service => service.Status is "INACTIVE")).Status);
    }

    [Fact]
    public async Task A_service_has_no_more_protected_tasks_than_it_wants()
    {
        await using var rig = await FargateRig.StartAsync();
        await CreateAsync(rig, 1, FargateRig.Wait);
        var old = Assert.Single(await RunningAsync(rig, 1));
        await ProtectAsync(rig, true, old);
        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", ForceNewDeployment = true }, FargateRig.Ct);
        var second = Assert.Single((await RunningAsync(rig, 2)).Except([old]));

        var blocked = await rig.Fargate.UpdateTaskProtectionAsync(
            new() { Cluster = "c", Tasks = [second], ProtectionEnabled = true }, FargateRig.Ct);

        Assert.Equal(new EcsFailure(second, "DEPLOYMENT_BLOCKED"), Assert.Single(blocked.Failures));
        Assert.Empty(blocked.ProtectedTasks);
        await ProtectAsync(rig, true, old);
        await ProtectAsync(rig, false, old);
        await ProtectAsync(rig, true, second);
    }

    [Fact]
    public async Task What_cannot_be_protected_is_refused_in_the_words_of_ECS()
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", FargateRig.Wait));
        await rig.RunningAsync(task);
        var missing = task[..^32] + new string('0', 32);

        var answer = await rig.Fargate.UpdateTaskProtectionAsync(
            new() { Cluster = "c", Tasks = [task, missing], ProtectionEnabled = true }, FargateRig.Ct);

        Assert.Equal([new EcsFailure(task, "TASK_NOT_VALID"), new EcsFailure(missing, "MISSING")], answer.Failures);
        await RefusedAsync(EcsErrorType.ClusterNotFoundException, "Cluster not found.", new() { Cluster = "d", Tasks = [task], ProtectionEnabled = true });
        await RefusedAsync(EcsErrorType.InvalidParameterException, "Tasks must have 1 to 10 entries.", new() { Cluster = "c", Tasks = [], ProtectionEnabled = true });
        await RefusedAsync(
            EcsErrorType.InvalidParameterException,
            "expiresInMinutes must be between 1 and 2880.",
            new() { Cluster = "c", Tasks = [task], ProtectionEnabled = true, ExpiresInMinutes = 2881 });

        async Task RefusedAsync(EcsErrorType type, string message, UpdateTaskProtectionRequest request)
        {
            var refusal = await Assert.ThrowsAsync<EcsException>(() => rig.Fargate.UpdateTaskProtectionAsync(request, FargateRig.Ct));
            Assert.Equal((type, message), (refusal.Type, refusal.Message));
        }
    }

    [Fact]
    public async Task The_endpoint_refuses_as_the_ECS_agent_does()
    {
        await using var rig = await FargateRig.StartAsync();
        var plain = await rig.RunAsync(FargateRig.Container("agent-1", $"echo $ECS_AGENT_URI; {FargateRig.Wait}"));
        var plainUri = (await rig.LogUntilAsync(plain, "agent-1", "\n")).Trim();
        await CreateAsync(rig, 1, $"echo $ECS_AGENT_URI; {FargateRig.Wait}");
        var task = Assert.Single(await RunningAsync(rig, 1));
        var uri = (await rig.LogUntilAsync(task, "agent-1", "\n")).Trim();
        const string Decode = """{"error":{"Code":"InvalidParameterException","Message":"UpdateTaskProtection: failed to decode request"}}""";

        Assert.Equal(
            (HttpStatusCode.Forbidden, $$$"""{"error":{"Arn":"{{{plain}}}","Code":"AccessDeniedException","Message":"Invalid Request: no task IAM role credentials available for task"}}"""),
            await PutAsync(plainUri, """{"ProtectionEnabled":true}"""));
        Assert.Equal((HttpStatusCode.BadRequest, Decode), await PutAsync(uri, """{"ProtectionEnabled":true,"Unknown":2}"""));
        Assert.Equal((HttpStatusCode.BadRequest, Decode), await PutAsync(uri, """{"ProtectionEnabled":"yes"}"""));
        Assert.Equal((HttpStatusCode.BadRequest, Decode), await PutAsync(uri, ""));
        Assert.Equal(
            (HttpStatusCode.BadRequest, $$$"""{"error":{"Arn":"{{{task}}}","Code":"InvalidParameterException","Message":"Invalid request: does not contain 'ProtectionEnabled' field"}}"""),
            await PutAsync(uri, """{"ExpiresInMinutes":5}"""));
        Assert.Equal(
            (HttpStatusCode.NotFound, """{"error":{"Code":"ResourceNotFoundException","Message":"Failed to find a task for the request"}}"""),
            await PutAsync(uri[..^1] + "/", """{"ProtectionEnabled":true}"""));
        var (status, body) = await PutAsync(uri, """{"ProtectionEnabled":true,"ExpiresInMinutes":0}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Matches("^\\{\"requestID\":\"[0-9a-f-]{36}\",\"error\":\\{\"Arn\":\"[^\"]+\",\"Code\":\"InvalidParameterException\",", body);
    }

    [Fact]
    public async Task The_endpoint_answers_a_failure_with_status_200()
    {
        await using var rig = await FargateRig.StartAsync();
        await rig.Fargate.RegisterTaskDefinitionAsync(Definition($"echo $ECS_AGENT_URI; {FargateRig.Wait}"), FargateRig.Ct);
        var task = await rig.RunAsync("f");
        var uri = (await rig.LogUntilAsync(task, "agent-1", "\n")).Trim();

        Assert.Equal(
            (HttpStatusCode.OK, $$$"""{"failure":{"Arn":"{{{task}}}","Detail":null,"Reason":"TASK_NOT_VALID"}}"""),
            await PutAsync(uri, """{"ProtectionEnabled":true}"""));
    }

    private static string Curl(string method, string body) =>
        $"curl -s -X {method} $ECS_AGENT_URI/task-protection/v1/state -d '{body}'; echo";

    private static async Task<(HttpStatusCode Status, string Body)> PutAsync(string uri, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PutAsync($"{uri.TrimEnd('/')}/task-protection/v1/state", content, FargateRig.Ct);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(FargateRig.Ct));
    }

    private static Task ProtectAsync(FargateRig rig, bool enabled, params string[] tasks) => ProtectAsync(rig, enabled, null, tasks);

    private static async Task ProtectAsync(FargateRig rig, bool enabled, int? minutes, params string[] tasks)
    {
        var answer = await rig.Fargate.UpdateTaskProtectionAsync(
            new() { Cluster = "c", Tasks = tasks, ProtectionEnabled = enabled, ExpiresInMinutes = minutes }, FargateRig.Ct);
        Assert.Empty(answer.Failures);
        Assert.All(answer.ProtectedTasks, task => Assert.Equal(enabled, task.ProtectionEnabled));
    }

    private static async Task<ProtectedTask> ProtectionAsync(FargateRig rig, string task) =>
        Assert.Single((await rig.Fargate.GetTaskProtectionAsync("c", [task], FargateRig.Ct)).ProtectedTasks);

    private static RegisterTaskDefinitionRequest Definition(string script) =>
        FargateRig.Definition(FargateRig.Container("agent-1", script)) with { TaskRoleArn = Role };

    private static async Task CreateAsync(FargateRig rig, int count, string script)
    {
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(Definition(script), FargateRig.Ct);
        await rig.Fargate.CreateServiceAsync(
            new() { Cluster = "c", ServiceName = "agents", TaskDefinition = definition.TaskDefinitionArn, DesiredCount = count, NetworkConfiguration = FargateRig.Network },
            FargateRig.Ct);
    }

    private static (string, string) Statuses(EcsTask task) => (task.LastStatus, task.DesiredStatus);

    private static Task<EcsService> UntilAsync(FargateRig rig, Func<EcsService, bool> until) =>
        rig.Fargate.WaitForServiceAsync("c", "agents", until, FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);

    private static async Task<IReadOnlyList<string>> RunningAsync(FargateRig rig, int count)
    {
        await UntilAsync(rig, service => service.RunningCount == count && service.PendingCount == 0);
        return (await rig.Fargate.ListTasksAsync("c", "agents", EcsTaskStatus.Running, FargateRig.Ct)).TaskArns;
    }
}
