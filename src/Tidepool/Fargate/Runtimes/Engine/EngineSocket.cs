using Docker.DotNet;
using Docker.DotNet.Unix;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>The Unix socket at which a container engine answers its API.</summary>
internal static class EngineSocket
{
    private const string UnixScheme = "unix";

    /// <summary>Where engines usually listen, Docker's own first; in the second half of each pair a user's own engine.</summary>
    private static readonly string[] Usual =
        ["/var/run/docker.sock", "$XDG_RUNTIME_DIR/docker.sock", "/run/podman/podman.sock", "$XDG_RUNTIME_DIR/podman/podman.sock"];

    /// <summary>The engine that <c>DOCKER_HOST</c> names, else the first usual socket that is there; null when there is none.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="exists">Whether a path is there.</param>
    /// <exception cref="ProblemException"><c>DOCKER_HOST</c> names no Unix socket.</exception>
    public static Uri? Find(Func<string, string?> variable, Func<string, bool> exists)
    {
        if (variable("DOCKER_HOST") is { Length: > 0 } host)
        {
            return Uri.TryCreate(host, UriKind.Absolute, out var named) && named is { Scheme: UnixScheme, AbsolutePath.Length: > 1 }
                ? named
                : throw new ProblemException(
                    "ENGINE002",
                    $"DOCKER_HOST is {host}. Volumes are directories of this machine, so the engine must be on it.",
                    "Set DOCKER_HOST to a Unix socket, as in unix:///var/run/docker.sock, or unset it.");
        }

        var runtimeFolder = variable("XDG_RUNTIME_DIR");
        return Usual
            .Where(path => runtimeFolder is { Length: > 0 } || path[0] is '/')
            .Select(path => path.Replace("$XDG_RUNTIME_DIR", runtimeFolder, StringComparison.Ordinal))
            .Where(exists)
            .Select(path => new Uri($"{UnixScheme}://{path}"))
            .FirstOrDefault();
    }

    /// <summary>A client of the engine; nothing is sent yet. It has no time limit of its own: containers run for as long as they like.</summary>
    public static DockerClient Connect(Uri socket) => new DockerClientBuilder()
        .WithTransportOptions(new UnixSocketTransportOptions())
        .WithEndpoint(socket)
        .WithTimeout(Timeout.InfiniteTimeSpan)
        .Build();
}
