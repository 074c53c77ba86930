using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Tidepool.AgentProtocol;
using Tidepool.Deployment.Tests;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>Microsoft's client for Node drives the service as it drives Azure DevOps. The client comes from npm when the test runs.</summary>
public sealed class NodeClientSpecs : IDisposable
{
    private const string Yaml =
        """
        parameters:
        - name: colour
          type: string
          default: red
        steps:
        - checkout: none
        - script: echo ${{ parameters.colour }} $(shape) $(word)
          displayName: say it

        """;

    private static readonly string Client = Path.Combine(Clone.Root, "tests", "node-client");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-node-client-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_Node_client_drives_a_whole_run()
    {
        Assert.SkipUnless(Installed.Has("node") && Installed.Has("npm"), "node and npm are not installed.");
        var modules = await InstallAsync();
        await using var tested = await ServiceUnderTest.StartAsync(options => options with { WorkFolder = Path.Combine(_folder.FullName, "work"), WaitForAgents = true });
        await PushedRepository.MakeAsync(tested, "site", Path.Combine(_folder.FullName, "clone"), ("azure-pipelines.yml", Yaml));
        var agent = await tested.OnlineAgentAsync("a", ("COLOUR", "blue"));
        using var over = new CancellationTokenSource();
        var working = WorkAsync(agent, over.Token);

        var (exitCode, output) = await RunAsync("node", Client, ["drive.cjs", $"{tested.Service.OrganizationUrl}"], new()
        {
            ["NODE_PATH"] = modules,
            ["TIDEPOOL_TOKEN"] = ServiceUnderTest.Token,
        });

        await over.CancelAsync();
        await agent.CloseSessionAsync();
        await working;
        Assert.True(exitCode == 0, output);
        Assert.EndsWith("done\n", output);
    }

    /// <summary>Puts the client under <c>artifacts/</c> of the clone, once for each lock file.</summary>
    private static async Task<string> InstallAsync()
    {
        var locked = await File.ReadAllTextAsync(Path.Combine(Client, "package-lock.json"), Ct);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(locked)))[..12];
        var place = Path.Combine(Clone.Root, "artifacts", "node-client", name);
        if (!Directory.Exists(place))
        {
            var making = Directory.CreateDirectory($"{place}.{Guid.NewGuid():N}").FullName;
            foreach (var file in new[] { "package.json", "package-lock.json" })
            {
                File.Copy(Path.Combine(Client, file), Path.Combine(making, file));
            }

            var (exitCode, output) = await RunAsync("npm", making, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], []);
            if (exitCode != 0)
            {
                Directory.Delete(making, recursive: true);
                Assert.SkipWhen(IsUnreachable(output), $"npm's registry cannot be reached: {output.Trim()}");
                Assert.Fail(output);
            }

            try
            {
                Directory.Move(making, place);
            }
            catch (IOException) when (Directory.Exists(place))
            {
                Directory.Delete(making, recursive: true);
            }
        }

        return Path.Combine(place, "node_modules");
    }

    private static bool IsUnreachable(string output) =>
        new[] { "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "ENETUNREACH" }.Any(output.Contains);

    /// <summary>Does each job's one script, as the driver expects of it; one that waits is done when it is cancelled.</summary>
    private static async Task WorkAsync(ScriptedAgent agent, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (await TryPollAsync(agent, over) is not { MessageType: TaskAgentMessage.JobRequest } message)
            {
                continue;
            }

            var job = new ScriptedJob(agent, agent.Job(message));
            await job.RenewAsync();
            await agent.DeleteMessageAsync(message.MessageId);
            if (job.Message.Variables.ContainsKey("wait"))
            {
                await job.StartStepAsync("CmdLine");
                var cancel = await agent.PollAsync();
                Assert.Equal(TaskAgentMessage.JobCancellation, cancel?.MessageType);
                await agent.DeleteMessageAsync(cancel!.MessageId);
                await job.CompleteAsync("canceled");
                continue;
            }

            await job.RunStepAsync("CmdLine", lines: ["green round hush"]);
            await job.PostLogAsync(job.Step("CmdLine").Id, "2026-01-01T00:00:00.0000000Z first\ngreen round hush\n");
            await job.UploadAsync("drop/inner/a.txt", "content of a");
            await job.AssociateAsync("drop");
            await job.NumberAsync("released-1");
            await job.TagAsync("green");
            await job.CompleteAsync();
        }
    }

    private static async Task<TaskAgentMessage?> TryPollAsync(ScriptedAgent agent, CancellationToken over)
    {
        try
        {
            return await agent.PollAsync();
        }
        catch (HttpRequestException) when (over.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string folder, string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await errors + await output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
