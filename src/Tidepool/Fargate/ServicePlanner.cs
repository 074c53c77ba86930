namespace Tidepool.Fargate;

/// <summary>Decides what a service starts and stops: the desired count, by rolling updates. Pure.</summary>
/// <remarks>
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html; for unhealthy tasks
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html and, for protected ones,
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
/// </remarks>
internal static class ServicePlanner
{
    public static ServicePlan Plan(ServiceSnapshot service, DateTimeOffset now, FargateTimes times)
    {
        bool IsProtected(ServiceTask task) => now < task.ProtectedUntil;
        bool IsHealthy(ServiceTask task) => task.IsHealthy(now, times);

        var wanted = service.Tasks.Where(task => task.IsWanted).ToArray();
        var primary = wanted.Where(task => task.DeploymentId == service.PrimaryDeploymentId).ToArray();
        var unhealthy = primary.Where(task => task.IsUnhealthy).ToArray();
        var others = primary.Except(unhealthy).ToArray();
        var older = wanted.Except(primary).ToArray();
        var lower = (int)Math.Ceiling(service.DesiredCount * service.Deployment.MinimumHealthyPercent / 100.0);
        var upper = (int)Math.Floor(service.DesiredCount * service.Deployment.MaximumPercent / 100.0);

        // Which tasks a service stops first when it shrinks is not stated by AWS; here it is the newest, protected ones left out.
        var tooMany = Math.Max(0, others.Length - service.DesiredCount);
        var surplus = others.Reverse().Where(task => !IsProtected(task)).Take(tooMany).ToArray();
        var sparedSurplus = others.Reverse().Where(IsProtected).Take(tooMany - surplus.Length);

        // Older tasks that are not healthy go at once; healthy ones while enough healthy ones stay.
        var spare = Math.Max(0, wanted.Except(surplus).Count(IsHealthy) - lower);
        ServiceTask[] Replaceable(Func<ServiceTask, bool> which, int healthy) =>
            [.. older.Where(which).Where(task => !IsHealthy(task)), .. older.Where(which).Where(IsHealthy).Take(healthy)];
        var stalled = service is { IsFailed: true, DesiredCount: > 0 };
        ServiceTask[] replaced = stalled ? [] : Replaceable(task => !IsProtected(task), spare);
        ServiceTask[] spared = stalled
            ? [.. sparedSurplus]
            : [.. sparedSurplus, .. Replaceable(IsProtected, Math.Max(0, spare - replaced.Count(IsHealthy)))];

        // An unhealthy task goes when its replacement is healthy. That protection does not keep it is inferred.
        var kept = Math.Max(0, service.DesiredCount - others.Count(IsHealthy));
        var cured = Math.Max(0, unhealthy.Length - kept);
        var lacking = service.IsFailed ? 0 : service.DesiredCount - others.Length;
        var room = upper - (wanted.Length - surplus.Length - replaced.Length - cured);
        var throttled = lacking > 0 && now < service.StartNotBefore;
        if (lacking > 0 && room <= 0 && cured == 0 && unhealthy.Length > 0 && !throttled && others.All(IsHealthy))
        {
            // One at a time makes room for its own replacement.
            (cured, room) = (1, room + 1);
        }

        var start = Math.Max(0, Math.Min(lacking, room));
        throttled = start > 0 && throttled;
        return new()
        {
            Start = throttled ? 0 : start,
            Replacements = throttled ? 0 : Math.Min(start, unhealthy.Length),
            Stop = [.. surplus.Concat(replaced).Select(task => task.TaskArn)],
            Unhealthy = [.. unhealthy.Take(cured).Select(task => task.TaskArn)],
            Spared = [.. spared.Select(task => task.TaskArn)],
            WakeAt = new[]
            {
                throttled ? service.StartNotBefore : null,
                wanted.Where(task => !IsHealthy(task)).Min(task => task.HealthyAt(times)),
                spared.Min(task => task.ProtectedUntil),
            }.Min(),
        };
    }
}
