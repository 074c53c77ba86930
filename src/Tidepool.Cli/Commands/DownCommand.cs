using System.CommandLine;
using Tidepool.Deployment;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool down</c>.</summary>
internal sealed class DownCommand
{
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask." };
    private readonly Option<bool> _force = new("--force") { Description = "Do not wait for running jobs: they are cancelled. Goes on without Azure DevOps where its token or pool is gone." };
    private readonly Option<int> _drain = DeploymentArguments.Minutes("--drain", "How long running jobs may go on.", 30);

    public static Command Create()
    {
        var down = new DownCommand();
        var command = new Command("down", "Takes the agents away: waits for their jobs, removes them from the pool, empties the repository, destroys all that up made, and lists what is left.")
        {
            down._yes, down._force, down._drain,
        };
        var arguments = new DeploymentArguments(command);
        command.SetAction((parsed, ct) => down.RunAsync(parsed, arguments, ct));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, DeploymentArguments arguments, CancellationToken ct)
    {
        var json = arguments.Json(parsed);
        var view = arguments.View(parsed);
        var isSure = parsed.GetValue(_yes);
        if (!isSure && Console.IsInputRedirected)
        {
            throw new ProblemException("DEPLOY003", "This would destroy the deployment, and there is no terminal to ask at.", "Run it in a terminal, or with --yes.");
        }

        using var deployed = await Deployed.OpenAsync(Installation.Root, DeploymentSettings.ProcessEnvironment(), view, TimeProvider.System, ct);
        var bringDown = new BringDown(deployed);
        if (!isSure && await bringDown.PreviewAsync(ct) is { Resources: > 0, Text: var text })
        {
            Console.Error.Write($"This destroys {text}. Go on? [y/N] ");
            if (await Console.In.ReadLineAsync(ct) is not ("y" or "Y" or "yes"))
            {
                Console.Error.WriteLine("Nothing was changed.");
                return (int)ExitCode.Failed;
            }
        }

        var report = await bringDown.RunAsync(new DownOptions { Force = parsed.GetValue(_force), Drain = TimeSpan.FromMinutes(parsed.GetValue(_drain)) }, ct);
        if (json is not { IsStandardOutput: true })
        {
            foreach (var thing in report.Left)
            {
                Console.Out.WriteLine($"left: {thing}");
            }
        }

        return await DeploymentArguments.EndAsync(report, view, json, Done(report));
    }

    private static string Done(DownReport report)
    {
        if (report.Phases.Count == 0)
        {
            return $"down: {string.Join(" ", report.Standing)}";
        }

        var agents = report.RemovedAgents.Count == 0 ? "the agents left the pool" : $"{report.RemovedAgents.Count} agents removed from the pool";
        var left = report.Left.Count == 0 ? "nothing is left." : $"{report.Left.Count} left.";
        return $"down: {agents}, {report.RemovedImages} images removed, everything destroyed; {left}";
    }
}
