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
    private readonly TaskCompletionSource<bool> _hasFewMounts = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="reach">
    /// Files and folders that its processes need beside the machine's own: they then start among few mounts, as <see cref="FewMounts"/> has them.
    /// Null: among all mounts.
    /// </param>
    public StarterThread(IReadOnlyList<string>? reach = null)
    {
        _thread = new(() => Run(reach), 256 * 1024) { Name = "process starter", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Starts a process from the thread.</summary>
    public Task<Process> StartAsync(ProcessStartInfo info) => DoAsync(() => Process.Start(info)!);

    /// <summary>Shows folders, with all that is mounted in them, to processes that start from now on; until that is disposed of.</summary>
    /// <exception cref="IOException">They cannot be shown; holds the kernel's reason.</exception>
    public async Task<IAsyncDisposable> ShowAsync(IReadOnlyList<string> folders)
    {
        var shown = new ShownFolders(this);
        if (await _hasFewMounts.Task)
        {
            try
            {
                foreach (var folder in folders)
                {
                    using var taken = FewMounts.Take(folder);
                    await DoAsync(() => FewMounts.Show(taken, folder));
                    shown.Add(folder);
                }
            }
            catch
            {
                await shown.DisposeAsync();
                throw;
            }
        }

        return shown;
    }

    /// <summary>Ends the thread, and with it whatever it started that still is there.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private Task DoAsync(Action work) => DoAsync(() =>
    {
        work();
        return true;
    });

    private Task<T> DoAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private void Run(IReadOnlyList<string>? reach)
    {
        _hasFewMounts.SetResult(reach is not null && FewMounts.TryEnter(reach));
        foreach (var action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }

    private sealed class ShownFolders(StarterThread thread) : IAsyncDisposable
    {
        private readonly List<string> _folders = [];

        public void Add(string folder) => _folders.Add(folder);

        public async ValueTask DisposeAsync()
        {
            foreach (var folder in _folders)
            {
                await thread.DoAsync(() => FewMounts.Hide(folder));
            }
        }
    }
}
