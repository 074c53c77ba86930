using System.Text;
using Tidepool.AgentProtocol;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Infrastructure;

namespace Tidepool.Deployment;

/// <summary>Waits until the service's agents are online in the pool, and says why when they do not come.</summary>
internal sealed class AgentWait(Deployed deployed, TerraformOutputs outputs)
{
    private const int Events = 5;
    private const int StoppedTasks = 2;
    private const int LogLines = 10;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly HashSet<string> _reported = [];

    /// <param name="limit">How long to wait.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The agents that are online.</returns>
    /// <exception cref="ProblemException">
    /// DEPLOY001: they were not online in time. DEPLOY002: ECS gave the deployment up. DEPLOY011: there is no such service.
    /// </exception>
    public async Task<IReadOnlyList<TaskAgent>> RunAsync(TimeSpan limit, CancellationToken ct)
    {
        var pool = await deployed.Organization.GetPoolAsync(deployed.Settings.Pool, ct);
        var until = deployed.Clock.GetUtcNow() + limit;
        using var timer = new PeriodicTimer(LookInterval, deployed.Clock);
        while (true)
        {
            var service = await ServiceAsync(ct);
            var tasks = await deployed.TasksAsync(outputs, ct);
            var current = Current(service, tasks);
            ReportStopped(tasks);
            var online = (await deployed.Organization.ListAgentsAsync(pool.Id, ct))
                .Where(agent => agent.Status == "online" && Deployed.Capability(agent, "FARGATE_TASK") is { } task && current.Contains(task))
                .ToArray();
            var wanted = service.DesiredCount * outputs.AgentsPerTask;
            var earlier = online.Count(agent => _reported.Contains(agent.Name));
            foreach (var agent in online.Where(agent => _reported.Add(agent.Name)))
            {
                deployed.Progress.Report(new AgentOnline(agent.Name, Deployed.Capability(agent, "FARGATE_TASK")!, ++earlier, wanted));
            }

            if (online.Length >= wanted && service.TaskDefinition == outputs.TaskDefinitionArn)
            {
                return online;
            }

            if (WhyGivenUp(service) is { } why)
            {
                throw new ProblemException(
                    "DEPLOY002",
                    $"ECS gave the deployment up: {why}{await StoryAsync(service, tasks, online, ct)}",
                    "Mend what the tasks say, then run ./tidepool up again.");
            }

            if (deployed.Clock.GetUtcNow() >= until)
            {
                var story = await StoryAsync(service, tasks, online, ct);
                throw new ProblemException(
                    "DEPLOY001",
                    $"Only {online.Length} of {wanted} agents were online in {deployed.Settings.Pool} after {limit.TotalMinutes:0.#} minutes.{story}",
                    "Mend what they say, then run ./tidepool up again; ./tidepool logs shows more.");
            }

            await timer.WaitForNextTickAsync(ct);
        }
    }

    private async Task<EcsService> ServiceAsync(CancellationToken ct) =>
        await deployed.Ecs.DescribeServiceAsync(outputs.ClusterName, outputs.ServiceName, ct) is { Status: "ACTIVE" } service
            ? service
            : throw new ProblemException(
                "DEPLOY011",
                $"The cluster {outputs.ClusterName} in {outputs.Region} has no active service {outputs.ServiceName}, though the Terraform state has it.",
                "Someone removed it: run ./tidepool up, which makes it anew.");

    /// <summary>The ids of the tasks of the newest deployment that are to run.</summary>
    private static HashSet<string> Current(EcsService service, IReadOnlyList<EcsTask> tasks)
    {
        var primary = service.Deployments?.FirstOrDefault(deployment => deployment.Status == "PRIMARY");
        return
        [
            .. tasks.Where(task => task.DesiredStatus == "RUNNING"
                    && task.TaskDefinitionArn == (primary?.TaskDefinition ?? service.TaskDefinition)
                    // A forced deployment has the task definition of the one before it. ECS keeps milliseconds.
                    && (primary?.CreatedAt is not { } since || task.CreatedAt is not { } created || created > since - TimeSpan.FromSeconds(1)))
                .Select(task => task.TaskId),
        ];
    }

    /// <summary>The circuit breaker tripped; with roll-back on, the service has another task definition by then.</summary>
    private string? WhyGivenUp(EcsService service) =>
        service.Deployments?.FirstOrDefault(deployment =>
            deployment is { RolloutState: "FAILED", Status: "PRIMARY" or "ACTIVE" } && deployment.TaskDefinition == outputs.TaskDefinitionArn) is { } failed
            ? Sentence(failed.RolloutStateReason ?? $"{failed.FailedTasks} tasks failed to start")
            : service.TaskDefinition != outputs.TaskDefinitionArn ? $"it rolled back to {service.TaskDefinition[(service.TaskDefinition.LastIndexOf('/') + 1)..]}."
            : null;

    private void ReportStopped(IReadOnlyList<EcsTask> tasks)
    {
        var stopped = tasks.Where(task => task.LastStatus == "STOPPED" && IsOurs(task) && task.StopCode != "ServiceSchedulerInitiated");
        foreach (var task in stopped.Where(task => _reported.Add(task.TaskArn)))
        {
            deployed.Progress.Report(new Said($"task {Short(task.TaskId)} stopped: {Reason(task)}"));
        }
    }

    private bool IsOurs(EcsTask task) => task.TaskDefinitionArn == outputs.TaskDefinitionArn;

    /// <summary>What the service, the tasks and the agents that never came say, each on its own line.</summary>
    private async Task<string> StoryAsync(EcsService service, IReadOnlyList<EcsTask> tasks, IReadOnlyList<TaskAgent> online, CancellationToken ct)
    {
        var story = new StringBuilder();
        foreach (var happened in (service.Events ?? []).Take(Events).Reverse())
        {
            story.Append($"\n  service: {happened.Message}");
        }

        var stopped = tasks.Where(task => task.LastStatus == "STOPPED" && IsOurs(task)).OrderByDescending(task => task.StoppedAt).Take(StoppedTasks);
        var missing = tasks.Where(task => task.LastStatus != "STOPPED" && IsOurs(task));
        foreach (var task in stopped.Reverse().Concat(missing))
        {
            story.Append($"\n  task {Short(task.TaskId)} {task.LastStatus}{(task.LastStatus == "STOPPED" ? $": {Reason(task)}" : "")}");
            foreach (var container in (task.Containers ?? []).OrderBy(container => container.Name, StringComparer.Ordinal))
            {
                if (online.Any(agent =>
                    Deployed.Capability(agent, "FARGATE_TASK") == task.TaskId && Deployed.Capability(agent, "FARGATE_CONTAINER") == container.Name))
                {
                    continue;
                }

                var exit = container.ExitCode is { } code ? $", exit code {code}" : "";
                story.Append($"\n    {container.Name} {container.LastStatus}{exit}{(container.Reason is { } reason ? $", {reason}" : "")}");
                foreach (var line in await LastLinesAsync(container.Name, task.TaskId, ct))
                {
                    story.Append($"\n      | {line}");
                }
            }
        }

        return story.Length == 0 ? " ECS started no task and says nothing." : story.Append("\n ").ToString();
    }

    private async Task<IEnumerable<string>> LastLinesAsync(string container, string taskId, CancellationToken ct)
    {
        if (!outputs.LogGroups.TryGetValue(container, out var group))
        {
            return [];
        }

        var streams = await deployed.Logs.NewestStreamsAsync(group, 50, ct);
        return streams.FirstOrDefault(stream => stream.LogStreamName.EndsWith($"/{taskId}", StringComparison.Ordinal)) is { } stream
            ? (await deployed.Logs.TailAsync(group, stream.LogStreamName, LogLines, ct)).Select(line => line.Message)
            : [];
    }

    private static string Reason(EcsTask task) =>
        Sentence(string.Join(": ", new[] { task.StopCode, task.StoppedReason }.Where(part => !string.IsNullOrEmpty(part))));

    private static string Sentence(string text) => text.Length == 0 || text.EndsWith('.') ? text : text + ".";

    private static string Short(string taskId) => taskId.Length > 8 ? taskId[..8] : taskId;
}
