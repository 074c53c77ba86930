using System.Runtime.InteropServices;

namespace Tidepool.Agent.Posix;

/// <summary>
/// Waits for every child of this process on one thread: those it started, and orphans of steps that the kernel hands to it
/// because it is PID 1 or a subreaper. It is the only one who waits: .NET's own <c>Process</c> class, which would
/// compete for the statuses, is used nowhere in the agent.
/// </summary>
internal sealed class ChildReaper
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, TaskCompletionSource<int>> _waiting = [];
    private readonly AutoResetEvent _childExists = new(false);

    public ChildReaper()
    {
        // A parent that ignores SIGCHLD hands that down, and then the kernel throws statuses away.
        Libc.signal(Libc.SIGCHLD, 0);
        Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

        // No PosixSignalRegistration of SIGCHLD: with one, .NET as PID 1 waits for every child itself and takes the statuses away.
        // None is needed: children come from Watch, and orphans from a child that is still waited for when they are handed over.
        new Thread(Reap, maxStackSize: 128 * 1024) { IsBackground = true, Name = "child reaper" }.Start();
    }

    /// <summary>Runs <paramref name="start"/>, which makes a child and returns its id; the task ends with the exit code.</summary>
    public (int Id, Task<int> Exit) Watch(Func<int> start)
    {
        // RunContinuationsAsynchronously: a continuation must not hold up the reaping of others.
        var exit = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        int id;
        lock (_gate)
        {
            id = start();
            _waiting.Add(id, exit);
        }
        _childExists.Set();
        return (id, exit.Task);
    }

    private unsafe void Reap()
    {
        while (true)
        {
            int status;
            var id = Libc.waitpid(-1, &status, 0);
            if (id > 0)
            {
                // Under the gate: the child may have ended before Watch noted its id.
                lock (_gate)
                {
                    if (_waiting.Remove(id, out var exit))
                    {
                        exit.SetResult(ExitCode(status));
                    }
                }
            }
            else if (Marshal.GetLastPInvokeError() == Libc.ECHILD)
            {
                _childExists.WaitOne();
            }
        }
    }

    /// <summary>As a shell says it: the code, or 128 and the signal's number.</summary>
    private static int ExitCode(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
}
