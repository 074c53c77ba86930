using Tidepool.Tasks;

namespace Tidepool.Fargate;

public sealed partial class LocalFargate
{
    private const int MaxTags = 50;

    /// <summary>Adds tags to a cluster, a service, a task or a task definition; a key that is there gets the new value.</summary>
    /// <exception cref="EcsException">No such resource, or more than 50 tags.</exception>
    public Task TagResourceAsync(string resourceArn, IReadOnlyList<EcsTag> tags, CancellationToken ct) => ChangeTagsAsync(
        resourceArn,
        before =>
        {
            IReadOnlyList<EcsTag> after = [.. before.Where(tag => tags.All(other => other.Key != tag.Key)), .. tags];

            // Inferred text; the limit is stated by AWS.
            return after.Count <= MaxTags ? after : throw new EcsException(EcsErrorType.InvalidParameterException, "The maximum number of tags is 50.");
        },
        ct);

    /// <summary>Removes tags.</summary>
    /// <exception cref="EcsException">No such resource.</exception>
    public Task UntagResourceAsync(string resourceArn, IReadOnlyList<string> tagKeys, CancellationToken ct) =>
        ChangeTagsAsync(resourceArn, before => [.. before.Where(tag => !tagKeys.Contains(tag.Key))], ct);

    /// <summary>The tags of a cluster, a service, a task or a task definition.</summary>
    /// <exception cref="EcsException">No such resource.</exception>
    public Task<IReadOnlyList<EcsTag>> ListTagsForResourceAsync(string resourceArn, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(
            FindTaggedDefinition(resourceArn)?.Tags
            ?? _clusters.Values.Where(cluster => cluster.IsActive).Select(cluster => cluster.TagsOf(resourceArn)).FirstOrDefault(tags => tags is not null)
            ?? throw NotFound(resourceArn));
    }

    private async Task ChangeTagsAsync(string arn, Func<IReadOnlyList<EcsTag>, IReadOnlyList<EcsTag>> change, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (FindTaggedDefinition(arn) is { } definition)
        {
            Change(definition.TaskDefinitionArn, found => found with { Tags = change(found.Tags) });
            return;
        }

        foreach (var cluster in _clusters.Values.Where(cluster => cluster.IsActive))
        {
            if (cluster.TagsOf(arn) is not null && await cluster.AskAsync(() => cluster.Tag(arn, change), ct))
            {
                return;
            }
        }

        throw NotFound(arn);
    }

    private TaskDefinition? FindTaggedDefinition(string arn) =>
        arn.Contains(":task-definition/", StringComparison.Ordinal) && HasRevision(arn) ? FindDefinition(arn) : null;

    // The text for a deleted cluster is what users report, the other one is inferred.
    private EcsException NotFound(string arn) => new(
        EcsErrorType.InvalidParameterException,
        _clusters.Values.Any(cluster => !cluster.IsActive && cluster.Cluster.ClusterArn == arn)
            ? "The specified cluster is inactive. Specify an active cluster and try again."
            : $"The specified resource {arn} was not found. Specify a valid resource ARN and try again.");
}
