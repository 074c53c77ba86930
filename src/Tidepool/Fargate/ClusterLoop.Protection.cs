using Tidepool.Tasks;

namespace Tidepool.Fargate;

internal sealed partial class ClusterLoop
{
    private const int DefaultProtectionMinutes = 120;
    private const int MaxProtectionMinutes = 2880;

    /// <summary>Protects tasks from scale-in and deployments, or lets go of them.</summary>
    /// <param name="tasks">Ids or ARNs.</param>
    /// <param name="enabled">Whether to protect them.</param>
    /// <param name="minutes">Until the protection ends by itself, 1 to 2880; null for 120.</param>
    /// <param name="ct">Ends the wait for the answer.</param>
    /// <exception cref="EcsException">The minutes are out of their range.</exception>
    public Task<TaskProtectionResponse> ProtectAsync(IReadOnlyList<string> tasks, bool enabled, long? minutes, CancellationToken ct) =>
        minutes is < 1 or > MaxProtectionMinutes

            // Inferred text; the range is stated by AWS.
            ? throw new EcsException(EcsErrorType.InvalidParameterException, $"expiresInMinutes must be between 1 and {MaxProtectionMinutes}.")
            : AskAsync(() => Protect(tasks, enabled ? _parts.Clock.GetUtcNow().AddMinutes(minutes ?? DefaultProtectionMinutes) : null), ct);

    /// <summary>Tells which tasks are protected. Only in the loop.</summary>
    /// <param name="tasks">Ids or ARNs.</param>
    public TaskProtectionResponse DescribeProtection(IReadOnlyList<string> tasks) => ForTasks(tasks, _ => null);

    private TaskProtectionResponse Protect(IReadOnlyList<string> tasks, DateTimeOffset? until) => ForTasks(tasks, life =>
    {
        if (until is not null && IsBlocked(life))
        {
            return "DEPLOYMENT_BLOCKED";
        }

        Update(life.Task.TaskArn, found => found with { ProtectedUntil = until });
        return null;
    });

    private TaskProtectionResponse ForTasks(IReadOnlyList<string> tasks, Func<TaskLife, string?> refuse)
    {
        var now = _parts.Clock.GetUtcNow();
        var (found, failures) = (new List<ProtectedTask>(), new List<EcsFailure>());
        foreach (var arn in tasks.Select(task => _parts.Arns.EcsTask(Name, EcsArns.NameOf(task))))
        {
            if (ReasonAgainst(arn, refuse) is { } reason)
            {
                failures.Add(new(arn, reason));
            }
            else
            {
                var life = _tasks[arn];
                found.Add(new(arn, life.IsProtected(now), life.IsProtected(now) ? life.ProtectedUntil : null));
            }
        }

        return new(found, failures);
    }

    // That a task without a service is not valid is stated by AWS; that a task which is not there is MISSING, and that one which is to
    // stop is not valid either, is inferred.
    private string? ReasonAgainst(string arn, Func<TaskLife, string?> refuse) => _tasks.GetValueOrDefault(arn) switch
    {
        null => "MISSING",
        { Service: null } or { IsWanted: false } => "TASK_NOT_VALID",
        var life => refuse(life),
    };

    // A service may not have more protected tasks than it wants.
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
    private bool IsBlocked(TaskLife life)
    {
        var now = _parts.Clock.GetUtcNow();
        return !life.IsProtected(now)
            && TasksOf(life.Service!).Count(task => task.IsWanted && task.IsProtected(now)) >= _services[life.Service!].Service.DesiredCount;
    }
}
