using System.Text.Json.Nodes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes;

/// <summary>What makes containers out of container definitions on this machine: the sandbox, or a container engine.</summary>
internal interface IContainerRuntime : IAsyncDisposable
{
    /// <summary>What it is, and what it leaves out of Fargate.</summary>
    RuntimeFacts Facts { get; }

    /// <summary>How files of tasks show their owners on this machine.</summary>
    FileOwners Owners { get; }

    /// <summary>What of a definition that Fargate takes this runtime cannot run.</summary>
    /// <param name="request">The definition.</param>
    /// <param name="images">Whether images are looked at.</param>
    /// <param name="ct">Ends the look.</param>
    Task<IReadOnlyList<Problem>> RefusalsAsync(RegisterTaskDefinitionRequest request, bool images, CancellationToken ct);

    /// <summary>Lets containers that are started from now on reach a TCP port of this machine's 127.0.0.1 at the same address.</summary>
    void Reach(int port);

    /// <summary>Lets containers reach the metadata endpoint; answers its address as they see it, without a slash at the end.</summary>
    /// <param name="endpoint">Its address on this machine, without a slash at the end.</param>
    string OfferMetadata(string endpoint);

    /// <summary>Whether containers get what is mounted on this machine while the runtime runs.</summary>
    /// <param name="mounted">A folder where something was mounted just now.</param>
    bool Sees(string mounted);

    /// <summary>What the images of a prepared task take, in bytes; 0 where images are not exercised.</summary>
    long ImageBytesOf(RuntimeTask task);

    /// <summary>What the writable layers of a task take that are not on its disk, in bytes, as they were measured last. Never waits.</summary>
    long LayerBytesOf(string taskArn);

    /// <summary>Looks a task's images up and makes its volumes and all else that its containers share.</summary>
    /// <exception cref="TaskStartException">It cannot be; holds the reason that the task shows.</exception>
    /// <exception cref="IOException">A volume could not be made.</exception>
    Task PrepareAsync(RuntimeTask task, CancellationToken ct);

    /// <summary>What a prepared task got: its network, its images.</summary>
    /// <exception cref="IOException">It cannot be found out; holds why.</exception>
    Task<PreparedTask> DescribeAsync(RuntimeTask task, CancellationToken ct);

    /// <summary>Starts a container, for the first time or again; returns when its program runs.</summary>
    /// <param name="task">A prepared task.</param>
    /// <param name="container">One of its containers.</param>
    /// <param name="environment">Variables beyond those of the image, secrets included.</param>
    /// <param name="log">Gets what the program writes; closed when the container has ended.</param>
    /// <param name="ct">Ends the start.</param>
    /// <exception cref="IOException">The program could not be started; holds the reason.</exception>
    Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct);

    /// <summary>Removes all that a task has here; its containers have ended.</summary>
    /// <exception cref="IOException">Something cannot be removed; holds what.</exception>
    Task RemoveAsync(RuntimeTask task, CancellationToken ct);
}

/// <summary>A container that was started.</summary>
internal interface IRunningContainer
{
    /// <summary>Its processes that a sweep could find; empty when it finds the container otherwise.</summary>
    IReadOnlyList<ProcessIdentity> Processes { get; }

    /// <summary>Its first process as this machine counts it; null when there is none, or it cannot be known.</summary>
    Task<int?> FindProcessAsync(CancellationToken ct) => Task.FromResult(Processes is [var first, ..] ? first.Pid : (int?)null);

    /// <summary>How it ended, once every process of the container is gone. Never fails.</summary>
    Task<ContainerEnd> Ended { get; }

    /// <summary>
    /// What it takes of the machine, as Docker's statistics spell it, over about a second; null when it has ended. What cannot be known is
    /// left out.
    /// </summary>
    /// <remarks>Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerStats</remarks>
    Task<JsonObject?> StatsAsync(CancellationToken ct);

    /// <summary>Runs a command beside the container's program, with its user, variables, working folder and files.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="IOException">What runs the container does not answer, so that nothing is known.</exception>
    Task<CommandEnd> ExecuteAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken ct);

    /// <summary>Sends the stop signal.</summary>
    void Stop();

    /// <summary>Kills every process of the container.</summary>
    void Kill();
}

/// <summary>How a container ended.</summary>
/// <param name="ExitCode">Exit code, or 128 and the signal.</param>
/// <param name="At">When its last process was gone.</param>
/// <param name="StartFailure">Why the program was never in it; null when it was.</param>
/// <param name="Reason">What ECS adds to the exit code; null for nothing.</param>
internal sealed record ContainerEnd(int ExitCode, DateTimeOffset At, string? StartFailure, string? Reason = null);

/// <summary>How a command in a container ended.</summary>
/// <param name="ExitCode">Exit code; -1 when it could not be started or took too long.</param>
/// <param name="Output">The first 4096 bytes of what it wrote, or why it did not end.</param>
internal sealed record CommandEnd(int ExitCode, string Output)
{
    /// <summary>Bytes of output that are kept.</summary>
    /// <remarks>Source: https://docs.docker.com/reference/dockerfile/#healthcheck</remarks>
    public const int MostOutput = 4096;

    /// <summary>A command that took too long; the words are Docker's.</summary>
    public static CommandEnd TooLong(TimeSpan limit) => new(-1, $"Health check exceeded timeout ({limit.TotalSeconds:0.###}s)");
}

/// <summary>A task cannot be started.</summary>
/// <param name="reason">What the task shows as its stopped reason.</param>
internal sealed class TaskStartException(string reason) : Exception(reason);

/// <summary>How owners of files in volumes show on this machine.</summary>
/// <param name="Enforced">Whether a container's user is held to owner and mode.</param>
/// <param name="Uids">What this machine's uids are in containers; null when they are the same.</param>
/// <param name="Gids">The same for groups.</param>
internal sealed record FileOwners(bool Enforced, IdRange? Uids, IdRange? Gids);
