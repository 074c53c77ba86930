using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Supervision;
using Tidepool.Fargate;
using Tidepool.Tests.Fargate;

namespace Tidepool.Tests.Agent;

public sealed class AgentProtectionSpecs : IDisposable
{
    private const string Protect = """PUT {"ProtectionEnabled":true,"ExpiresInMinutes":60}""";
    private const string LetGo = """PUT {"ProtectionEnabled":false}""";
    private const string Ask = "GET ";
    private const string IsProtected = """{"protection":{"ExpirationDate":"2026-11-24T10:00:00Z","ProtectionEnabled":true,"TaskArn":"t"}}""";
    private const string IsNotProtected = """{"protection":{"ExpirationDate":null,"ProtectionEnabled":false,"TaskArn":"t"}}""";
    private readonly DirectoryInfo _volume = Directory.CreateTempSubdirectory("tidepool-volume-");
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _warnings = [];
    private readonly List<string> _told = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _volume.Delete(recursive: true);

    [Fact]
    public async Task A_task_is_protected_while_its_agent_runs_a_job()
    {
        await using var ecs = await EcsAsync();
        await using var protection = Of(ecs, "agent-1");
        await protection.StartAsync(Ct);

        await protection.JobStartedAsync(Ct);
        Assert.Equal([Ask, Protect], Calls(ecs));
        await protection.JobEndedAsync(Ct);

        Assert.Equal([Ask, Protect, LetGo], Calls(ecs));
        Assert.All(ecs.Calls, call => Assert.Equal("/api/1/task-protection/v1/state", call.Path));
        Assert.StartsWith("application/json", ecs.Calls[1].ContentType, StringComparison.Ordinal);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task The_last_of_the_agents_that_run_jobs_lets_the_task_go()
    {
        await using var ecs = await EcsAsync();
        await using var first = Of(ecs, "agent-1");
        await using var second = Of(ecs, "agent-2");

        await first.JobStartedAsync(Ct);
        await second.JobStartedAsync(Ct);
        await first.JobEndedAsync(Ct);
        Assert.Equal([Protect, Protect], Calls(ecs));
        await first.JobStartedAsync(Ct);
        await second.JobEndedAsync(Ct);
        Assert.Equal([Protect, Protect, Protect], Calls(ecs));
        await first.JobEndedAsync(Ct);

        Assert.Equal([Protect, Protect, Protect, LetGo], Calls(ecs));
        Assert.Equal(["turn"], Directory.GetFiles(Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Agents_of_other_tasks_on_the_same_volume_do_not_count()
    {
        await using var ecs = await EcsAsync();
        await using var mine = Of(ecs, "agent-1");
        await using var others = Of(ecs, "agent-1", task: new("t2", Containers: 2));
        await others.JobStartedAsync(Ct);

        await mine.JobStartedAsync(Ct);
        await mine.JobEndedAsync(Ct);

        Assert.Equal([Protect, Protect, LetGo], Calls(ecs));
    }

    [Fact]
    public async Task A_container_that_was_killed_in_a_job_counts_as_idle()
    {
        await using var ecs = await EcsAsync();
        await using var protection = Of(ecs, "agent-1");
        Directory.CreateDirectory(Folder);
        using (var other = await LockedByProcessAsync(Path.Combine(Folder, "busy-agent-2-0")))
        {
            await protection.JobStartedAsync(Ct);
            await protection.JobEndedAsync(Ct);
            Assert.Equal([Protect], Calls(ecs));

            other.Kill();
            await other.WaitForExitAsync(Ct);
        }

        await protection.JobStartedAsync(Ct);
        await protection.JobEndedAsync(Ct);

        Assert.Equal([Protect, Protect, LetGo], Calls(ecs));
        Assert.Equal(["turn"], Directory.GetFiles(Folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(IsProtected, false, true)]
    [InlineData(IsProtected, true, false)]
    [InlineData(IsNotProtected, false, false)]
    public async Task An_agent_that_starts_lets_go_of_what_a_killed_one_left_unless_another_is_busy(string state, bool isOtherBusy, bool letsGo)
    {
        await using var ecs = await HttpEndpoint.StartAsync(_ => (200, state));
        await using var other = Of(ecs, "agent-2");
        if (isOtherBusy)
        {
            await other.JobStartedAsync(Ct);
        }
        await using var protection = Of(ecs, "agent-1");

        await protection.StartAsync(Ct);

        Assert.Equal(letsGo, Calls(ecs).Contains(LetGo));
    }

    [Fact]
    public async Task Protection_is_renewed_well_before_it_ends_for_as_long_as_the_job_runs()
    {
        await using var ecs = await EcsAsync();
        await using var protection = Of(ecs, "agent-1");
        await protection.JobStartedAsync(Ct);

        _clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.Single(ecs.Calls);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await CallsAsync(ecs, 2);
        await ArmedAsync(protection);
        _clock.Advance(TimeSpan.FromMinutes(15));
        await CallsAsync(ecs, 3);
        await protection.JobEndedAsync(Ct);
        _clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal([Protect, Protect, Protect, LetGo], Calls(ecs));
    }

    [Fact]
    public async Task A_renewal_says_anew_that_the_agent_is_busy_where_a_job_removed_the_folder()
    {
        await using var ecs = await EcsAsync();
        await using var first = Of(ecs, "agent-1");
        await using var second = Of(ecs, "agent-2");
        await first.JobStartedAsync(Ct);
        Directory.Delete(Path.Combine(_volume.FullName, ".tidepool"), recursive: true);
        _clock.Advance(TimeSpan.FromMinutes(15));
        await CallsAsync(ecs, 2);

        await second.JobStartedAsync(Ct);
        await second.JobEndedAsync(Ct);

        Assert.Equal([Protect, Protect, Protect], Calls(ecs));
    }

    [Fact]
    public async Task A_job_that_removed_the_folder_does_not_disturb_the_agents_end()
    {
        await using var ecs = await EcsAsync();
        var protection = Of(ecs, "agent-1");
        await protection.JobStartedAsync(Ct);
        Directory.Delete(Path.Combine(_volume.FullName, ".tidepool"), recursive: true);

        await protection.DisposeAsync();

        Assert.Empty(_warnings);
    }

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

    [Fact]
    public async Task In_the_local_Fargate_a_busy_task_outlives_scale_in_and_an_idle_one_does_not()
    {
        await using var rig = await FargateRig.StartAsync();
        var definition = FargateRig.Definition(FargateRig.Container("agent-1", $"echo $ECS_AGENT_URI; {FargateRig.Wait}")) with { TaskRoleArn = "arn:aws:iam::000000000000:role/task" };
        await rig.Fargate.RegisterTaskDefinitionAsync(definition, Ct);
        await rig.Fargate.CreateServiceAsync(
            new() { Cluster = "c", ServiceName = "agents", TaskDefinition = "f", DesiredCount = 1, NetworkConfiguration = FargateRig.Network }, Ct);
        await rig.Fargate.WaitForServiceAsync("c", "agents", service => service.RunningCount == 1, Ct).WaitAsync(FargateRig.Limit, Ct);
        var task = Assert.Single((await rig.Fargate.ListTasksAsync("c", "agents", null, Ct)).TaskArns);
        var uri = (await rig.LogUntilAsync(task, "agent-1", "\n")).Trim();
        await using var protection = Of(uri, "agent-1");

        await protection.JobStartedAsync(Ct);
        await rig.Fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "agents", DesiredCount = 0 }, Ct);
        Assert.Equal(EcsTaskStatus.Running, (await rig.DescribeAsync(task)).DesiredStatus);
        await protection.JobEndedAsync(Ct);

        Assert.Equal(EcsStopCode.ServiceSchedulerInitiated, (await rig.StoppedAsync(task)).StopCode);
        Assert.Empty(_warnings);
    }

    private string Folder => BusyAgents.FolderOf(_volume.FullName, "t1");

    private static Task<HttpEndpoint> EcsAsync() =>
        HttpEndpoint.StartAsync(call => (200, call.Body.Contains("true", StringComparison.Ordinal) ? IsProtected : IsNotProtected));

    private TaskProtection Of(HttpEndpoint ecs, string agent, TaskFacts? task = null) => Of($"{ecs.Url}/api/1", agent, task ?? new("t1", Containers: 2));

    private TaskProtection Of(string? uri, string agent, TaskFacts? task = null, string? volume = null, TimeProvider? processClock = null) => new(
        new()
        {
            AgentUri = uri,
            EcsTask = uri is null ? null : task ?? new("t1", Containers: 2),
            Agent = agent,
            Volume = volume ?? _volume.FullName,
            ProcessClock = processClock ?? TimeProvider.System,
            Warn = _warnings.Add,
            Tell = _told.Add,
        },
        _clock);

    private static IReadOnlyList<string> Calls(HttpEndpoint ecs) => [.. ecs.Calls.Select(call => $"{call.Method} {call.Body}")];

    private static Task CallsAsync(HttpEndpoint ecs, int count) => Condition.UntilAsync(() => ecs.Calls.Count >= count, $"{count} calls");

    /// <summary>Waits until a renewal under way has ended.</summary>
    private Task ArmedAsync(TaskProtection protection) => Condition.UntilAsync(() => protection.RenewsAt > _clock.GetUtcNow(), "the next renewal");

    /// <summary>Another process that holds a lock on a file until it is killed.</summary>
    private static async Task<Process> LockedByProcessAsync(string file)
    {
        var process = Process.Start(new ProcessStartInfo("flock", ["--exclusive", "--no-fork", file, "sh", "-c", "echo held; exec sleep 1000"]) { RedirectStandardOutput = true })!;
        Assert.Equal("held", await process.StandardOutput.ReadLineAsync(Ct));
        return process;
    }

    /// <summary>Lets time pass while a task waits for it.</summary>
    private async Task ElapseAsync(Task task)
    {
        await Condition.UntilAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(200));
                return task.IsCompleted;
            },
            "the task");
        await task;
    }
}
