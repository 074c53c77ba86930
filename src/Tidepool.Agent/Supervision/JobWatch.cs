using System.Text.RegularExpressions;

namespace Tidepool.Agent.Supervision;

/// <summary>
/// Whether the supervised agent runs a job. Two signs: the listener's own lines, and the existence of a worker process, for the lines
/// are in another language where LANG says so, and one of them is never written when the service takes a job back before it began.
/// </summary>
/// <remarks>Source: https://github.com/microsoft/azure-pipelines-agent, src/Misc/layoutbin/en-US/strings.json (RunningJob, JobCompleted, ListenForJobs) and JobDispatcher.cs</remarks>
internal sealed partial class JobWatch(TimeProvider clock)
{
    /// <summary>Name of Microsoft's worker process, one for each job.</summary>
    public const string Worker = "Agent.Worker";

    /// <summary>A worker that has been gone for so long has ended its job, whatever was not written.</summary>
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(10);

    /// <summary>A job that was begun with a line and no process was seen of for so long never began.</summary>
    private static readonly TimeSpan Unseen = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _announced;
    private bool _worker;
    private bool _workerSeen;
    private long _seenAt;
    private long _idleSince = clock.GetTimestamp();
    private bool _wasRunning;
    private bool _closed;

    public bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return IsRunningNow;
            }
        }
    }

    /// <summary>Whether any job has begun.</summary>
    public bool HasRun { get; private set; }

    /// <summary>The running job's name, where it is known.</summary>
    public string? Job { get; private set; }

    /// <summary>How long no job has run; zero while one runs.</summary>
    public TimeSpan IdleFor
    {
        get
        {
            lock (_gate)
            {
                return IsRunningNow ? TimeSpan.Zero : clock.GetElapsedTime(_idleSince);
            }
        }
    }

    private bool IsRunningNow => _worker || _announced is not null;

    /// <summary>Takes a line of the listener's output.</summary>
    public void Read(string line) => Change(() =>
    {
        if (Begin().Match(line) is { Success: true } begin)
        {
            _announced = begin.Groups["name"].Value;
            (_workerSeen, _seenAt) = (_worker, clock.GetTimestamp());
        }
        else if (End().IsMatch(line))
        {
            (_announced, _worker) = (null, false);
        }
        else if (Listening().IsMatch(line))
        {
            _idleSince = clock.GetTimestamp();
        }
    });

    /// <summary>A listener begins. While it was configured, started or updated it could have no job, so it was not idle.</summary>
    public void ListenerStarted() => Change(() => _idleSince = clock.GetTimestamp());

    /// <summary>Takes a look at the processes.</summary>
    /// <param name="worker">Whether there is a worker.</param>
    /// <param name="other">Whether the listener has any other process under it: the built-in agent's jobs have no worker.</param>
    public void Look(bool worker, bool other) => Change(() =>
    {
        _worker = worker;
        _workerSeen |= worker;
        if (worker || (other && !_workerSeen))
        {
            _seenAt = clock.GetTimestamp();
        }
        else if (_announced is not null && clock.GetElapsedTime(_seenAt) > (_workerSeen ? Gone : Unseen))
        {
            _announced = null;
        }
    });

    /// <summary>The listener is gone, and no job of it goes on.</summary>
    public void ListenerEnded() => Change(() => (_announced, _worker, _workerSeen) = (null, false, false));

    /// <summary>No job comes any more.</summary>
    public void Close() => Change(() => (_announced, _worker, _closed) = (null, false, true));

    /// <summary>Waits until a job runs, or none does; false when that cannot come any more.</summary>
    public async Task<bool> WhenAsync(bool running, CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (IsRunningNow == running || _closed)
                {
                    return IsRunningNow == running;
                }
                changed = _changed.Task;
            }
            await changed.WaitAsync(ct);
        }
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            var isRunning = IsRunningNow;
            if (isRunning == _wasRunning && !_closed)
            {
                return;
            }
            if (_wasRunning && !isRunning)
            {
                _idleSince = clock.GetTimestamp();
            }
            HasRun |= isRunning;
            Job = _announced;
            _wasRunning = isRunning;
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Running job: (?<name>.*)$")]
    private static partial Regex Begin();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Listening for Jobs$")]
    private static partial Regex Listening();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Job .* completed with result: [A-Za-z]+$")]
    private static partial Regex End();
}
