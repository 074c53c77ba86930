using Docker.DotNet;
using Tidepool.Fargate.Runtimes.Engine;

namespace Tidepool.Fargate;

/// <summary>Which container runtime is wished for.</summary>
public enum RuntimeWish
{
    /// <summary>The engine where one answers and has the image, else the sandbox.</summary>
    Auto,

    /// <summary>A container engine with Docker's API.</summary>
    Docker,

    /// <summary>bubblewrap over this machine's files.</summary>
    Sandbox,
}

/// <summary>Which container runtime it is to be.</summary>
/// <param name="Engine">The engine's socket; null for the sandbox.</param>
/// <param name="Why">What was chosen and why, in one line; null when the sandbox was asked for and there is nothing to tell.</param>
public sealed record RuntimeChoice(Uri? Engine, string? Why)
{
    /// <summary><c>ARM64</c> where the engine's image is for that; null where the default of task definitions fits.</summary>
    public string? CpuArchitecture { get; init; }

    /// <summary>Tells who watches why it is this one.</summary>
    public void Tell(Action<string> say)
    {
        if (Why is not null)
        {
            say(Why);
        }
    }
}

/// <summary>Chooses the container runtime of an environment.</summary>
public static class ContainerRuntimes
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    /// <summary>Looks for an engine and its image as far as the wish needs it.</summary>
    /// <param name="wish">The wish.</param>
    /// <param name="image">The agents' image; null when images are known later, task definition by task definition.</param>
    /// <param name="variable">Reads an environment variable: <c>DOCKER_HOST</c>, <c>XDG_RUNTIME_DIR</c>.</param>
    /// <param name="ct">Ends the look.</param>
    /// <exception cref="ProblemException">The engine is wished for, and does not answer or lacks the image.</exception>
    public static async Task<RuntimeChoice> ChooseAsync(RuntimeWish wish, string? image, Func<string, string?> variable, CancellationToken ct)
    {
        if (wish is RuntimeWish.Sandbox)
        {
            return new(null, null);
        }

        try
        {
            return await EngineAsync(wish, image, variable, ct);
        }
        catch (ProblemException e) when (wish is RuntimeWish.Auto)
        {
            return new(null, $"runtime sandbox: {e.Problem.What}");
        }
    }

    internal static Problem MissingImage(string image) => new(
        "ENGINE003",
        $"The container engine has no image {image}, and Tidepool pulls none.",
        $"Build it: docker build -f docker/Dockerfile -t {image} .");

    private static async Task<RuntimeChoice> EngineAsync(RuntimeWish wish, string? image, Func<string, string?> variable, CancellationToken ct)
    {
        var socket = EngineSocket.Find(variable, File.Exists) ?? throw new ProblemException(
            "ENGINE001", "No container engine was found: there is no socket of Docker or Podman.", "Start the engine, set DOCKER_HOST, or take --runtime sandbox.");
        using var client = EngineSocket.Connect(socket);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerLimit);
        try
        {
            var version = await EngineWords.AskAsync(() => client.System.GetVersionAsync(limit.Token));
            var found = image is null ? null : await EngineImage.FindAsync(client, image, limit.Token) ?? throw new ProblemException(MissingImage(image));
            return new(socket, $"runtime docker, {(wish is RuntimeWish.Auto ? "" : "as asked for: ")}engine {version.Version} at {socket.AbsolutePath}{(image is null ? "" : $" has the image {image}")}")
            {
                CpuArchitecture = found?.Architecture is "arm64" ? "ARM64" : null,
            };
        }
        catch (IOException e)
        {
            throw Unusable(socket, e.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Unusable(socket, $"it did not answer within {AnswerLimit.TotalSeconds} s");
        }
    }

    private static ProblemException Unusable(Uri socket, string reason) => new(
        "ENGINE001", $"The container engine at {socket} cannot be used: {reason}", "See that it runs and that you may use it, or take --runtime sandbox.");
}
