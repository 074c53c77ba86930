using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>How long AWS takes for its own part of a task's life, scaled; and how long processes get, never scaled.</summary>
/// <param name="Scale">Factor on AWS's delays, 0 to 1.</param>
/// <param name="Hurry">Whether stopping processes get no time at all.</param>
internal sealed record FargateTimes(double Scale, bool Hurry = false)
{
    // Inferred from users' reports of 30 to 60 s from RunTask to RUNNING; AWS states no figure.
    private static readonly TimeSpan AwsProvisioning = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AwsPending = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AwsActivating = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AwsDeprovisioning = TimeSpan.FromSeconds(10);

    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
    private static readonly TimeSpan AwsLongestThrottle = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan AwsFirstThrottle = TimeSpan.FromSeconds(30);

    // Without a load balancer and health checks a task counts as healthy 40 s after RUNNING.
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
    private static readonly TimeSpan AwsHealthyAfter = TimeSpan.FromSeconds(40);

    // These keep a container or task that ends at once from being started over and over when AWS's delays are scaled to nothing.
    private static readonly TimeSpan ShortestRunForRestart = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLocalThrottle = TimeSpan.FromSeconds(5);

    // A task that ends at once was never healthy, so that a deployment of such tasks fails rather than completes.
    private static readonly TimeSpan ShortestTrial = TimeSpan.FromMilliseconds(200);

    // Checks are processes: 30 s between them become 0.6 s at the least, and longer intervals stay longer than shorter ones.
    private const double LeastHealthScale = 0.02;

    private const int DefaultStopTimeoutSeconds = 30;
    private const int DefaultRestartAttemptPeriodSeconds = 300;

    /// <summary>From Fargate Spot's notice until it takes the capacity away. Never scaled: it is the processes' time.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html</remarks>
    public static TimeSpan TerminationNotice { get; } = TimeSpan.FromSeconds(120);

    public TimeSpan Provisioning => AwsProvisioning * Scale;

    public TimeSpan Pending => AwsPending * Scale;

    public TimeSpan Activating => AwsActivating * Scale;

    public TimeSpan Deprovisioning => AwsDeprovisioning * Scale;

    public TimeSpan HealthyAfter => Longer(AwsHealthyAfter * Scale, ShortestTrial);

    /// <summary>Between the end of a health check and the next one. What a container is given to start and to answer is never scaled.</summary>
    public TimeSpan HealthInterval(HealthCheck check) =>
        TimeSpan.FromSeconds(check.Interval ?? HealthCheck.DefaultInterval) * Math.Max(Scale, LeastHealthScale);

    /// <summary>How long one health check may take.</summary>
    public static TimeSpan HealthTimeout(HealthCheck check) => TimeSpan.FromSeconds(check.Timeout ?? HealthCheck.DefaultTimeout);

    /// <summary>Between the stop signal and SIGKILL.</summary>
    public TimeSpan StopTimeout(ContainerDefinition container) =>
        Hurry ? TimeSpan.Zero : TimeSpan.FromSeconds(container.StopTimeout ?? DefaultStopTimeoutSeconds);

    /// <summary>How long a container must have run to be restarted in place.</summary>
    public TimeSpan RestartAttemptPeriod(ContainerRestartPolicy policy) =>
        Longer(TimeSpan.FromSeconds(policy.RestartAttemptPeriod ?? DefaultRestartAttemptPeriodSeconds) * Scale, ShortestRunForRestart);

    /// <summary>Whether a service's task that ended counts as one that could not be started consistently.</summary>
    public static bool IsShortLife(TimeSpan? ran) => ran is null || ran < ShortestLife;

    /// <summary>How long a service waits before it starts another task after so many in a row that ended at once.</summary>
    public TimeSpan Throttle(int failures, bool reachedRunning)
    {
        if (failures < 2)
        {
            return TimeSpan.Zero;
        }

        var doubled = Math.Pow(2, Math.Min(failures - 2, 10));
        var local = TimeSpan.FromMilliseconds(Math.Min(100 * doubled, LongestLocalThrottle.TotalMilliseconds));

        // AWS holds back only tasks that never reached RUNNING.
        var aws = reachedRunning
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(AwsFirstThrottle.TotalSeconds * doubled, AwsLongestThrottle.TotalSeconds)) * Scale;
        return Longer(local, aws);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
