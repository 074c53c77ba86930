using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>What RunTask makes different from the task definition.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html</remarks>
public sealed record TaskOverride
{
    /// <summary>Other settings of containers, by their names.</summary>
    public IReadOnlyList<ContainerOverride> ContainerOverrides { get; init; } = [];

    /// <summary>Another CPU of the task.</summary>
    public string? Cpu { get; init; }

    /// <summary>Another memory of the task.</summary>
    public string? Memory { get; init; }

    /// <summary>Another execution role.</summary>
    public string? ExecutionRoleArn { get; init; }

    /// <summary>Another task role.</summary>
    public string? TaskRoleArn { get; init; }

    /// <summary>Another size of the disk.</summary>
    public EphemeralStorage? EphemeralStorage { get; init; }

    /// <summary>The task definition as a task of this override has it.</summary>
    /// <exception cref="EcsException">A container that the definition does not have, or a size that Fargate does not have.</exception>
    internal TaskDefinition Apply(TaskDefinition definition)
    {
        if (ContainerOverrides.FirstOrDefault(entry => definition.ContainerDefinitions.All(container => container.Name != entry.Name)) is { } stranger)
        {
            throw new EcsException(
                EcsErrorType.InvalidParameterException, $"Override for container named {stranger.Name} is not a container in the TaskDefinition.");
        }

        var applied = definition with
        {
            Cpu = Cpu ?? definition.Cpu,
            Memory = Memory ?? definition.Memory,
            ExecutionRoleArn = ExecutionRoleArn ?? definition.ExecutionRoleArn,
            TaskRoleArn = TaskRoleArn ?? definition.TaskRoleArn,
            EphemeralStorage = EphemeralStorage ?? definition.EphemeralStorage,
            ContainerDefinitions =
            [
                .. definition.ContainerDefinitions.Select(container =>
                    ContainerOverrides.LastOrDefault(entry => entry.Name == container.Name)?.Apply(container) ?? container),
            ],
        };
        return TaskDefinitionRules.Violations(applied) is [var first, ..]
            ? throw new EcsException(EcsErrorType.InvalidParameterException, first.Message)
            : applied;
    }
}

/// <summary>What RunTask makes different in one container.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html</remarks>
public sealed record ContainerOverride
{
    /// <summary>The container's name.</summary>
    public string? Name { get; init; }

    /// <summary>Another command.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Environment variables to add, or to have other values.</summary>
    public IReadOnlyList<EcsKeyValue>? Environment { get; init; }

    /// <summary>Other CPU units.</summary>
    public int? Cpu { get; init; }

    /// <summary>Another hard limit in MiB.</summary>
    public int? Memory { get; init; }

    /// <summary>Another soft limit in MiB.</summary>
    public int? MemoryReservation { get; init; }

    internal ContainerDefinition Apply(ContainerDefinition container) => container with
    {
        Command = Command ?? container.Command,
        Cpu = Cpu ?? container.Cpu,
        Memory = Memory ?? container.Memory,
        MemoryReservation = MemoryReservation ?? container.MemoryReservation,
        Environment =
        [
            .. container.Environment.Where(variable => Environment?.Any(other => other.Name == variable.Name) is not true),
            .. Environment ?? [],
        ],
    };
}
