using System.Runtime.InteropServices;

namespace Tidepool.Agent;

/// <summary>
/// SIGTERM: take no new job and let the running one end. SIGINT, or a second signal: cancel it at once. Registered by
/// hand because .NET 10 raises no exit event for SIGTERM any more.
/// </summary>
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
    }

    public CancellationToken Stop => _stop.Token;

    public CancellationToken CancelJob => _cancelJob.Token;

    public void Dispose()
    {
        _term.Dispose();
        _interrupt.Dispose();
        _stop.Dispose();
        _cancelJob.Dispose();
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
