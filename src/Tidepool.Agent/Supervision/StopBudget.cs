namespace Tidepool.Agent.Supervision;

/// <summary>
/// How the time between SIGTERM and SIGKILL is spent. Fargate gives 120 s at the most (<c>stopTimeout</c>), so the default of each phase
/// is such that all of them at their longest stay below it.
/// </summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html (stopTimeout)</remarks>
internal static class StopBudget
{
    /// <summary>What Fargate gives at the most.</summary>
    public static readonly TimeSpan Fargate = TimeSpan.FromSeconds(120);

    /// <summary>For the running job to end by itself, unless AZP_DRAIN_SECONDS says otherwise.</summary>
    public static readonly TimeSpan Drain = TimeSpan.FromSeconds(70);

    /// <summary>For the pool to be told to send no more jobs. Part of the drain, but for a shorter one.</summary>
    public static readonly TimeSpan Disable = TimeSpan.FromSeconds(5);

    /// <summary>For the listener to cancel its job and to end its session after SIGINT. Microsoft's agent allows itself as much.</summary>
    /// <remarks>Source: https://github.com/microsoft/azure-pipelines-agent, Constants.cs (ExitOnUnloadTimeout)</remarks>
    public static readonly TimeSpan Interrupt = TimeSpan.FromSeconds(30);

    /// <summary>For what is left of it to be killed.</summary>
    public static readonly TimeSpan LeftOvers = TimeSpan.FromSeconds(2);

    /// <summary>For the task's protection to be let go.</summary>
    public static readonly TimeSpan Protection = TimeSpan.FromSeconds(2);

    /// <summary>For the registration to be removed.</summary>
    public static readonly TimeSpan Remove = TimeSpan.FromSeconds(10);

    /// <summary>The longest that a stop takes with a drain of that length.</summary>
    public static TimeSpan Of(TimeSpan drain) => (drain > Disable ? drain : Disable) + Interrupt + LeftOvers + Protection + Remove;
}
