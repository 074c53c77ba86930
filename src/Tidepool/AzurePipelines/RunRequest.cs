using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines;

/// <summary>What to run, from which commit, with which values.</summary>
public sealed record RunRequest
{
    internal const string Self = "self";

    public required Pipeline Pipeline { get; init; }

    /// <summary>The pipeline's name as users know it.</summary>
    public required string DefinitionName { get; init; }
    public required string RepositoryName { get; init; }

    /// <summary>The commit's full SHA.</summary>
    public required string SourceVersion { get; init; }

    /// <summary>As in <c>refs/heads/main</c>.</summary>
    public required string SourceBranch { get; init; }
    public string SourceVersionMessage { get; init; } = "";
    public string RequestedFor { get; init; } = "tidepool";

    /// <summary>A check that every stage has to pass before it starts; null for none.</summary>
    public StageCheck? BeforeStage { get; init; }

    /// <summary>Chooses among the agents that can take a job; null: the first that is idle.</summary>
    public JobPlacement? Placement { get; init; }

    /// <summary>The definition that a client made before; null: one of the run's own name.</summary>
    internal int? DefinitionId { get; init; }

    /// <summary>Other pool names that run in the one pool, as in <see cref="PipelinesServiceOptions.PoolMap"/>, which it stands for; null: that one.</summary>
    public IReadOnlyDictionary<string, string>? PoolMap { get; init; }

    /// <summary>The repositories beside the pipeline's own that jobs may check out, by alias; aliases ignore case. All are served by this service.</summary>
    public IReadOnlyDictionary<string, ServedRepository> Repositories { get; init; } = new Dictionary<string, ServedRepository>();

    /// <summary>The variable groups that the pipeline was read with, of those that it names.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<GroupVariable>>();

    /// <summary>Queue-time variables; names ignore case.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The pipeline's own repository, as <c>self</c>, and the others.</summary>
    internal IEnumerable<KeyValuePair<string, ServedRepository>> AllRepositories => Repositories
        .Where(pair => !pair.Key.Equals(Self, StringComparison.OrdinalIgnoreCase))
        .Prepend(KeyValuePair.Create(Self, new ServedRepository(RepositoryName, SourceBranch, SourceVersion)));

    /// <summary>Secret variables by name; their values are masked in everything that is shown or stored.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();
}

/// <summary>A repository at the commit that a run uses.</summary>
/// <param name="Name">As it is served.</param>
/// <param name="Ref">As in <c>refs/heads/main</c>.</param>
/// <param name="Version">The commit's full SHA.</param>
public sealed record ServedRepository(string Name, string Ref, string Version);

/// <summary>
/// Says which agents a job may go to; it waits for one of them. Called under the pool's lock, each time that somebody is looked for: it only
/// decides.
/// </summary>
/// <param name="stage">The stage's name.</param>
/// <param name="job">The job's name; of a leg with the leg's after a dot.</param>
/// <param name="able">Capabilities of each agent that is there and meets the job's demands, idle or not; at least one.</param>
/// <returns>Whether an agent with such capabilities may have the job.</returns>
public delegate Func<IReadOnlyDictionary<string, string>, bool> JobPlacement(
    string stage, string job, IReadOnlyList<IReadOnlyDictionary<string, string>> able);

/// <summary>
/// Holds a stage until it completes, as a check on a resource of the stage does on Azure Pipelines. A <see cref="ProblemException"/> fails the stage.
/// </summary>
/// <param name="stage">The stage's name.</param>
/// <param name="run">The run as it is when the stage would start.</param>
/// <param name="ct">Cancelled when the run is.</param>
public delegate Task StageCheck(string stage, RunSnapshot run, CancellationToken ct);
