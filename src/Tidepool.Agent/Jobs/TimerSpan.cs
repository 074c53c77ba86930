namespace Tidepool.Agent.Jobs;

/// <summary>Spans that the service gives, as timers take them.</summary>
internal static class TimerSpan
{
    /// <summary>What the clock's timers can count: 71582 minutes and a bit, some seven weeks.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>A span longer than any timer is no limit; one below zero is over already.</summary>
    public static TimeSpan Of(TimeSpan span) => span > Longest ? Timeout.InfiniteTimeSpan : span < TimeSpan.Zero ? TimeSpan.Zero : span;
}
