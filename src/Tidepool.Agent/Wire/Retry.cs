namespace Tidepool.Agent.Wire;

/// <summary>Tries a call again while the network or the service is unwell.</summary>
internal static class Retry
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(15);

    /// <summary>Delay before try number <paramref name="failures"/> + 1: a quarter second, doubled each time, at most 15 s.</summary>
    public static TimeSpan DelayAfter(int failures) =>
        TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, FirstDelay.Ticks << Math.Min(failures - 1, 16)));

    /// <summary>Whether a failed call is worth another try.</summary>
    public static bool IsTransient(Exception e) => e is HttpRequestException or WireException { IsTransient: true };

    /// <summary>Calls until it succeeds, fails for good, or <paramref name="limit"/> is over.</summary>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, TimeProvider clock, CancellationToken ct)
    {
        var start = clock.GetTimestamp();
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await call(ct);
            }
            catch (Exception e) when (IsTransient(e) && clock.GetElapsedTime(start) + DelayAfter(failures) < limit)
            {
                // The next try starts from nothing.
            }
            await Task.Delay(DelayAfter(failures), clock, ct);
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public static Task RunAsync(Func<CancellationToken, Task> call, TimeSpan limit, TimeProvider clock, CancellationToken ct) =>
        RunAsync(
            async token =>
            {
                await call(token);
                return true;
            },
            limit, clock, ct);
}
