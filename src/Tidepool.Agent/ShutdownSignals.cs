using System.Runtime.InteropServices;

namespace Tidepool.Agent;

/// <summary>
/// SIGTERM: take no new job and let the running one end. SIGINT, or a second signal: cancel it at once. Registered by
/// hand because .NET 10 raises no exit event for SIGTERM any more.
/// </summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource cancelJob = new();
    private readonly PosixSignalRegistration term;
    private readonly PosixSignalRegistration interrupt;

    public ShutdownSignals()
    {
        term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Receive(context, atOnce: false));
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Receive(context, atOnce: true));
    }

    public CancellationToken Stop => stop.Token;

    public CancellationToken CancelJob => cancelJob.Token;

    public void Dispose()
    {
        term.Dispose();
        interrupt.Dispose();
        stop.Dispose();
        cancelJob.Dispose();
    }

    private void Receive(PosixSignalContext context, bool atOnce)
    {
        context.Cancel = true;
        if (atOnce || stop.IsCancellationRequested)
        {
            cancelJob.Cancel();
        }
        stop.Cancel();
    }
}
