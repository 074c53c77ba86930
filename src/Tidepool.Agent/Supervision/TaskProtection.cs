using Tidepool.Agent.Registration;

namespace Tidepool.Agent.Supervision;

/// <summary>What task protection needs to know of this container.</summary>
internal sealed record TaskProtectionSettings
{
    /// <summary>Where the image has the volume that the agents of a task share.</summary>
    public const string SharedVolume = "/shared-storage";

    /// <summary>Base of the ECS agent endpoint (ECS_AGENT_URI); null outside of ECS: then there is nothing to protect.</summary>
    public required string? AgentUri { get; init; }

    /// <summary>The ECS task; null outside of ECS.</summary>
    public required TaskFacts? EcsTask { get; init; }

    /// <summary>Name of this container or of its agent; need not be unique.</summary>
    public required string Agent { get; init; }

    /// <summary>Folder of the shared volume. Where there is none, each agent protects the task for itself alone.</summary>
    public string Volume { get; init; } = SharedVolume;

    /// <summary>Clock of the wait for other processes. They live in real time, also where a test moves the clock of all else.</summary>
    public TimeProvider ProcessClock { get; init; } = TimeProvider.System;

    /// <summary>Hears what the user should mend.</summary>
    public Action<string> Warn { get; init; } = AgentLog.Warning;

    /// <summary>Hears what the user may like to know.</summary>
    public Action<string> Tell { get; init; } = AgentLog.Info;
}

/// <summary>
/// Keeps ECS from stopping this task for scale-in or a deployment while any of its agents runs a job. Protection is the task's, not
/// the container's, so the agents of a task agree over a folder of their shared volume: who begins a job protects the task, and the
/// last one that ends its job lets it go. What fails is said once, and the job goes on.
/// </summary>
/// <remarks>
/// It holds for <see cref="Minutes"/> and is renewed well before, so that even a crash of everything delays a deployment by no more than
/// that. It does not keep off StopTask, Fargate Spot and the retirement of a task.
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
/// </remarks>
internal sealed class TaskProtection : IAsyncDisposable
{
    /// <summary>As long as a job of Azure Pipelines lasts at most unless told; ECS takes 1 to 2880.</summary>
    public const int Minutes = 60;

    private const string Unprotected = "Jobs go on, and scale-in or a deployment may stop the task while they run.";

    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan NextTry = TimeSpan.FromMinutes(1);
    private static readonly string Alone =
        $"Each one protects the task for itself, and its protection is not let go after a job but ends within {Minutes} minutes; until then scale-in and deployments wait.";

    private readonly TaskProtectionSettings _settings;
    private readonly TaskProtectionClient? _client;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<string> _said = [];
    private readonly TimeProvider _clock;
    private readonly ITimer _renewal;
    private BusyAgents? _agents;
    private bool _runsJob;
    private bool _isHeld;
    private bool _wasRefused;
    private bool _isNeedless;

    public TaskProtection(TaskProtectionSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        _client = settings.AgentUri is { } uri ? new(uri, clock) : null;
        _renewal = clock.CreateTimer(_ => _ = RenewAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (_client is not null && settings.EcsTask is { TaskId: var taskId } && Directory.Exists(settings.Volume))
        {
            _agents = new(BusyAgents.FolderOf(settings.Volume, taskId), settings.Agent, settings.ProcessClock);
        }
    }

    /// <summary>When the protection is renewed, or is asked for again; null while no job runs.</summary>
    public DateTimeOffset? RenewsAt { get; private set; }

    /// <summary>Before the first job: lets go of a protection that an agent which crashed here has left, if no agent of the task runs a job.</summary>
    public Task StartAsync(CancellationToken ct) => ChangeAsync(
        async (client, inTurn) =>
        {
            if (MayLetGo(inTurn))
            {
                var answer = await client.AskAsync(ct);
                _isHeld = answer is ProtectionAnswer.State { IsProtected: true };
                Hear(answer, what: "did not say whether this task is protected", consequence: Unprotected);
                if (_isHeld)
                {
                    await LetGoAsync(client, ct);
                }
            }
        },
        ct);

    /// <summary>This agent begins a job. Takes seconds at most, whatever the endpoint does.</summary>
    public Task JobStartedAsync(CancellationToken ct) => ChangeAsync(
        (client, _) =>
        {
            _runsJob = true;
            return ProtectAsync(client, ct);
        },
        ct);

    /// <summary>This agent has ended its job. Takes seconds at most, whatever the endpoint does.</summary>
    public Task JobEndedAsync(CancellationToken ct) => ChangeAsync(
        async (client, inTurn) =>
        {
            _runsJob = false;
            RenewAfter(null);
            _agents?.Leave();
            if (!_isNeedless && MayLetGo(inTurn))
            {
                await LetGoAsync(client, ct);
            }
            _isHeld = false;
        },
        ct);

    /// <summary>Ends the renewal. A job that still runs keeps the protection until that ends by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _renewal.DisposeAsync();
        await _oneAtATime.WaitAsync();
        _agents?.Dispose();
        _client?.Dispose();
        _oneAtATime.Dispose();
        _end.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            await ChangeAsync((client, _) => _runsJob ? ProtectAsync(client, _end.Token) : Task.CompletedTask, _end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The end.
        }
    }

    /// <summary>One change at a time: of this process, and of the agents that share the folder.</summary>
    private async Task ChangeAsync(Func<TaskProtectionClient, bool, Task> change, CancellationToken ct)
    {
        if (_client is null)
        {
            return;
        }
        await _oneAtATime.WaitAsync(ct);
        try
        {
            using var turn = await TakeTurnAsync(ct);
            await change(_client, turn is not null);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task ProtectAsync(TaskProtectionClient client, CancellationToken ct)
    {
        WithFolder(agents => agents.Enter());
        if (_isNeedless)
        {
            return;
        }
        var answer = await client.ProtectAsync(Minutes, ct);
        var isHeld = answer is ProtectionAnswer.State { IsProtected: true };
        if (isHeld && _wasRefused)
        {
            Once("This task is protected from scale-in now.", _settings.Tell);
        }
        (_isHeld, _wasRefused) = (_isHeld || isHeld, !isHeld);
        Hear(answer, what: "did not protect this task", consequence: Unprotected);
        RenewAfter(_isNeedless ? null : isHeld ? Renewal : NextTry);
    }

    private async Task LetGoAsync(TaskProtectionClient client, CancellationToken ct)
    {
        var answer = await client.LetGoAsync(ct);
        if (_isHeld)
        {
            Hear(answer, what: "did not let go of this task's protection", consequence: $"It ends by itself within {Minutes} minutes; until then scale-in and deployments wait.");
        }
    }

    private void RenewAfter(TimeSpan? wait)
    {
        _renewal.Change(wait ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        RenewsAt = wait is { } until ? _clock.GetUtcNow() + until : null;
    }

    private void Hear(ProtectionAnswer answer, string what, string consequence)
    {
        switch (answer)
        {
            case ProtectionAnswer.Needless:
                _isNeedless = true;
                Once("This task belongs to no service, so nothing scales it in and it needs no protection.", _settings.Tell);
                break;
            case ProtectionAnswer.Refusal(var why, var mend):
                Once($"ECS {what}: {why}. {(mend.Length > 0 ? $"{mend} " : "")}{consequence}", _settings.Warn);
                break;
            default:
                break;
        }
    }

    /// <summary>Whether nobody needs the protection: no agent of the task is busy, as far as can be known.</summary>
    private bool MayLetGo(bool inTurn)
    {
        if (_agents is null && _settings.EcsTask is not { Containers: 1 })
        {
            Once($"The agents of this task share no volume at {_settings.Volume}. {Alone}", _settings.Warn);
            return false;
        }
        var othersAreBusy = _agents is not null;
        WithFolder(agents => othersAreBusy = !inTurn || agents.OthersAreBusy());
        return !othersAreBusy;
    }

    private async Task<IDisposable?> TakeTurnAsync(CancellationToken ct)
    {
        try
        {
            return _agents is null ? null : await _agents.TakeTurnAsync(ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GoAlone(e);
            return null;
        }
    }

    private void WithFolder(Action<BusyAgents> act)
    {
        try
        {
            if (_agents is { } agents)
            {
                act(agents);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GoAlone(e);
        }
    }

    private void GoAlone(Exception e)
    {
        _agents?.Dispose();
        _agents = null;
        Once($"The agents of this task cannot agree over {_settings.Volume}: {e.Message.TrimEnd('.')}. {Alone}", _settings.Warn);
        _said.Add($"The agents of this task share no volume at {_settings.Volume}. {Alone}");
    }

    private void Once(string text, Action<string> say)
    {
        if (_said.Add(text))
        {
            say(text);
        }
    }
}
