using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>A service on a free port, with a clock that a test may move, and pipelines to run in it.</summary>
internal sealed class ServiceUnderTest : IAsyncDisposable
{
    public const string Token = "pat-of-this-test";

    // Making a key takes longer than most tests: all tests share a few, and the agents of one test have different ones.
    private static readonly Lazy<RSA>[] Keys = [.. Enumerable.Range(0, 4).Select(_ => new Lazy<RSA>(() => RSA.Create(2048)))];

    private readonly List<ScriptedAgent> _agents = [];

    private ServiceUnderTest(PipelinesService service, FakeTimeProvider clock) => (Service, Clock) = (service, clock);

    public PipelinesService Service { get; }
    public FakeTimeProvider Clock { get; }

    public static async Task<ServiceUnderTest> StartAsync(Func<PipelinesServiceOptions, PipelinesServiceOptions>? change = null)
    {
        var clock = new FakeTimeProvider(new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
        var options = new PipelinesServiceOptions { Token = Token };
        options = change?.Invoke(options) ?? options;
        return new(await PipelinesService.StartAsync(options, clock, TestContext.Current.CancellationToken), clock);
    }

    public ScriptedAgent Agent(string name, params (string Name, string Value)[] capabilities)
    {
        var agent = new ScriptedAgent(Service.OrganizationUrl, Token, Clock, Keys[_agents.Count].Value, name, capabilities);
        _agents.Add(agent);
        return agent;
    }

    public Task<ScriptedAgent> OnlineAgentAsync(string name, params (string Name, string Value)[] capabilities) =>
        Agent(name, capabilities).GoOnlineAsync();

    public PipelineRun Queue(params PipelineStage[] stages) => Queue(request => request, stages);

    public PipelineRun Queue(Func<RunRequest, RunRequest> change, params PipelineStage[] stages) => Service.QueueRun(change(new()
    {
        Pipeline = new() { Stages = stages },
        DefinitionName = "demo",
        RepositoryName = "site",
        SourceVersion = new('a', 40),
        SourceBranch = "refs/heads/main",
        SourceVersionMessage = "the last change",
    }));

    public static PipelineStage Stage(string name, params PipelineJob[] jobs) =>
        new() { Name = name, DisplayName = $"{name} stage", Jobs = jobs };

    public static PipelineJob Job(string name, params PipelineStep[] steps) =>
        new() { Name = name, DisplayName = $"{name} job", Steps = steps };

    public static PipelineStep Script(string name, string script = "true") => new()
    {
        TaskName = "CmdLine",
        TaskId = TaskReference.CmdLine,
        TaskVersion = "2.250.1",
        Name = name,
        DisplayName = $"{name} step",
        Inputs = new Dictionary<string, string> { ["script"] = script },
    };

    public static PipelinePool Pool(string? name, params string[] demands) => new(name, VmImage: null, demands, default);

    /// <summary>Waits for a run's end, twenty seconds at most.</summary>
    public static Task<NodeResult> EndAsync(PipelineRun run) =>
        run.Completion.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    /// <summary>All events of a run that ends.</summary>
    public static async Task<IReadOnlyList<RunEvent>> EventsAsync(PipelineRun run) =>
        await run.ReadEventsAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

    public static JobSnapshot OnlyJob(PipelineRun run) => run.Snapshot().Stages.Single().Jobs.Single();

    /// <summary>Waits for a condition that something else brings about, ten seconds at most.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            agent.Dispose();
        }

        await Service.DisposeAsync();
    }
}
