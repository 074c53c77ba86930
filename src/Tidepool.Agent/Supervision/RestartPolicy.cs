namespace Tidepool.Agent.Supervision;

/// <summary>What follows when the listener ended by itself.</summary>
internal abstract record AfterListener
{
    /// <summary>All is done: the container ends well.</summary>
    public sealed record Leave : AfterListener;

    /// <summary>It updates itself: start it again when that is done.</summary>
    public sealed record Update : AfterListener;

    public sealed record StartAgain(TimeSpan Delay) : AfterListener;

    /// <summary>Another start would be of no use.</summary>
    /// <param name="What">What was seen.</param>
    public sealed record GiveUp(string Code, string What, string Mend) : AfterListener;
}

/// <summary>Decides by the listener's exit codes. One that ends again and again is given up, for the container's log to say so.</summary>
/// <param name="once">Whether the listener runs one job only.</param>
internal sealed class RestartPolicy(bool once, TimeProvider clock)
{
    /// <summary>So many ends within <see cref="Window"/> are a crash loop.</summary>
    public const int MostEnds = 5;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly Queue<long> _ends = new();

    /// <summary>One second, doubled each time, at most 30 s.</summary>
    public static TimeSpan DelayAfter(int failures) =>
        TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, FirstDelay.Ticks << Math.Min(failures - 1, 16)));

    /// <param name="ranJob">Whether a job was begun; an agent for one job takes no second one, however the first ended.</param>
    public AfterListener Decide(int exitCode, bool ranJob)
    {
        switch ((ListenerExit)exitCode)
        {
            case ListenerExit.Success when once:
                return new AfterListener.Leave();
            case ListenerExit.Success:
                return new AfterListener.GiveUp(
                    "AGENT013",
                    "The listener ended by itself in order, as it does when the agent was removed from the pool or its access was taken away.",
                    "Start the container anew if the agent is still wanted; it registers itself.");
            case ListenerExit.Terminated:
                return new AfterListener.GiveUp(
                    "AGENT013", "The listener ended with exit code 1: an error that another start would meet again.", "Read the listener's last lines.");
        }
        _ends.Enqueue(clock.GetTimestamp());
        while (clock.GetElapsedTime(_ends.Peek()) > Window)
        {
            _ends.Dequeue();
        }
        if (_ends.Count >= MostEnds)
        {
            return new AfterListener.GiveUp(
                "AGENT014",
                $"The listener ended {MostEnds} times within {Window.TotalMinutes:0} min, at last with exit code {exitCode}.",
                "Read the listener's last lines.");
        }
        return (ListenerExit)exitCode switch
        {
            ListenerExit.Updating or ListenerExit.OnceUpdating => new AfterListener.Update(),
            _ when once && ranJob => new AfterListener.GiveUp(
                "AGENT013", $"The listener ended with exit code {exitCode} after its one job had begun.", "Read the listener's last lines."),
            _ => new AfterListener.StartAgain(DelayAfter(_ends.Count)),
        };
    }
}
