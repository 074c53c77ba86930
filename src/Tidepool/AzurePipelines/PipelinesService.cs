using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Artifacts;
using Tidepool.AzurePipelines.Library;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.AzurePipelines.State;
using Tidepool.AzurePipelines.TaskPackages;

namespace Tidepool.AzurePipelines;

/// <summary>The embedded Azure Pipelines service: one organization on 127.0.0.1 with one project and one agent pool.</summary>
public sealed class PipelinesService : IAsyncDisposable
{
    // Polls end at once; this is for a clone that is under way.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    // Longer than any service of this kind lives.
    private static readonly TimeSpan TokenLife = TimeSpan.FromDays(3650);

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping;
    private readonly AgentPool _pool;
    private readonly RunDirectory _runs;
    private readonly AccessTokens _tokens;
    private readonly ServiceStore? _store;

    private PipelinesService(
        WebApplication app, CancellationTokenSource stopping, AgentPool pool, RunDirectory runs, AccessTokens tokens, ServiceStore? store, Uri organization, string project) =>
        (_app, _stopping, _pool, _runs, _tokens, _store, OrganizationUrl, Project) = (app, stopping, pool, runs, tokens, store, organization, project);

    /// <summary>The URL to configure agents with, as in <c>http://127.0.0.1:8080/local</c>.</summary>
    public Uri OrganizationUrl { get; }

    /// <summary>The project's name.</summary>
    public string Project { get; }

    /// <summary>The pool's name.</summary>
    public string Pool => _pool.Name;

    /// <summary>The agents of the pool as they are now, with their capabilities and the job request they have.</summary>
    public IReadOnlyList<TaskAgent> Agents => _pool.List(name: null, new(Capabilities: true, AssignedRequest: true), []);

    internal int PollsUnderWay => _pool.PollsUnderWay;

    /// <summary>Starts the service.</summary>
    /// <exception cref="ProblemException">SERVICE001: the port is in use.</exception>
    public static async Task<PipelinesService> StartAsync(PipelinesServiceOptions options, TimeProvider clock, CancellationToken ct)
    {
        var builder = LoopbackHost.CreateBuilder(options.Port, ShutdownTimeout);
        builder.Services.AddRoutingCore();
        var app = builder.Build();

        var stopping = new CancellationTokenSource();
        var store = options is { KeepsState: true, WorkFolder: { } kept } ? ServiceStore.Open(kept) : null;
        var pool = new AgentPool(options.Pool, options.Lease, options.WaitForAgents, clock, store);
        var tokens = new AccessTokens(options.Token, clock, store?.Key());
        var runs = new RunDirectory(pool, tokens, options, clock, stopping.Token, store);
        var whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Use(async (http, next) =>
        {
            // An agent that asks while runs are still coming back must not hear that its job is gone.
            await whole.Task.WaitAsync(http.RequestAborted);
            await next(http);
        });
        app.UseGate(tokens, $"/{options.Organization}/{ConnectionApi.TokenRoute}", options.OnFault);
        new ProjectsApi(options).UseProject(app);
        app.UseRouting();
        var routes = app.MapGroup(options.Organization);
        new ConnectionApi(options.Organization, pool, tokens, clock).Map(routes);
        new AgentsApi(options.Organization, pool, tokens).Map(routes);
        new SessionsApi(options.Organization, pool, stopping.Token).Map(routes);
        new JobRequestsApi(pool).Map(routes);
        new PlansApi(runs).Map(routes);
        var tasks = new TaskStore(options.TasksFolder);
        new TasksApi(tasks).Map(routes);
        new ProjectsApi(options).Map(routes);
        var resources = new BuildResources(options, pool);
        new QueuesApi(options, resources).Map(routes);
        new DefinitionsApi(options, resources, runs).Map(routes);
        new BuildLogsApi(options, resources, runs).Map(routes);
        new BuildNotesApi(options, resources, runs).Map(routes);
        var containers = new FileContainers(options.WorkFolder is { } work ? Path.Combine(work, "containers") : null);
        runs.Gone = run => containers.Remove(run);
        new ArtifactsApi(options, resources, runs, containers).Map(routes);
        var repositories = new RepositoryDirectory(options, store);
        var groups = new VariableGroups(options.Groups, clock, store);
        new VariableGroupsApi(options, groups).Map(routes);
        var queue = new RunQueue(options, repositories, runs, tasks, groups);
        new GitApi(options.Project, options.GitFolder, repositories).Map(routes);
        new RepositoriesApi(options, repositories).Map(routes);
        new GitItemsApi(options, repositories).Map(routes);
        new PipelinesApi(options, resources, runs, repositories, queue).Map(routes);
        new ExplanationApi(options, runs).Map(routes);
        new BuildsApi(options, resources, runs, queue, stopping.Token).Map(routes);
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            pool.Dispose();
            store?.Dispose();
            stopping.Dispose();
            await app.DisposeAsync();
            throw new ProblemException(
                "SERVICE001",
                $"The embedded Azure Pipelines service cannot listen on 127.0.0.1:{options.Port}: the port is in use.",
                "Stop what uses the port, or choose another one; port 0 takes any that is free.");
        }

        queue.Organization = new($"{app.Urls.First()}/{options.Organization}");
        var service = new PipelinesService(app, stopping, pool, runs, tokens, store, queue.Organization, options.Project);
        if (store is not null)
        {
            await queue.RestoreAsync(store, pool, ct);
        }

        whole.SetResult();
        return service;
    }

    /// <summary>Waits until the agents are as wanted; the condition is looked at whenever an agent changes.</summary>
    public Task<IReadOnlyList<TaskAgent>> WaitForAgentsAsync(Func<IReadOnlyList<TaskAgent>, bool> until, CancellationToken ct) =>
        _pool.WaitAsync(until, ct);

    /// <summary>Makes a token for a client beside the one that registers agents: it may do all that that one may, and ends with the service.</summary>
    public string IssueToken() => _tokens.Issue(new Caller.Owner(), TokenLife);

    /// <summary>Starts a run at once.</summary>
    /// <exception cref="ProblemException">SERVICE002: the pipeline's <c>name</c> makes a run number that the service refuses.</exception>
    public PipelineRun QueueRun(RunRequest request) => new(_runs.Start(request, OrganizationUrl));

    /// <summary>Says that an agent's process is gone: it is offline at once, and the job it ran is abandoned with the reason.</summary>
    /// <param name="agentName">The agent's name.</param>
    /// <param name="reason">Why, as the run shows it.</param>
    /// <param name="since">When it was lost. A session that began later belongs to the process that came after it and stays.</param>
    public void ReportLost(string agentName, string reason, DateTimeOffset since) => _pool.ReportLost(agentName, reason, since);

    /// <summary>Lets an agent take jobs or keeps it from them; a job that it runs goes on.</summary>
    public void SetEnabled(string agentName, bool enabled) => _pool.SetEnabled(agentName, enabled);

    /// <summary>Stops the service: polls end at once, runs that have not ended are canceled as tasks.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _pool.Dispose();
        _store?.Dispose();
        _stopping.Dispose();
    }
}
