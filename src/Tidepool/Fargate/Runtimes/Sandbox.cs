using System.Diagnostics;

namespace Tidepool.Fargate.Runtimes;

/// <summary>Runs containers as processes of this machine in namespaces of their own, made by bubblewrap.</summary>
internal sealed class Sandbox(SandboxMode mode, TimeProvider clock) : IDisposable
{
    // bubblewrap reads its options from descriptor 3 and reports on 4; the program's two outputs are one, so that their order is kept.
    // setsid keeps the terminal's Ctrl-C from bubblewrap: it is Tidepool that stops containers.
    private const string Script = """exec "$0" "$@" 3<&0 4>&2 0</dev/null 2>&1""";

    private readonly StarterThread _starter = new();

    public SandboxMode Mode => mode;

    /// <summary>Starts a container; returns when its program's process exists.</summary>
    /// <exception cref="IOException">bubblewrap ended before; holds what it said.</exception>
    public async Task<SandboxContainer> StartAsync(SandboxContainerSpec spec, ContainerLog log, CancellationToken ct)
    {
        var info = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        info.Environment.Clear();
        foreach (var argument in (string[])
        [
            "-c", Script, mode.Tools.Setsid, .. mode.Launcher, "--args", "3", "--json-status-fd", "4", "--",
            .. SandboxArguments.AsUser(mode, spec.User, spec.Capabilities), .. spec.Command,
        ])
        {
            info.ArgumentList.Add(argument);
        }

        var process = await _starter.StartAsync(info);
        var container = new SandboxContainer(process, spec, mode, log, clock);
        await container.RunAsync(SandboxArguments.Options(spec, mode), ct);
        return container;
    }

    public void Dispose() => _starter.Dispose();
}
