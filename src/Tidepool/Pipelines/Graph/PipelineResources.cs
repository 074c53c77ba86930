namespace Tidepool.Pipelines.Graph;

/// <summary>What a pipeline names under <c>resources</c>.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources</remarks>
public sealed record PipelineResources
{
    public IReadOnlyList<RepositoryReference> Repositories { get; init; } = [];

    /// <summary>Aliases of containers. Fargate's tasks have no Docker engine, so that nothing runs in them here.</summary>
    public IReadOnlyList<string> Containers { get; init; } = [];
    public IReadOnlyList<PipelineReference> Pipelines { get; init; } = [];
}

/// <summary>Another repository.</summary>
/// <param name="Alias">What the pipeline calls it.</param>
/// <param name="Type">git, github, githubenterprise or bitbucket.</param>
/// <param name="Name">As in <c>project/repository</c>.</param>
/// <param name="Ref">As in <c>refs/heads/main</c>; null means the default branch.</param>
public sealed record RepositoryReference(string Alias, string Type, string Name, string? Ref, string? Endpoint, SourcePosition Position);

/// <summary>Another pipeline, whose artifacts may be downloaded.</summary>
public sealed record PipelineReference(string Alias, string? Project, string? Source, string? Version, string? Branch, SourcePosition Position);
