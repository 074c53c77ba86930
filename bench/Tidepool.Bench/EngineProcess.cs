using System.Diagnostics;
using System.Globalization;

namespace Tidepool.Bench;

/// <summary>A Docker engine of the bench's own with one image, in namespaces of its own: nothing of it is seen outside, and all of it ends with it.</summary>
internal sealed class EngineProcess : IAsyncDisposable
{
    private const string Program = "/usr/sbin/dockerd";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-bench-").FullName;
    private readonly Process _process;

    private EngineProcess()
    {
        _process = Start(
            "setpriv", "--pdeathsig", "KILL", "--", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=TERM", "--mount-proc", "--",
            Program, "--data-root", $"{_root}/data", "--exec-root", $"{_root}/exec", "--pidfile", $"{_root}/dockerd.pid",
            "--host", Socket, "--log-level", "error", "--shutdown-timeout", "1");
    }

    /// <summary>What DOCKER_HOST is set to.</summary>
    public string Socket => $"unix://{_root}/engine.sock";

    /// <summary>Why none can be started here; null when one can.</summary>
    public static string? Missing => Environment.UserName is not "root" ? "an engine of one's own takes root"
        : !File.Exists(Program) ? $"there is no {Program}"
        : null;

    /// <summary>Starts it, and makes an image of this machine's <c>sh</c> and <c>sleep</c>.</summary>
    public static async Task<EngineProcess> StartAsync(CancellationToken ct)
    {
        var engine = new EngineProcess();
        var began = Stopwatch.GetTimestamp();
        while (await engine.TryDockerAsync(ct, "version") is not (0, _))
        {
            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new InvalidOperationException("dockerd does not answer.");
            }

            await Task.Delay(Pause, TimeProvider.System, ct);
        }

        var files = $"{engine._root}/image{BenchTask.Volume}";
        Directory.CreateDirectory(files);
        await engine.ShellAsync(
            $"cd '{engine._root}/image' && for file in /usr/bin/sh /usr/bin/sleep $(ldd /usr/bin/sleep | grep -o '/[^ ]*'); do cp -L --parents $file .; done "
                + $"&& tar -c . | docker import --change 'VOLUME {BenchTask.Volume}' --change 'ENV PATH=/usr/bin' - {BenchTask.Image}",
            ct);
        return engine;
    }

    /// <summary>Runs the docker command line.</summary>
    public async Task<string> DockerAsync(CancellationToken ct, params string[] arguments) => await TryDockerAsync(ct, arguments) is (0, var output)
        ? output.Trim()
        : throw new InvalidOperationException($"docker {string.Join(' ', arguments)} failed.");

    public async ValueTask DisposeAsync()
    {
        using (var stop = Start("kill", "-TERM", (await File.ReadAllTextAsync($"/proc/{_process.Id}/task/{_process.Id}/children")).Trim()))
        {
            await stop.WaitForExitAsync();
        }

        await _process.WaitForExitAsync().WaitAsync(Limit);
        _process.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private async Task<(int ExitCode, string Output)> TryDockerAsync(CancellationToken ct, params string[] arguments)
    {
        using var docker = Start("docker", arguments);
        var output = await docker.StandardOutput.ReadToEndAsync(ct);
        await docker.WaitForExitAsync(ct);
        return (docker.ExitCode, output);
    }

    private async Task ShellAsync(string script, CancellationToken ct)
    {
        using var shell = Start("bash", "-c", script);
        await shell.WaitForExitAsync(ct);
        if (shell.ExitCode != 0)
        {
            throw new InvalidOperationException(await shell.StandardError.ReadToEndAsync(ct));
        }
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOCKER_HOST"] = Socket;
        return Process.Start(start)!;
    }
}
