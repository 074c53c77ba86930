using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>Containers that a job asks for, and that nothing here can start.</summary>
internal static class ContainerObstacle
{
    /// <summary>Why the job cannot run; null where it asks for no container.</summary>
    public static string? Of(AgentJobRequestMessage request) => request switch
    {
        { JobContainer: { Length: > 0 } container } => Explain($"container '{container}'"),
        { JobSidecarContainers.Count: > 0 } => Explain($"service containers {string.Join(", ", request.JobSidecarContainers.Keys)}"),
        _ => null,
    };

    /// <summary>Why the step cannot run; null where it runs beside the agent.</summary>
    public static string? Of(JobStep step) =>
        step.Target?.Target is { Length: > 0 } target && !string.Equals(target, StepTarget.Host, StringComparison.OrdinalIgnoreCase)
            ? Explain($"container '{target}' as the target of this step")
            : null;

    private static string Explain(string wanted) =>
        $"The job asks for {wanted}. Fargate starts no containers inside of a task, and neither does the built-in agent: "
        + "put what the container holds into the agent's image, or run the job in another pool.";
}
