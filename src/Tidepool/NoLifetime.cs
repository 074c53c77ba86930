using Microsoft.Extensions.Hosting;

namespace Tidepool;

/// <summary>For a host inside of a program: the default lifetime would take Ctrl-C and SIGTERM away from the program around.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
