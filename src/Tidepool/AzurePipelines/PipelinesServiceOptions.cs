using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines;

/// <summary>How the embedded Azure Pipelines service is set up.</summary>
public sealed record PipelinesServiceOptions
{
    /// <summary>Port on 127.0.0.1; 0 picks a free one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>The organization's name, the first segment of its URL. Default <c>local</c>.</summary>
    public string Organization { get; init; } = "local";

    /// <summary>The project's name. Default <c>tidepool</c>.</summary>
    public string Project { get; init; } = "tidepool";

    /// <summary>The one pool's name. Default <c>fargate</c>.</summary>
    public string Pool { get; init; } = "fargate";

    /// <summary>The token that registers agents, a personal access token or a Microsoft Entra access token; any other gets 401.</summary>
    public required string Token { get; init; }

    /// <summary>Stands for every pool name in <see cref="PoolMap"/>.</summary>
    public const string AnyPool = "*";

    /// <summary>Other pool names that run in the one pool; <see cref="AnyPool"/> for all. A job without a pool or with a <c>vmImage</c> does so anyway.</summary>
    public IReadOnlyDictionary<string, string> PoolMap { get; init; } = new Dictionary<string, string>();

    /// <summary>Variable groups that are there from the start, by name; clients make others.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<GroupVariable>>();

    /// <summary>How long an agent owns a job without renewing. Default 10 minutes, as on the service.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Bare repository folder that is served over smart HTTP as <c>_git/NAME</c>; null when a run needs no checkout.</summary>
    public string? GitFolder { get; init; }

    /// <summary>
    /// Folder for what clients hand over and runs write: repositories that are pushed to, and the texts of runs. Made when missing. Null: no
    /// repository can be made, and texts of runs stay in memory.
    /// </summary>
    public string? WorkFolder { get; init; }

    /// <summary>
    /// Whether agents, job requests, pipelines and runs are kept in <see cref="WorkFolder"/>, so that a service that starts there again goes on
    /// with them. Default false. Runs that this process itself queues are not kept.
    /// </summary>
    public bool KeepsState { get; init; }

    /// <summary>Folder of the tasks that the user pulled, as in <c>ID/VERSION.zip</c>. Null: only the tasks that come with Tidepool.</summary>
    public string? TasksFolder { get; init; }

    /// <summary>
    /// Whether a job that no agent of the pool can take waits until one comes, with a <see cref="JobWaits"/>. Azure Pipelines refuses such a job
    /// at once; where agents come and go with tasks that somebody starts, waiting is more use. Default false.
    /// </summary>
    public bool WaitForAgents { get; init; }

    /// <summary>
    /// Hears of each request that a bug of the service broke, in one line: method and path, the exception's type and message.
    /// Called from any thread. Null for nobody.
    /// </summary>
    public Action<string>? OnFault { get; init; }

    /// <summary>
    /// How many runs that have ended are kept; who asks for an older one is told that there is none. Default 200. Those that somebody
    /// marked as kept, and the last of each pipeline that succeeded, stay beside them.
    /// </summary>
    public int KeptRuns { get; init; } = 200;
}
