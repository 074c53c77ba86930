using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>What is fixed for a run from its beginning to its end.</summary>
internal sealed record RunFacts
{
    public required int Id { get; init; }
    public required string Number { get; init; }
    public required int DefinitionId { get; init; }
    public required RunRequest Request { get; init; }
    public required DateTimeOffset StartTime { get; init; }
    public required string Organization { get; init; }
    public required string Project { get; init; }
    /// <summary><c>resources.repositories.A.*</c> and <c>resources.pipeline.A.*</c>; names ignore case.</summary>
    public IReadOnlyDictionary<string, string> ResourceVariables { get; init; } = new Dictionary<string, string>();
    public Guid PlanId { get; init; } = Guid.NewGuid();
    public Guid TimelineId { get; init; } = Guid.NewGuid();

    public Pipeline Pipeline => Request.Pipeline;
    public Guid CollectionId => RecordId.Of("collection", Organization);
    public Guid ProjectId => RecordId.Of("project", Organization, Project);
    public Guid RepositoryId => RepositoryIdOf(Request.RepositoryName);

    public Guid RepositoryIdOf(string name) => RecordId.Of("repository", Organization, Project, name);

    public string PlanGroup => $"Build:{ProjectId}:{Id}";
    public string Uri => $"vstfs:///Build/Build/{Id}";
}
