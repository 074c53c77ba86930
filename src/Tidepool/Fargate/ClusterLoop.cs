using System.Collections.Immutable;
using System.Threading.Channels;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>One cluster: a single loop in which its services and tasks change. It reads, decides purely, and acts.</summary>
internal sealed partial class ClusterLoop : IAsyncDisposable
{
    private readonly FargateParts _parts;
    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;
    private volatile ImmutableDictionary<string, TaskLife> _tasks = ImmutableDictionary<string, TaskLife>.Empty;
    private volatile ImmutableDictionary<string, ServiceState> _services = ImmutableDictionary<string, ServiceState>.Empty;
    private volatile EcsCluster _cluster;
    private Task<bool>? _arrival;
    private DateTimeOffset _looked;
    private FargateTimes _times;

    public ClusterLoop(FargateParts parts, string name)
    {
        _parts = parts;
        Name = name;
        _cluster = new() { ClusterArn = parts.Arns.Cluster(name), ClusterName = name };
        _times = new(parts.Options.TimeScale);
        _loop = Task.Run(RunAsync);
    }

    public string Name { get; }

    /// <summary>The cluster as it is now, with what it holds counted.</summary>
    public EcsCluster Cluster => _cluster with
    {
        RunningTasksCount = _tasks.Values.Count(task => task.Task.LastStatus is EcsTaskStatus.Running),
        PendingTasksCount = _tasks.Values.Count(task => task.IsWanted && task.Task.StartedAt is null),
        ActiveServicesCount = _services.Values.Count(service => service.IsActive),
    };

    /// <summary>Whether the cluster was not deleted.</summary>
    public bool IsActive => _cluster.Status is "ACTIVE";

    /// <summary>All tasks by ARN, stopped ones too.</summary>
    public ImmutableDictionary<string, TaskLife> Tasks => _tasks;

    /// <summary>All services by name, deleted ones too.</summary>
    public ImmutableDictionary<string, ServiceState> Services => _services;

    /// <summary>Changes the cluster in its loop, and lets it come to rest before the answer.</summary>
    public async Task<T> AskAsync<T>(Func<T> change, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                var result = change();
                Reconcile();
                answer.SetResult(result);
            }
            catch (Exception e) when (e is EcsException or ProblemException)
            {
                answer.SetException(e);
            }
        });

        // A bug ends the loop; whoever waits must see it rather than wait on.
        if (await Task.WhenAny(answer.Task, _loop).WaitAsync(ct) == _loop && !answer.Task.IsCompleted)
        {
            await _loop;
            throw new ObjectDisposedException(nameof(LocalFargate));
        }

        return await answer.Task;
    }

    /// <summary>Waits for the next change; a bug that ended the loop is thrown instead.</summary>
    public async Task NextAsync(Task next)
    {
        await Task.WhenAny(next, _loop);
        if (!next.IsCompleted)
        {
            await _loop;
            throw new ObjectDisposedException(nameof(LocalFargate));
        }
    }

    /// <summary>Gives processes no time to stop any more.</summary>
    public void Hurry() => Post(() =>
    {
        _times = _times with { Hurry = true };
        _changed.UnionWith(_tasks.Keys);
    });

    /// <summary>Ends the loop; its tasks must be stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        _inbox.Writer.TryComplete();
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private void Post(Action action) => _inbox.Writer.TryWrite(action);

    private async Task RunAsync()
    {
        try
        {
            while (await WaitAsync())
            {
                while (_inbox.Reader.TryRead(out var action))
                {
                    action();
                    Reconcile();
                }

                Reconcile();
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The end.
        }
    }

    // False once no message can come any more.
    private async Task<bool> WaitAsync()
    {
        _arrival ??= _inbox.Reader.WaitToReadAsync(_end.Token).AsTask();
        if (WakeAt() is { } wakeAt)
        {
            var wait = wakeAt - _parts.Clock.GetUtcNow();
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            var due = wait <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, _parts.Clock, over.Token);
            if (await Task.WhenAny(_arrival, due) == due)
            {
                await due;
                return true;
            }

            await over.CancelAsync();
        }

        var arrival = _arrival;
        _arrival = null;
        return await arrival;
    }

    // What came due until the last look was looked at then.
    private DateTimeOffset? WakeAt() => _wakes.Values.Select(time => (DateTimeOffset?)time)
        .Concat(_services.Values.Select(service => service.WakeAt).Where(time => time > _looked))
        .Min();

    /// <summary>Takes steps until there is none to take.</summary>
    private void Reconcile()
    {
        bool changed;
        do
        {
            _looked = _parts.Clock.GetUtcNow();
            changed = ReconcileTasks(_looked);
            changed |= ReconcileServices(_looked);
        }
        while (changed);

        ForgetTasks(_looked);
    }
}
