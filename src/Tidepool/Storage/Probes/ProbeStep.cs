using Tidepool.Tasks;

namespace Tidepool.Storage.Probes;

/// <summary>Something that a probe has done.</summary>
public abstract record ProbeStep
{
    /// <summary>How many tasks it starts: what it costs.</summary>
    public abstract int Tasks { get; }
}

/// <summary>Runs tasks side by side, until each has stopped by itself.</summary>
public sealed record RunToEnd(params IReadOnlyList<ProbeTask> Run) : ProbeStep
{
    public override int Tasks => Run.Count;
}

/// <summary>Starts tasks side by side, and waits until each essential container of them has said that it is ready.</summary>
public sealed record StartTasks(params IReadOnlyList<ProbeTask> Start) : ProbeStep
{
    public override int Tasks => Start.Count;
}

/// <summary>Stops tasks that run, as StopTask does, and waits until they have stopped.</summary>
public sealed record StopTasks(params IReadOnlyList<string> Stop) : ProbeStep
{
    public override int Tasks => 0;
}

/// <summary>Makes a service of one task, stops that task once it is ready, waits until its replacement is ready, and deletes the service.</summary>
/// <param name="Task">The task; its key is the first one's.</param>
/// <param name="Replacement">The key of the second one.</param>
public sealed record ReplaceTask(ProbeTask Task, string Replacement) : ProbeStep
{
    public override int Tasks => 2;
}

/// <summary>Makes a service of one task, waits until it is ready, and deletes the service.</summary>
public sealed record ServeTask(ProbeTask Task) : ProbeStep
{
    public override int Tasks => 1;
}

/// <summary>Makes a service of one task, wants two of it once the first is ready, waits until the second is, and deletes the service.</summary>
/// <param name="Task">The task; its key is the first one's.</param>
/// <param name="Second">The key of the second one.</param>
public sealed record ScaleService(ProbeTask Task, string Second) : ProbeStep
{
    public override int Tasks => 2;
}

/// <summary>Makes a service of one task, deploys another definition once it is ready, waits until the new task is, and deletes the service.</summary>
/// <param name="Task">The first task.</param>
/// <param name="Next">The task of the new deployment; its volume is the first one's.</param>
public sealed record DeployRevision(ProbeTask Task, ProbeTask Next) : ProbeStep
{
    public override int Tasks => 2;
}

/// <summary>Registers a task definition that should be refused.</summary>
/// <param name="Key">Key of the answer.</param>
/// <param name="Definition">The definition.</param>
public sealed record RegisterOnly(string Key, RegisterTaskDefinitionRequest Definition) : ProbeStep
{
    public override int Tasks => 0;
}

/// <summary>Takes a snapshot of a task's EBS volume; the task has stopped and the volume was kept.</summary>
/// <param name="Task">Key of the task.</param>
/// <param name="Key">Key of the snapshot.</param>
public sealed record TakeSnapshot(string Task, string Key) : ProbeStep
{
    public override int Tasks => 0;
}

/// <summary>A task that a probe runs.</summary>
/// <param name="Key">What the probe calls it.</param>
/// <param name="Definition">Its task definition; one that several tasks have is registered once.</param>
/// <param name="Volume">Its EBS volume; null for none.</param>
public sealed record ProbeTask(string Key, RegisterTaskDefinitionRequest Definition, ProbeEbsVolume? Volume = null);

/// <summary>The EBS volume that a task asks for.</summary>
/// <param name="Name">The volume's name in the task definition.</param>
/// <param name="Keep">Whether it is to outlive its task, which only RunTask can ask for.</param>
/// <param name="Snapshot">Key of the snapshot that it is made from; null for an empty one.</param>
public sealed record ProbeEbsVolume(string Name, bool Keep = false, string? Snapshot = null)
{
    /// <summary>The smallest size of gp3, in GiB.</summary>
    public const int SizeInGiB = 1;
}
