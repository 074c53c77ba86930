using Tidepool.Storage.Probes;

namespace Tidepool.Rehearsal;

/// <summary>One thing that the demonstration tries with the bind mount.</summary>
/// <param name="Name">As the report names it.</param>
/// <param name="What">What is done, for who watches.</param>
/// <param name="Expected"><c>found</c> or <c>not-found</c>, by Fargate's rules for what belongs to one task: bind mounts, and EBS volumes of a service.</param>
/// <param name="Event">What happens between Build and Deploy.</param>
/// <remarks>
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html. That a container restarted in
/// place finds its files is inferred from the volume belonging to the task; AWS does not state it.
/// </remarks>
public sealed record DemoScenario(string Name, string What, string Expected, DemoEvent Event)
{
    public const string Found = "found";
    public const string NotFound = "not-found";

    /// <summary>Neither was seen: something else went wrong.</summary>
    public const string Error = "error";

    /// <summary>All of them, in the order they are tried.</summary>
    public static readonly IReadOnlyList<DemoScenario> All =
    [
        new("same-task", "Build on one agent, Deploy on the other agent of the same task", Found, DemoEvent.None),
        new("other-task", "Deploy on an agent of a second task", NotFound, DemoEvent.SecondTask),
        new("task-replaced", "stop the task after Build; Deploy on the task that replaces it", NotFound, DemoEvent.TaskReplaced),
        new("container-restarted", "crash the deploying container after Build; it is restarted in place", Found, DemoEvent.ContainerRestarted),
    ];

    /// <summary>What is to be seen on a storage: an EFS file system is every task's.</summary>
    public string ExpectedOn(VolumeKind storage) => storage is VolumeKind.Efs ? Found : Expected;
}

/// <summary>What happens between Build and Deploy.</summary>
public enum DemoEvent
{
    None,
    SecondTask,
    TaskReplaced,
    ContainerRestarted,
}
