using System.CommandLine;
using Tidepool.Deployment;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool up</c>.</summary>
internal sealed class UpCommand
{
    private readonly Option<bool> _plan = new("--plan") { Description = "Show what would be made and what it costs a month; change nothing." };

    private readonly Option<string?> _image = new("--image")
    {
        Description = "Take an image of your own, which the tasks can pull, and build none.",
        HelpName = "REPOSITORY:TAG",
    };

    private readonly Option<int> _timeout = DeploymentArguments.Minutes("--timeout", "How long to wait for the agents.", 15);

    public static Command Create()
    {
        var up = new UpCommand();
        var command = new Command(
            "up",
            "Brings the agents up on AWS: infrastructure, secret, image, service; waits until they are online. Run again, it goes on or changes nothing.")
        {
            up._plan, up._image, up._timeout,
        };
        var arguments = new DeploymentArguments(command);
        command.SetAction((parsed, ct) => up.RunAsync(parsed, arguments, ct));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, DeploymentArguments arguments, CancellationToken ct)
    {
        var json = arguments.Json(parsed);
        var view = arguments.View(parsed);
        var options = new UpOptions { Image = parsed.GetValue(_image), Limit = TimeSpan.FromMinutes(parsed.GetValue(_timeout)) };
        var bringUp = new BringUp(Installation.Root, DeploymentSettings.ProcessEnvironment(), view, TimeProvider.System);
        if (parsed.GetValue(_plan))
        {
            var plan = await bringUp.PlanAsync(options, ct);
            if (plan.Ok && json is not { IsStandardOutput: true })
            {
                foreach (var change in plan.Changes)
                {
                    Console.Out.WriteLine($"  {change.Action} {change.Resource}");
                }

                DeploymentView.ShowCost(plan.Cost!);
            }

            return await DeploymentArguments.EndAsync(plan, view, json, "Nothing was changed.");
        }

        var report = await bringUp.RunAsync(options, ct);
        return await DeploymentArguments.EndAsync(report, view, json, Done(report));
    }

    private static string Done(UpReport report)
    {
        var agents = $"{report.Agents.Count} agent{(report.Agents.Count == 1 ? "" : "s")}";
        var what = $"{agents} online in the pool {report.Pool} (service {report.Service} in {report.Region}).";
        return report.Changed ? $"up: {what}" : $"up: nothing changed; {what}";
    }
}
