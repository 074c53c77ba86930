namespace Tidepool.Pipelines;

/// <summary>The tasks that steps can name.</summary>
public interface ITaskCatalog
{
    /// <summary>The newest task of a name, or id, and version; null when there is none.</summary>
    /// <param name="name">Its name or its id; case is ignored.</param>
    /// <param name="version">As after the @ of a step: <c>2</c>, <c>2.1</c> or <c>2.1.3</c>.</param>
    PipelineTask? Find(string name, string version);

    /// <summary>The ids of all tasks of a name when it stands for several and none comes with the service itself; else empty.</summary>
    IReadOnlyList<Guid> FindAmbiguous(string name) => [];
}

/// <summary>What is known of a task before it runs.</summary>
/// <remarks>Source: https://github.com/microsoft/azure-pipelines-tasks/blob/master/tasks.schema.json</remarks>
public sealed record PipelineTask
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>All three parts, as in <c>2.250.1</c>.</summary>
    public required string Version { get; init; }
    public string FriendlyName { get; init; } = "";

    /// <summary>What it wants of its agent, as a pool's demands spell it.</summary>
    public IReadOnlyList<string> Demands { get; init; } = [];
    public string? MinimumAgentVersion { get; init; }
    public IReadOnlyList<TaskInput> Inputs { get; init; } = [];

    /// <summary>It runs on the service, in agentless jobs, and not on an agent.</summary>
    public bool RunsOnServer { get; init; }
}

/// <summary>An input of a task; a step may use its name or one of its aliases.</summary>
public sealed record TaskInput(string Name, IReadOnlyList<string> Aliases, string? DefaultValue, bool IsRequired);
