using System.CommandLine;
using Tidepool.Deployment;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool token rotate</c>.</summary>
internal sealed class TokenCommand
{
    private const int ShortestToken = 16;

    private readonly Option<bool> _stdin = new("--stdin") { Description = "Read the new token from standard input, in place of .env and AZP_TOKEN." };
    private readonly Option<int> _timeout = DeploymentArguments.Minutes("--timeout", "How long to wait for the agents.", 15);

    public static Command Create()
    {
        var token = new TokenCommand();
        var rotate = new Command("rotate", "Checks the new token, puts it into the secret, replaces the tasks, and waits until the new agents are online.")
        {
            token._stdin, token._timeout,
        };
        var arguments = new DeploymentArguments(rotate);
        rotate.SetAction((parsed, ct) => token.RotateAsync(parsed, arguments, ct));
        return new Command("token", "The token that registers the agents.") { rotate };
    }

    private async Task<int> RotateAsync(ParseResult parsed, DeploymentArguments arguments, CancellationToken ct)
    {
        var json = arguments.Json(parsed);
        var view = arguments.View(parsed);
        var given = parsed.GetValue(_stdin) ? await ReadAsync(ct) : null;
        using var deployed = await Deployed.OpenAsync(Installation.Root, DeploymentSettings.ProcessEnvironment(), view, TimeProvider.System, ct);
        var report = await new TokenRotation(deployed).RunAsync(given, TimeSpan.FromMinutes(parsed.GetValue(_timeout)), ct);
        return await DeploymentArguments.EndAsync(
            report,
            view,
            json,
            $"token: {report.Agents.Count} agents are online with the new token.{(given is null ? "" : " Put it into .env too, or the next up puts the old one back.")}");
    }

    private static async Task<Secret> ReadAsync(CancellationToken ct) => (await Console.In.ReadLineAsync(ct))?.Trim() is { Length: >= ShortestToken } token
        ? new Secret(token)
        : throw new ProblemException("DEPLOY008", "Standard input holds no token.", "Give all of it on one line.");
}
