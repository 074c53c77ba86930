using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tidepool.Deployment;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool logs</c>.</summary>
internal sealed class LogsCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Argument<string?> _agent = new("agent")
    {
        Description = "An agent's container (agent-1), or the beginning of its name in the pool (agent-1-0123abcd). Without it, all.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with the lines that come, until Ctrl-C." };
    private readonly Option<int> _since = DeploymentArguments.Minutes("--since", "How far to look back.", 60);
    private readonly Option<bool> _json = new("--json") { Description = "One line of JSON for each line: container, taskId, at, message." };

    public static Command Create()
    {
        var logs = new LogsCommand();
        var command = new Command("logs", "Shows what the agents wrote to CloudWatch Logs, the oldest line first.")
        {
            logs._agent, logs._follow, logs._since, logs._json,
        };
        command.SetAction(logs.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        using var deployed = await Deployed.OpenAsync(
            Installation.Root, DeploymentSettings.ProcessEnvironment(), new DeploymentView(quiet: true, verbose: false), TimeProvider.System, ct);
        var since = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(parsed.GetValue(_since));
        await foreach (var line in new AgentLogs(deployed).ReadAsync(parsed.GetValue(_agent), since, parsed.GetValue(_follow), ct))
        {
            var shown = parsed.GetValue(_json)
                ? JsonSerializer.Serialize(line, Json)
                : string.Create(
                    CultureInfo.InvariantCulture, $"{line.At:HH:mm:ss} {line.Container} {Short(line.TaskId)} | {PlainText.Of(line.Message)}");
            await Console.Out.WriteLineAsync(shown.AsMemory(), ct);
        }

        return (int)ExitCode.Done;
    }

    private static string Short(string taskId) => taskId.Length > 8 ? taskId[..8] : taskId;
}
