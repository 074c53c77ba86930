using System.Collections.Concurrent;
using System.Diagnostics;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

/// <summary>The real agent as a process that is not root, the real service, and pipelines to run.</summary>
internal sealed class AgentUnderTest : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly bool IsRoot = Environment.UserName == "root";

    private readonly Process process;
    private readonly ConcurrentQueue<string> log = new();

    private AgentUnderTest(PipelinesService service, string folder, string token, Process process)
    {
        (Service, Folder, Token, this.process) = (service, folder, token, process);
        process.OutputDataReceived += (_, line) => log.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => log.Enqueue(line.Data ?? "");
    }

    public PipelinesService Service { get; }

    /// <summary>The agent's home; its work folder is <c>_work</c> in it.</summary>
    public string Folder { get; }

    /// <summary>The token that registers agents, unlike any other text on this machine.</summary>
    public string Token { get; }

    public int ProcessId => process.Id;

    /// <summary>What the agent wrote to its own output and error streams.</summary>
    public IReadOnlyCollection<string> Log => log;

    public static async Task<AgentUnderTest> StartAsync(
        IReadOnlyDictionary<string, string>? variables = null, Func<PipelinesServiceOptions, PipelinesServiceOptions>? change = null)
    {
        var ct = TestContext.Current.CancellationToken;
        var binary = await AgentBinary.GetAsync();
        var token = $"pat{Guid.NewGuid():N}";
        var options = new PipelinesServiceOptions { Token = token };
        var service = await PipelinesService.StartAsync(change?.Invoke(options) ?? options, TimeProvider.System, ct);
        var folder = Directory.CreateTempSubdirectory("tidepool-agent-").FullName;
        var own = Path.Combine(folder, "tidepool-agent");
        File.Copy(binary, own);
        if (IsRoot)
        {
            await RunAsync("chown", "-R", "1000:1000", folder);
        }

        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        string[] command = IsRoot
            ? ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--inh-caps=-all", own, "builtin"]
            : [own, "builtin"];
        start.FileName = command[0];
        command.Skip(1).ToList().ForEach(start.ArgumentList.Add);
        start.Environment.Clear();
        foreach (var (name, value) in new Dictionary<string, string>(variables ?? new Dictionary<string, string>())
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = folder,
            ["AZP_URL"] = service.OrganizationUrl.ToString(),
            ["AZP_TOKEN"] = token,
            ["AZP_POOL"] = "fargate",
        })
        {
            start.Environment.TryAdd(name, value);
        }
        var agent = new AgentUnderTest(service, folder, token, Process.Start(start)!);
        agent.process.BeginOutputReadLine();
        agent.process.BeginErrorReadLine();
        return agent;
    }

    /// <summary>Starts and waits until the agent is online.</summary>
    public static async Task<AgentUnderTest> OnlineAsync(
        IReadOnlyDictionary<string, string>? variables = null, Func<PipelinesServiceOptions, PipelinesServiceOptions>? change = null)
    {
        var agent = await StartAsync(variables, change);
        await agent.Service.WaitForAgentsAsync(agents => agents is [{ Status: "online" }], TestContext.Current.CancellationToken).WaitAsync(Limit);
        return agent;
    }

    public PipelineRun Queue(string yaml, Func<RunRequest, RunRequest>? change = null)
    {
        var request = new RunRequest
        {
            Pipeline = PipelineReader.Read("/test.yml", yaml, new Dictionary<string, string>(), new Dictionary<string, string>()),
            DefinitionName = "test",
            RepositoryName = "site",
            SourceVersion = new('a', 40),
            SourceBranch = "refs/heads/main",
        };
        return Service.QueueRun(change?.Invoke(request) ?? request);
    }

    /// <summary>Runs a pipeline to its end.</summary>
    public async Task<RunSnapshot> RunAsync(string yaml, Func<RunRequest, RunRequest>? change = null)
    {
        var run = Queue(yaml, change);
        await run.Completion.WaitAsync(Limit, TestContext.Current.CancellationToken);
        return run.Snapshot();
    }

    /// <summary>Waits for a line of a run's log.</summary>
    public static async Task LineAsync(PipelineRun run, string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await foreach (var happened in run.ReadEventsAsync(limit.Token))
        {
            if (happened is LogLine line && line.Text.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }
        Assert.Fail($"The run ended without the line {text}.");
    }

    public Task SignalAsync(string signal) => RunAsync("kill", $"-{signal}", $"{process.Id}");

    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            // A killed agent leaves its steps behind, so it is asked first.
            await SignalAsync("INT");
            try
            {
                await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        process.Dispose();
        await Service.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var ran = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await ran.StandardOutput.ReadToEndAsync();
        await ran.WaitForExitAsync();
        return output;
    }
}

internal static class RunSnapshotExtensions
{
    public static JobSnapshot Job(this RunSnapshot run, string? name = null) =>
        run.Stages.SelectMany(stage => stage.Jobs).Single(job => name is null || job.Name == name);

    public static StepSnapshot Step(this RunSnapshot run, string name) => run.Stages.SelectMany(stage => stage.Jobs)
        .SelectMany(job => job.Steps).Single(step => step.DisplayName == name);

    /// <summary>All lines of all steps.</summary>
    public static string Text(this RunSnapshot run) => string.Join(
        '\n', run.Stages.SelectMany(stage => stage.Jobs).SelectMany(job => job.Steps).SelectMany(step => step.LogLines()));
}
