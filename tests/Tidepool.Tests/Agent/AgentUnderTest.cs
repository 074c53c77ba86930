using System.Collections.Concurrent;
using System.Diagnostics;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

/// <summary>The real agent as a process that is not root, the real service, and pipelines to run.</summary>
internal sealed class AgentUnderTest : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly bool IsRoot = Environment.UserName == "root";

    private readonly ConcurrentQueue<string> _log = new();
    private readonly ProcessStartInfo _start;
    private Process _process;

    private AgentUnderTest(PipelinesService service, string folder, string token, ProcessStartInfo start)
    {
        (Service, Folder, Token, _start) = (service, folder, token, start);
        _process = Launch();
    }

    public PipelinesService Service { get; }

    /// <summary>The agent's home; its work folder is <c>_work</c> in it.</summary>
    public string Folder { get; }

    /// <summary>Folder of the supervised agent.</summary>
    public string AgentFolder => Path.Combine(Folder, "azp");

    /// <summary>The token that registers agents, unlike any other text on this machine.</summary>
    public string Token { get; }

    /// <summary>What the agent wrote to its own output and error streams.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Id of the process that was started; as PID 1 of a namespace of its own it is that one's parent.</summary>
    public int Id => _process.Id;

    public static Task<AgentUnderTest> StartAsync(IReadOnlyDictionary<string, string> variables) => StartAsync(_ => variables, null, null);

    /// <summary>Starts the supervisor over an agent in <see cref="AgentFolder"/>.</summary>
    /// <param name="agent">Its two programs.</param>
    public static Task<AgentUnderTest> SuperviseAsync(
        SupervisedScripts agent, IReadOnlyDictionary<string, string>? variables = null, bool asFirstProcess = false) =>
        StartAsync(_ => variables ?? new Dictionary<string, string>(), null, null, agent, asFirstProcess);

    /// <summary>Starts and waits until the agent is online.</summary>
    /// <param name="workFolderBytes">Size of the disk under the work folder; null for that of the machine.</param>
    public static async Task<AgentUnderTest> OnlineAsync(
        IReadOnlyDictionary<string, string>? variables = null,
        Func<PipelinesServiceOptions, PipelinesServiceOptions>? change = null,
        long? workFolderBytes = null) =>
        await OnlineAsync(await StartAsync(_ => variables ?? new Dictionary<string, string>(), change, workFolderBytes));

    /// <summary>The same with variables that are made of the token.</summary>
    public static async Task<AgentUnderTest> OnlineAsync(Func<string, IReadOnlyDictionary<string, string>> variables) =>
        await OnlineAsync(await StartAsync(variables, null, null));

    /// <summary>Starts another process with the same settings.</summary>
    public void StartAgain()
    {
        _process.Dispose();
        _process = Launch();
    }

    /// <summary>Waits until the pool's agents are as wanted.</summary>
    public Task PoolAsync(Func<IReadOnlyList<TaskAgent>, bool> until) =>
        Service.WaitForAgentsAsync(until, TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);

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

    public Task SignalAsync(string signal) => RunAsync("kill", $"-{signal}", $"{_process.Id}");

    /// <summary>Waits for a line of the agent's own output.</summary>
    public async Task LogAsync(string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!_log.Any(line => line.Contains(text, StringComparison.Ordinal)))
        {
            if (limit.IsCancellationRequested)
            {
                Assert.Fail($"The agent did not write \"{text}\" but:\n{string.Join('\n', _log)}");
            }
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                // Looked at once more, then given up.
            }
        }
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // A killed agent leaves its steps behind, so it is asked first.
            await SignalAsync("INT");
            try
            {
                await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        _process.Dispose();
        await Service.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var ran = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = ran.StandardError.ReadToEndAsync();
        var output = await ran.StandardOutput.ReadToEndAsync();
        await errors;
        await ran.WaitForExitAsync();
        return output;
    }

    private static async Task<AgentUnderTest> OnlineAsync(AgentUnderTest agent)
    {
        await agent.PoolAsync(agents => agents is [{ Status: "online" }]);
        return agent;
    }

    private static async Task<AgentUnderTest> StartAsync(
        Func<string, IReadOnlyDictionary<string, string>> variables,
        Func<PipelinesServiceOptions, PipelinesServiceOptions>? change,
        long? workFolderBytes,
        SupervisedScripts? supervised = null,
        bool asFirstProcess = false)
    {
        var binary = await AgentBinary.GetAsync();
        var token = $"pat{Guid.NewGuid():N}";
        var options = new PipelinesServiceOptions { Token = token };
        var service = await PipelinesService.StartAsync(change?.Invoke(options) ?? options, TimeProvider.System, TestContext.Current.CancellationToken);
        var folder = Directory.CreateTempSubdirectory("tidepool-agent-").FullName;
        var own = Path.Combine(folder, "tidepool-agent");
        File.Copy(binary, own);
        Directory.CreateDirectory(Path.Combine(folder, "_work"));
        if (supervised is not null)
        {
            await supervised.WriteAsync(Path.Combine(folder, "azp"), own);
        }
        if (IsRoot)
        {
            await RunAsync("chown", "-R", "1000:1000", folder);
        }

        // Every link of the chain replaces itself by the next, so that the process's id is the agent's.
        string[] small = workFolderBytes is null
            ? []
            : ["unshare", IsRoot ? "-m" : "-rm", "sh", "-c", $"mount -t tmpfs -o size={workFolderBytes},mode=777 none '{folder}/_work' && exec \"$@\"", "sh"];
        string[] plainUser = IsRoot ? ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--inh-caps=-all"] : [];
        string[] first = asFirstProcess ? ["unshare", .. IsRoot ? Array.Empty<string>() : ["--map-root-user"], "--pid", "--fork", "--mount-proc", "--kill-child"] : [];
        string[] command = [.. small, .. first, .. plainUser, own, supervised is null ? "builtin" : "supervise"];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["HOME"] = folder;
        start.Environment["AZP_URL"] = service.OrganizationUrl.ToString();
        start.Environment["AZP_TOKEN"] = token;
        start.Environment["AZP_POOL"] = "fargate";
        start.Environment["AZP_AGENT_FOLDER"] = Path.Combine(folder, "azp");
        start.Environment["FARGATE_CONTAINER"] = "agent-1";
        foreach (var (name, value) in variables(token))
        {
            start.Environment[name] = value;
        }
        return new(service, folder, token, start);
    }

    private Process Launch()
    {
        var launched = Process.Start(_start)!;
        launched.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        launched.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        launched.BeginOutputReadLine();
        launched.BeginErrorReadLine();
        return launched;
    }
}

internal static class RunSnapshotExtensions
{
    public static JobSnapshot Job(this RunSnapshot run, string? name = null) =>
        run.Stages.SelectMany(stage => stage.Jobs).Single(job => name is null || job.Name == name);

    public static StepSnapshot Step(this RunSnapshot run, string name) => run.Stages.SelectMany(stage => stage.Jobs)
        .SelectMany(job => job.Steps).Single(step => step.DisplayName == name);

    /// <summary>Fails with the whole log, or with the reason why there is none.</summary>
    public static void MustBe(this RunSnapshot run, NodeResult result) => Assert.True(
        run.Result == result, $"{run.Result}: {string.Join(' ', run.Stages.SelectMany(stage => stage.Jobs).Select(job => job.Reason))}\n{run.Text()}");

    /// <summary>All lines of all steps.</summary>
    public static string Text(this RunSnapshot run) => string.Join(
        '\n', run.Stages.SelectMany(stage => stage.Jobs).SelectMany(job => job.Steps).SelectMany(step => step.LogLines()));
}
