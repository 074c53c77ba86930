using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Supervision;
using Tidepool.Fargate;
using Tidepool.Tests.Fargate;

namespace Tidepool.Tests.Agent;

public sealed partial class AgentProtectionSpecs : IDisposable
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
