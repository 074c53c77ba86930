namespace Tidepool.Pipelines;

/// <summary>A pipeline to read, and all that its reading depends on.</summary>
public sealed record PipelineSource
{
    /// <summary>The pipeline's path from its repository's root, with a leading slash, as errors show it: <c>/azure-pipelines.yml</c>.</summary>
    public required string File { get; init; }
    public required IPipelineFiles Files { get; init; }

    /// <summary>Values of the run's parameters, as typed on a command line (JSON or YAML for an object); names ignore case.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Predefined variables that are available at compile time (<c>Build.SourceBranch</c> and so on).</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Variable groups by name, names ignore case; their values are not known at compile time.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } =
        new Dictionary<string, IReadOnlyList<GroupVariable>>();

    /// <summary>What to do about a group that is not among <see cref="Groups"/>, behind the service's words; null says nothing.</summary>
    public string? GroupMend { get; init; }

    /// <summary>The tasks that steps can name. Null: every task is taken as it is written, and cannot be run.</summary>
    public ITaskCatalog? Tasks { get; init; }
}

/// <summary>A variable of a group.</summary>
public sealed record GroupVariable(string Name, string Value, bool IsSecret);
