using System.Runtime.InteropServices;
using Tidepool.Agent.Posix;

namespace Tidepool.Agent;

/// <summary>
/// SIGTERM: take no new job and let the running one end. SIGINT, or a second signal: cancel it at once. Registered by
/// hand because .NET 10 raises no exit event for SIGTERM any more.
/// </summary>
/// <remarks>
/// As PID 1 the kernel drops a signal that has no handler yet. A blocked one it keeps, over an exec too: the first image
/// blocks them, and the second, all of whose threads are born with that mask, lets them through once the handlers stand.
/// What stays open are the few milliseconds in which the first image's runtime starts.
/// </remarks>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _cancelJob = new();
    private readonly PosixSignalRegistration _term;
    private readonly PosixSignalRegistration _interrupt;

    public ShutdownSignals()
    {
        _term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Receive(context, atOnce: false));
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Receive(context, atOnce: true));
        SetMask(Libc.SIG_UNBLOCK);
    }

    /// <summary>Keeps the signals waiting until the image that comes next makes an instance.</summary>
    public static void Hold() => SetMask(Libc.SIG_BLOCK);

    public CancellationToken Stop => _stop.Token;

    public CancellationToken CancelJob => _cancelJob.Token;

    public void Dispose()
    {
        _term.Dispose();
        _interrupt.Dispose();
        _stop.Dispose();
        _cancelJob.Dispose();
    }

    /// <summary>Of this thread alone: one thread that lets a signal through is enough, and Main's lives as long as the process.</summary>
    private static unsafe void SetMask(int how)
    {
        Libc.SignalSet signals;
        Libc.sigemptyset(&signals);
        Libc.sigaddset(&signals, Libc.SIGTERM);
        Libc.sigaddset(&signals, Libc.SIGINT);
        Libc.pthread_sigmask(how, &signals, null);
    }

    private void Receive(PosixSignalContext context, bool atOnce)
    {
        context.Cancel = true;
        if (atOnce || _stop.IsCancellationRequested)
        {
            _cancelJob.Cancel();
        }
        _stop.Cancel();
    }
}
