using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>A kind of volume that is not on the task's own disk: attached before the containers start, detached after the last has ended.</summary>
internal interface IVolumeKind
{
    /// <summary>What AWS does with such volumes and this machine does not, one sentence each.</summary>
    IReadOnlyList<string> NotExercised => [];

    /// <summary>Whether a volume of a task definition is of this kind.</summary>
    bool Has(TaskVolume volume);

    /// <summary>Makes the volume's content reachable as a folder of this machine, with the owners and modes that containers are to see.</summary>
    /// <param name="volume">One of the task's volumes.</param>
    /// <param name="task">The task.</param>
    /// <param name="ct">Ends the attaching; nothing is left behind then.</param>
    /// <exception cref="TaskStartException">It cannot be; holds the reason that the task shows.</exception>
    /// <exception cref="IOException">This machine cannot make it.</exception>
    Task<AttachedVolume> AttachAsync(TaskVolume volume, RuntimeTask task, CancellationToken ct);

    /// <summary>Lets go of the volume; whether its content stays is the kind's own rule.</summary>
    /// <exception cref="IOException">Something cannot be removed; holds what.</exception>
    Task DetachAsync(AttachedVolume volume, CancellationToken ct);
}

/// <summary>A volume that is attached to a task.</summary>
/// <param name="Kind">What attached it.</param>
/// <param name="Volume">The volume of the task definition.</param>
/// <param name="TaskArn">The task.</param>
/// <param name="Folder">Where its content is on this machine.</param>
internal sealed record AttachedVolume(IVolumeKind Kind, TaskVolume Volume, string TaskArn, string Folder);
