using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tidepool.Fargate.Runtimes;

/// <summary>
/// The one thread that starts processes and lives as long as they do: the kernel's parent-death signal comes when the
/// thread that forked ends, and threads of the pool end as they please.
/// </summary>
internal sealed class StarterThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public StarterThread()
    {
        _thread = new(Run, 256 * 1024) { Name = "process starter", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Starts a process from the thread.</summary>
    public Task<Process> StartAsync(ProcessStartInfo info)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(info)!);
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
            {
                started.SetException(e);
            }
        });
        return started.Task;
    }

    /// <summary>Ends the thread, and with it whatever it started that still is there.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
