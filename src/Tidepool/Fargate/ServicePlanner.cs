namespace Tidepool.Fargate;

/// <summary>A service's task, as far as the service looks at it.</summary>
/// <param name="ProtectedUntil">Until when the service may not stop it; null when it may.</param>
internal sealed record ServiceTask(
    string TaskArn, string DeploymentId, bool IsWanted, DateTimeOffset? RunningSince, DateTimeOffset? ProtectedUntil = null);

/// <summary>A service at one instant.</summary>
internal sealed record ServiceSnapshot
{
    public required int DesiredCount { get; init; }

    public required string PrimaryDeploymentId { get; init; }

    public required DeploymentConfiguration Deployment { get; init; }

    /// <summary>No task is started before: the service is throttled.</summary>
    public DateTimeOffset StartNotBefore { get; init; }

    /// <summary>Tasks that are not stopped, oldest first.</summary>
    public required IReadOnlyList<ServiceTask> Tasks { get; init; }
}

/// <summary>What a service does now.</summary>
/// <param name="Start">Tasks to start in the primary deployment.</param>
/// <param name="Stop">ARNs of tasks to stop.</param>
/// <param name="Spared">ARNs of tasks that it would stop, were they not protected.</param>
/// <param name="WakeAt">When to look again though nothing happens; null for never.</param>
internal sealed record ServicePlan(int Start, IReadOnlyList<string> Stop, IReadOnlyList<string> Spared, DateTimeOffset? WakeAt);

/// <summary>Decides what a service starts and stops: the desired count, by rolling updates. Pure.</summary>
/// <remarks>
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html and, for protected tasks,
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
/// </remarks>
internal static class ServicePlanner
{
    public static ServicePlan Plan(ServiceSnapshot service, DateTimeOffset now, FargateTimes times)
    {
        var wanted = service.Tasks.Where(task => task.IsWanted).ToArray();
        var primary = wanted.Where(task => task.DeploymentId == service.PrimaryDeploymentId).ToArray();
        var older = wanted.Except(primary).ToArray();
        var lower = (int)Math.Ceiling(service.DesiredCount * service.Deployment.MinimumHealthyPercent / 100.0);
        var upper = (int)Math.Floor(service.DesiredCount * service.Deployment.MaximumPercent / 100.0);

        // Which tasks a service stops first when it shrinks is not stated by AWS; here it is the newest, protected ones left out.
        bool IsProtected(ServiceTask task) => now < task.ProtectedUntil;
        var tooMany = Math.Max(0, primary.Length - service.DesiredCount);
        var surplus = primary.Reverse().Where(task => !IsProtected(task)).Take(tooMany).ToArray();
        var sparedSurplus = primary.Reverse().Where(IsProtected).Take(tooMany - surplus.Length);

        // Older tasks that are not healthy go at once; healthy ones while enough healthy ones stay.
        bool IsHealthy(ServiceTask task) => task.RunningSince is { } since && now >= since + times.HealthyAfter;
        var spare = Math.Max(0, wanted.Except(surplus).Count(IsHealthy) - lower);
        ServiceTask[] Replaceable(Func<ServiceTask, bool> which, int healthy) =>
            [.. older.Where(which).Where(task => !IsHealthy(task)), .. older.Where(which).Where(IsHealthy).Take(healthy)];
        var replaced = Replaceable(task => !IsProtected(task), spare);
        ServiceTask[] spared = [.. sparedSurplus, .. Replaceable(IsProtected, Math.Max(0, spare - replaced.Count(IsHealthy)))];

        var lacking = service.DesiredCount - primary.Length;
        var room = upper - (wanted.Length - surplus.Length - replaced.Length);
        var start = Math.Max(0, Math.Min(lacking, room));
        var throttled = start > 0 && now < service.StartNotBefore;

        var healthyLater = older.Except(spared).Count() > replaced.Length
            ? wanted.Where(task => !IsHealthy(task) && task.RunningSince is not null).Min(task => task.RunningSince + times.HealthyAfter)
            : null;
        return new(
            throttled ? 0 : start,
            [.. surplus.Concat(replaced).Select(task => task.TaskArn)],
            [.. spared.Select(task => task.TaskArn)],
            new[] { throttled ? service.StartNotBefore : null, healthyLater, spared.Min(task => task.ProtectedUntil) }.Min());
    }
}
