namespace Tidepool.Fargate.Metadata;

/// <summary>What is asked of the metadata endpoint.</summary>
internal enum MetadataSubject
{
    Container,
    Task,
    TaskWithTags,
    ContainerStats,
    TaskStats,
}

/// <summary>A path of the metadata endpoint.</summary>
/// <param name="Version">3 or 4.</param>
/// <param name="Id">Whose path it is: 32 hex digits of one container, or anything that was made up.</param>
/// <param name="Subject">What is asked for.</param>
/// <remarks>
/// Paths, statuses and texts are those of the ECS agent, whose code Fargate shares: https://github.com/aws/amazon-ecs-agent,
/// ecs-agent/tmds/handlers/v4/handlers.go and agent/handlers/v3.
/// </remarks>
internal sealed record MetadataPath(int Version, string Id, MetadataSubject Subject)
{
    /// <summary>Reads a path; null when it is none.</summary>
    public static MetadataPath? Parse(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return segments is ["v3" or "v4", var id, .. var rest] && SubjectOf(rest) is { } subject ? new(segments[0][1] - '0', id, subject) : null;
    }

    /// <summary>The answer when no container has the id.</summary>
    public (int Status, string Text) Unknown => Subject switch
    {
        MetadataSubject.Container => (Version is 4 ? 404 : 500, $"V{Version} container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: {Id}"),
        MetadataSubject.Task or MetadataSubject.TaskWithTags => (Version is 4 ? 404 : 500, $"V{Version} task metadata handler: {NoTask}"),
        MetadataSubject.ContainerStats => (Version is 4 ? 404 : 400, $"V{Version} container stats handler: {NoTask}"),
        _ => (Version is 4 ? 404 : 400, $"V{Version} task stats handler: {NoTask}"),
    };

    /// <summary>The answer when a container has no statistics.</summary>
    public (int Status, string Text) NoStats(string runtimeId) => (Version is 4 ? 500 : 400, $"Unable to get container stats for: {runtimeId}");

    private string NoTask => $"unable to get task arn from request: unable to get task Arn from v3 endpoint ID: {Id}";

    private static MetadataSubject? SubjectOf(string[] rest) => rest switch
    {
        [] => MetadataSubject.Container,
        ["task"] => MetadataSubject.Task,
        ["taskWithTags"] => MetadataSubject.TaskWithTags,
        ["stats"] => MetadataSubject.ContainerStats,
        ["task", "stats"] => MetadataSubject.TaskStats,
        _ => null,
    };
}
