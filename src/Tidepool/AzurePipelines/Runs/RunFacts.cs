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
    public Guid PlanId { get; } = Guid.NewGuid();
    public Guid TimelineId { get; } = Guid.NewGuid();

    public Pipeline Pipeline => Request.Pipeline;
    public Guid CollectionId => RecordId.Of("collection", Organization);
    public Guid ProjectId => RecordId.Of("project", Organization, Project);
    public Guid RepositoryId => RecordId.Of("repository", Organization, Project, Request.RepositoryName);
    public string PlanGroup => $"Build:{ProjectId}:{Id}";
    public string Uri => $"vstfs:///Build/Build/{Id}";
}
