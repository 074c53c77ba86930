using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Supervision;

namespace Tidepool.Tests.Agent;

/// <summary>Where the endpoint refuses or is silent, or the agents of a task cannot agree.</summary>
public sealed partial class AgentProtectionSpecs
{
    [Theory]
    [InlineData(
        400,
        """{"requestID":"1","error":{"Arn":"t","Code":"AccessDeniedException","Message":"User: x is not authorized to perform: ecs:UpdateTaskProtection"}}""",
        "ECS did not protect this task: AccessDeniedException: User: x is not authorized to perform: ecs:UpdateTaskProtection. "
        + "Give the task role ecs:UpdateTaskProtection and ecs:GetTaskProtection on its own cluster's tasks. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    [InlineData(
        403,
        """{"error":{"Arn":"t","Code":"AccessDeniedException","Message":"Invalid Request: no task IAM role credentials available for task"}}""",
        "ECS did not protect this task: AccessDeniedException: Invalid Request: no task IAM role credentials available for task. "
        + "Give the task role ecs:UpdateTaskProtection and ecs:GetTaskProtection on its own cluster's tasks. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    [InlineData(
        200,
        """{"failure":{"Arn":"t","Detail":null,"Reason":"DEPLOYMENT_BLOCKED"}}""",
        "ECS did not protect this task: DEPLOYMENT_BLOCKED: the service has as many protected tasks as it wants tasks. "
        + "It is asked again while the job runs. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    [InlineData(
        400,
        """{"failure":{"Arn":"t","Detail":"more","Reason":"SOMETHING_NEW"}}""",
        "ECS did not protect this task: SOMETHING_NEW: more. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    [InlineData(
        504,
        """{"error":{"Arn":"t","Code":"RequestCanceled","Message":"Timed out calling ECS Task Protection API"}}""",
        "ECS did not protect this task: RequestCanceled: Timed out calling ECS Task Protection API. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    [InlineData(404, "\"not found\"", "ECS did not protect this task: status 404. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    [InlineData(200, "<html>", "ECS did not protect this task: status 200. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    [InlineData(200, "{}", "ECS did not protect this task: status 200. Jobs go on, and scale-in or a deployment may stop the task while they run.")]
    public async Task A_refusal_is_told_once_and_the_job_goes_on(int status, string body, string warning)
    {
        await using var ecs = await HttpEndpoint.StartAsync(_ => (status, body));
        await using var protection = Of(ecs, "agent-1");

        await protection.JobStartedAsync(Ct);
        await protection.JobEndedAsync(Ct);
        await protection.JobStartedAsync(Ct);

        Assert.Equal(warning, Assert.Single(_warnings));
    }

    [Fact]
    public async Task A_refused_protection_is_asked_for_again_each_minute_of_the_job()
    {
        var isBlocked = true;
        await using var ecs = await HttpEndpoint.StartAsync(_ =>
            (200, isBlocked ? """{"failure":{"Arn":"t","Detail":null,"Reason":"DEPLOYMENT_BLOCKED"}}""" : IsProtected));
        await using var protection = Of(ecs, "agent-1");
        await protection.JobStartedAsync(Ct);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await CallsAsync(ecs, 2);
        await ArmedAsync(protection);
        isBlocked = false;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await CallsAsync(ecs, 3);
        await ArmedAsync(protection);

        _clock.Advance(TimeSpan.FromMinutes(14));

        Assert.Equal(3, ecs.Calls.Count);
        Assert.Equal(["This task is protected from scale-in now."], _told);
    }

    [Fact]
    public async Task A_task_without_a_service_needs_no_protection_and_is_no_trouble()
    {
        await using var ecs = await HttpEndpoint.StartAsync(_ => (200, """{"failure":{"Arn":"t","Detail":null,"Reason":"TASK_NOT_VALID"}}"""));
        await using var protection = Of(ecs, "agent-1");

        await protection.StartAsync(Ct);
        await protection.JobStartedAsync(Ct);
        _clock.Advance(TimeSpan.FromHours(1));
        await protection.JobEndedAsync(Ct);

        Assert.Equal([Ask], Calls(ecs));
        Assert.Empty(_warnings);
        Assert.Equal(["This task belongs to no service, so nothing scales it in and it needs no protection."], _told);
    }

    [Fact]
    public async Task An_endpoint_that_is_not_there_is_told_once()
    {
        var uri = $"http://127.0.0.1:{ServiceProxy.FreePort()}/api/1";
        await using var protection = Of(uri, "agent-1");

        await protection.JobStartedAsync(Ct);
        await protection.JobEndedAsync(Ct);

        var warning = Assert.Single(_warnings);
        Assert.StartsWith($"ECS did not protect this task: {uri} could not be reached: Connection refused", warning, StringComparison.Ordinal);
        Assert.EndsWith(" Jobs go on, and scale-in or a deployment may stop the task while they run.", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_does_not_answer_holds_no_job_up_for_longer_than_five_seconds()
    {
        var over = new TaskCompletionSource<(int, string)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var ecs = await HttpEndpoint.StartAsync(_ => over.Task);
        await using var protection = Of(ecs, "agent-1");
        var started = protection.JobStartedAsync(Ct);
        await CallsAsync(ecs, 1);

        _clock.Advance(TimeSpan.FromSeconds(5));
        await started.WaitAsync(AgentUnderTest.Limit, Ct);

        Assert.Equal(
            $"ECS did not protect this task: {ecs.Url}/api/1 did not answer within 5 s. Jobs go on, and scale-in or a deployment may stop the task while they run.",
            Assert.Single(_warnings));
        over.SetResult((200, ""));
    }

    [Fact]
    public async Task Outside_of_ECS_nothing_is_asked_and_nothing_is_left()
    {
        await using var protection = Of((string?)null, "agent-1", task: null);

        await protection.StartAsync(Ct);
        await protection.JobStartedAsync(Ct);
        await protection.JobEndedAsync(Ct);

        Assert.Empty(_warnings);
        Assert.Empty(_volume.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task Without_a_shared_volume_the_agents_of_a_task_let_the_protection_end_by_itself_and_say_so()
    {
        await using var ecs = await EcsAsync();
        var missing = Path.Combine(_volume.FullName, "missing");
        await using var protection = Of($"{ecs.Url}/api/1", "agent-1", volume: missing);

        await protection.StartAsync(Ct);
        await protection.JobStartedAsync(Ct);
        await protection.JobEndedAsync(Ct);
        await protection.JobStartedAsync(Ct);

        Assert.Equal([Protect, Protect], Calls(ecs));
        Assert.Equal(
            $"The agents of this task share no volume at {missing}. Each one protects the task for itself, and its protection is not let go after a job "
            + "but ends within 60 minutes; until then scale-in and deployments wait.",
            Assert.Single(_warnings));
    }

    [Fact]
    public async Task An_agent_that_is_its_tasks_only_container_needs_no_shared_volume()
    {
        await using var ecs = await EcsAsync();
        await using var protection = Of($"{ecs.Url}/api/1", "agent-1", task: new("t1", Containers: 1), volume: "/nowhere");

        await protection.JobStartedAsync(Ct);
        await protection.JobEndedAsync(Ct);

        Assert.Equal([Protect, LetGo], Calls(ecs));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_volume_that_cannot_be_written_to_is_as_none()
    {
        await using var ecs = await EcsAsync();
        File.WriteAllText(Path.Combine(_volume.FullName, ".tidepool"), "in the way");
        await using var protection = Of(ecs, "agent-1");

        await protection.JobStartedAsync(Ct);
        await protection.JobEndedAsync(Ct);

        Assert.Equal([Protect], Calls(ecs));
        Assert.StartsWith($"The agents of this task cannot agree over {_volume.FullName}: ", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_that_another_process_keeps_does_not_keep_a_job_and_nothing_is_let_go_without_it()
    {
        await using var ecs = await EcsAsync();
        Directory.CreateDirectory(Folder);
        using var other = await LockedByProcessAsync(Path.Combine(Folder, "turn"));
        await using var protection = Of($"{ecs.Url}/api/1", "agent-1", processClock: _clock);

        await ElapseAsync(protection.JobStartedAsync(Ct));
        await ElapseAsync(protection.JobEndedAsync(Ct));

        Assert.Equal([Protect], Calls(ecs));
        other.Kill();
        await other.WaitForExitAsync(Ct);
    }
}
