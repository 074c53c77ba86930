using System.Text.Encodings.Web;
using System.Text.Json;
using Tidepool.Fargate;
using Tidepool.Rehearsal;

namespace Tidepool.Cli;

/// <summary>Shows where an environment is that serves other programs on standard output, and what its tasks do on standard error.</summary>
internal sealed class ServeView : IProgress<RehearsalEvent>
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // By SIGKILL and SIGTERM: how a container ends that is stopped.
    private const int Killed = 137;
    private const int Terminated = 143;

    private readonly Lock _writing = new();
    private bool _quiet;

    public void Report(RehearsalEvent value)
    {
        var line = value switch
        {
            Said(var text) => text,
            TaskSeen({ Kind: TaskStateChangeKind.Task } change)
                when (change.Status, change.DesiredStatus) is (EcsTaskStatus.Running, EcsTaskStatus.Running) or (EcsTaskStatus.Stopped, _) =>
                $"task {RehearsalEnvironment.TaskId(change.TaskArn)} {change.Status}{(change.Reason is { } reason ? $": {reason}" : "")}",
            TaskSeen({ Kind: TaskStateChangeKind.Container, Status: EcsTaskStatus.Stopped, ExitCode: { } code and not (0 or Killed or Terminated) } change) =>
                $"container {change.ContainerName} of task {RehearsalEnvironment.TaskId(change.TaskArn)} exited with {code}",
            TaskSeen({ Kind: TaskStateChangeKind.ContainerRestart } change) =>
                $"container {change.ContainerName} of task {RehearsalEnvironment.TaskId(change.TaskArn)} is restarted in place",
            TaskSeen({ Kind: TaskStateChangeKind.Notice } change) => change.Reason,
            _ => null,
        };
        if (line is null)
        {
            return;
        }

        lock (_writing)
        {
            try
            {
                if (!_quiet)
                {
                    Console.Error.WriteLine(PlainText.Of(line));
                }
            }
            catch (IOException)
            {
                // Standard error is full or its terminal is gone; those who are served do not depend on it.
                _quiet = true;
            }
        }
    }

    /// <summary>Says how to use the environment: lines to paste into a shell and <c>ready</c>, or one line of JSON.</summary>
    public static void ShowReady(ServedEnvironment environment, string region, bool hasToken, bool json)
    {
        var endpoint = environment.Ecs.Url.AbsoluteUri.TrimEnd('/');
        var variables = new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL"] = endpoint,
            ["AWS_ACCESS_KEY_ID"] = "local",
            ["AWS_SECRET_ACCESS_KEY"] = "local",
            ["AWS_REGION"] = region,

            // Version 1 of the aws command line reads only this one.
            ["AWS_DEFAULT_REGION"] = region,
            ["AZP_URL"] = environment.Pipelines.OrganizationUrl.AbsoluteUri,
            ["AZP_POOL"] = environment.Pipelines.Pool,
        };
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { Ready = true, Exports = variables, Runtime = environment.Fargate.Runtime.Name, environment.Folder }, Json));
            return;
        }

        foreach (var (name, value) in variables)
        {
            Console.Out.WriteLine($"export {name}={value}");
        }

        Console.Out.WriteLine(hasToken
            ? "# agents register with the token in TIDEPOOL_TOKEN"
            : "# TIDEPOOL_TOKEN was not set: the token that registers agents is only to be had by tasks");
        Console.Out.WriteLine($"# a container gets it as a secret with valueFrom {ServedEnvironment.TokenSecret}");
        Console.Out.WriteLine($"# volumes, and logs of containers with a logConfiguration, are in {environment.Folder}");
        Console.Out.WriteLine("ready");
    }
}
