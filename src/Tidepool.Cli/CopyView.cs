using System.Globalization;

namespace Tidepool.Cli;

/// <summary>Says on standard error how far a copy is, for those that take long.</summary>
/// <param name="what">What is copied.</param>
/// <param name="clock">Clock of what is long.</param>
internal sealed class CopyView(string what, TimeProvider clock) : IProgress<long>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private DateTimeOffset _next = clock.GetUtcNow() + Pause;

    public void Report(long value)
    {
        if (clock.GetUtcNow() >= _next)
        {
            _next = clock.GetUtcNow() + Pause;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"copying {what}: {value / 1048576.0:0} MiB so far"));
        }
    }
}
