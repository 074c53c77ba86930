using Tidepool.AzurePipelines;
using Tidepool.AzurePipelines.TaskPackages;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Rehearsal;

/// <summary>A pipeline of the user's to rehearse: what of it, and with which values.</summary>
public sealed record RehearsedPipeline
{
    /// <summary>Absolute path of its file.</summary>
    public required string Path { get; init; }

    /// <summary>Values of its parameters; names ignore case.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Folders of the repositories that it names under <c>resources</c>, by alias.</summary>
    public IReadOnlyDictionary<string, string> Repositories { get; init; } = new Dictionary<string, string>();

    /// <summary>The variable groups that it names, with their secrets; names ignore case.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<GroupVariable>>();

    public RunInputs Inputs { get; init; } = new();

    /// <summary>The file with its templates, as they are now.</summary>
    /// <param name="tasksFolder">Where pulled tasks are; null for none.</param>
    /// <exception cref="ProblemException">The file is missing or cannot be read.</exception>
    internal PipelineSource Source(string? tasksFolder) =>
        PipelineFiles.Source("/", Path, Parameters, Repositories) with { Tasks = new TaskStore(tasksFolder), Groups = Groups, GroupMend = GroupFiles.Mend };
}

/// <summary>What a run is given beside its pipeline.</summary>
public sealed record RunInputs
{
    /// <summary>Queue-time variables; names ignore case.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Secret variables; their values are masked wherever they are shown.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    /// <summary>What of the pipeline runs.</summary>
    public PipelineSelection Selection { get; init; } = new();

    /// <summary>Other repositories that jobs may check out, by alias.</summary>
    internal IReadOnlyDictionary<string, ServedRepository> Repositories { get; init; } = new Dictionary<string, ServedRepository>();
}
