using System.Text.Json;
using Tidepool.Deployment.Tests;

namespace Tidepool.Cli.Tests.Deploying;

/// <summary>
/// The whole way and back: the real command line, the real Terraform with its real provider and the configuration as it stands, our ECS
/// endpoint with moto behind it, real agents in it, and the embedded Azure Pipelines service. Only docker is not real: a registry cannot be
/// had offline, so what is pushed is made known to moto's ECR and no image is.
/// </summary>
public sealed class UpSpecs(Moto moto) : IClassFixture<Moto>
{
    private const string Token = "a-token-of-this-test-alone";

    [Fact]
    public async Task Up_brings_the_agents_online_a_second_one_changes_nothing_and_down_leaves_nothing()
    {
        Assert.SkipUnless(Installed.Has("terraform"), "terraform is not installed.");
        using var cloud = new Scratch();
        cloud.Environment["TIDEPOOL_TOKEN"] = Token;
        await using var served = await Served.StartAsync(cloud, "--upstream", moto.Endpoint.AbsoluteUri);
        using var clone = await DeploymentClone.CreateAsync(served.Exports["AWS_ENDPOINT_URL"], served.Exports["AZP_URL"], Token, realTerraform: true);
        if (ProviderMirror.Folder is { } mirror)
        {
            clone.Scratch.Environment["TIDEPOOL_TF_PLUGIN_DIR"] = mirror;
        }

        var plan = await RunAsync(clone, "up", "--plan");
        Assert.Contains("  create module.agents.aws_ecs_service.agents\n", plan.Output, StringComparison.Ordinal);
        Assert.Contains("     23.64   Fargate ARM64, 1 vCPU x 1 task: 730 vCPU-hour at 0.03238 [1]\n", plan.Output, StringComparison.Ordinal);
        Assert.Contains("  [1] https://aws.amazon.com/fargate/pricing/ (2026-09-28)\n", plan.Output, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was changed.\n", plan.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(clone.Root, "terraform", "tidepool.auto.tfvars.json")));

        var up = await RunAsync(clone, "up");
        Assert.Equal("up: 2 agents online in the pool fargate (service agents in us-east-1).\n", up.Output);

        var again = await RunAsync(clone, "up", "--json", "--quiet");
        using (var report = JsonDocument.Parse(again.Output))
        {
            Assert.Equal("", again.Error);
            Assert.False(report.RootElement.GetProperty("changed").GetBoolean());
            Assert.Equal(["checks", "infrastructure", "secret", "image", "service", "agents"], report.RootElement.GetProperty("phases").EnumerateArray().Select(phase => phase.GetProperty("name").GetString()));
            Assert.Equal("no change", report.RootElement.GetProperty("phases")[1].GetProperty("outcome").GetString());
        }

        Assert.Single(clone.Calls, call => call.StartsWith("docker build -f", StringComparison.Ordinal));
        Assert.Contains("plan: nothing to change ", (await RunAsync(clone, "up", "--plan")).Error, StringComparison.Ordinal);

        var status = await RunAsync(clone, "status");
        Assert.StartsWith("service agents in tidepool, us-east-1: ACTIVE, 1 of 1 tasks run, 0 pending\n", status.Output, StringComparison.Ordinal);
        Assert.Equal(2, status.Output.Split('\n').Count(line => line.StartsWith("agent agent-", StringComparison.Ordinal) && line.EndsWith(" online, idle", StringComparison.Ordinal)));
        var task = status.Output.Split('\n').Single(line => line.StartsWith("task ", StringComparison.Ordinal)).Split(' ')[1];

        // Lines come to CloudWatch with a delay.
        var lines = "";
        for (var look = 0; look < 20 && lines.Length == 0; look++)
        {
            lines = (await RunAsync(clone, "logs", $"agent-2-{task[..6]}")).Output;
        }

        Assert.NotEmpty(lines);
        Assert.All(lines.TrimEnd('\n').Split('\n'), line => Assert.Matches($@"^\d\d:\d\d:\d\d agent-2 {task[..8]} \| ", line));
        var stranger = await TidepoolProcess.RunAsync(clone.Scratch, "logs", "agent-7");
        Assert.Equal((2, "DEPLOY007: There is no agent 'agent-7'. Name one of agent-1, agent-2, or an agent's name as ./tidepool status shows it.\n"), (stranger.ExitCode, stranger.Error));

        var rotated = await RunAsync(clone, "token", "rotate");
        Assert.Equal("token: 2 agents are online with the new token.\n", rotated.Output);
        Assert.DoesNotContain($"-{task} is online", rotated.Error, StringComparison.Ordinal);

        var down = await RunAsync(clone, "down", "--yes");
        Assert.Contains("✓ left: nothing ", down.Error, StringComparison.Ordinal);
        Assert.EndsWith("everything destroyed; nothing is left.\n", down.Output, StringComparison.Ordinal);
        Assert.Equal("down: Nothing is deployed: the Terraform state is empty.\n", (await RunAsync(clone, "down", "--yes")).Output);
        var nothing = await TidepoolProcess.RunAsync(clone.Scratch, "status");
        Assert.Equal(2, nothing.ExitCode);
        Assert.StartsWith("DEPLOY004: Nothing is deployed, or not all of it: ", nothing.Error, StringComparison.Ordinal);

        foreach (var file in Directory.EnumerateFiles(clone.Root, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".env" && !file.Contains("/.terraform/", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain(Token, File.ReadAllText(file), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(Token, up.Error + again.Error + rotated.Error + down.Error + string.Join('\n', clone.Calls), StringComparison.Ordinal);
        await served.Process.SignalAsync("TERM");
        Assert.Equal(0, (await served.Process.EndAsync()).ExitCode);
    }

    private static async Task<Outcome> RunAsync(DeploymentClone clone, params string[] arguments)
    {
        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, arguments);
        Assert.True(outcome.ExitCode == 0, $"tidepool {string.Join(' ', arguments)} ended with {outcome.ExitCode}:\n{outcome.Output}\n{outcome.Error}");
        return outcome;
    }
}
