using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>A task to start.</summary>
internal sealed record TaskOrder
{
    /// <summary>With overrides applied.</summary>
    public required TaskDefinition Definition { get; init; }

    public required NetworkConfiguration Network { get; init; }

    public required string Group { get; init; }

    public string? StartedBy { get; init; }

    /// <summary>The service that wants the task; null for a task of RunTask.</summary>
    public string? Service { get; init; }

    /// <summary>FARGATE or FARGATE_SPOT; null when the launch type was given.</summary>
    public string? CapacityProvider { get; init; }

    /// <summary>What the task shows as its overrides.</summary>
    public TaskOverride? Overrides { get; init; }

    /// <summary>The EBS volume of each task; null for none.</summary>
    public EbsVolumeOrder? EbsVolume { get; init; }

    public bool EnableExecuteCommand { get; init; }

    public IReadOnlyList<EcsTag> Tags { get; init; } = [];
}
