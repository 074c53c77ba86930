using System.CommandLine;
using Tidepool.Deployment;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command(
            "status",
            "Shows the service, its tasks and containers, and the agents in the pool with the job that each runs. Exit code 1 when agents are missing.");
        var arguments = new DeploymentArguments(command);
        command.SetAction((parsed, ct) => RunAsync(parsed, arguments, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, DeploymentArguments arguments, CancellationToken ct)
    {
        var json = arguments.Json(parsed);
        using var deployed = await Deployed.OpenAsync(Installation.Root, DeploymentSettings.ProcessEnvironment(), arguments.View(parsed), TimeProvider.System, ct);
        var status = await DeploymentStatus.ReadAsync(deployed, ct);
        if (json is null or { IsStandardOutput: false })
        {
            Show(status);
        }

        if (json is not null)
        {
            await json.WriteAsync(status.ToJson(), ct);
        }

        return (int)(status.Ok ? ExitCode.Done : ExitCode.Failed);
    }

    private static void Show(DeploymentStatus status)
    {
        Say($"service {status.Service} in {status.Cluster}, {status.Region}: {status.Status}, "
            + $"{status.Running} of {status.Desired} tasks run, {status.Pending} pending");
        Say($"  image {status.Image}");
        foreach (var deployment in status.Deployments)
        {
            Say($"  deployment {deployment.Status} {deployment.RolloutState} of {deployment.TaskDefinition}: "
                + $"{deployment.Running} of {deployment.Desired} run, {deployment.Failed} failed");
        }

        foreach (var task in status.Tasks)
        {
            var wish = task.DesiredStatus == task.LastStatus ? "" : $", to be {task.DesiredStatus}";
            Say($"task {task.Id} {task.LastStatus}{wish} of {task.TaskDefinition}{Because(task)}");
            foreach (var container in task.Containers)
            {
                var exit = container.ExitCode is { } code ? $", exit code {code}" : "";
                Say($"  {container.Name} {container.Status}{exit}{(container.Reason is { } reason ? $": {reason}" : "")}");
            }
        }

        foreach (var agent in status.Agents)
        {
            var work = agent.Job is { } job ? $", runs {job}" : agent.Status == "online" ? ", idle" : "";
            Say($"agent {agent.Name} {agent.Status}{(agent.Enabled ? "" : ", takes no jobs")}{work}");
        }

        if (status.Agents.Count == 0)
        {
            Say($"no agent of this deployment is in the pool {status.Pool}");
        }

        if (!status.Ok)
        {
            foreach (var happened in status.LastEvents)
            {
                Say($"event: {happened}");
            }
        }
    }

    private static string Because(TaskReport task) => (task.StopCode, task.StoppedReason) switch
    {
        (null, null) => "",
        (var code, null) => $": {code}",
        (null, var reason) => $": {reason}",
        (var code, var reason) => $": {code}: {reason}",
    };

    private static void Say(string text) => Console.Out.WriteLine(PlainText.Of(text));
}
