using System.Diagnostics;
using System.Runtime.InteropServices;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class ServiceHostSpecs
{
    [Fact]
    public async Task Signals_stay_with_the_program_around_the_service()
    {
        var handled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The handler that was there first is asked last: it sees whether another one took the signal.
        using var registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            handled.TrySetResult(signal.Cancel);
            signal.Cancel = true;
        });
        await using var tested = await StartAsync();

        using var kill = Process.Start("kill", ["-TERM", $"{Environment.ProcessId}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.False(await handled.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }
}
