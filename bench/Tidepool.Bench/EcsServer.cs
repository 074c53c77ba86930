using System.Diagnostics;
using System.Globalization;

namespace Tidepool.Bench;

/// <summary>A program that answers the ECS API on a free port of 127.0.0.1: <c>tidepool serve</c> or <c>moto_server</c>.</summary>
internal sealed class EcsServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _state;

    private EcsServer(Process process, string state, Uri url, TimeSpan startedIn) => (_process, _state, Url, StartedIn) = (process, state, url, startedIn);

    /// <summary>Where it answers.</summary>
    public Uri Url { get; }

    /// <summary>From the start of its process until it said where it answers.</summary>
    public TimeSpan StartedIn { get; }

    public int Pid => _process.Id;

    /// <summary>Folder of the environment; only of <c>tidepool serve</c>.</summary>
    public string EnvironmentFolder => Directory.GetDirectories(Path.Combine(_state, "tidepool", "environments")).Single();

    /// <param name="installed">What was built.</param>
    /// <param name="engine">The container engine to use; null for the sandbox.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="pipelinesPort">Port of the embedded service, which keeps its state then; 0 for any.</param>
    public static Task<EcsServer> TidepoolAsync(Installed installed, string? engine, CancellationToken ct, int pipelinesPort = 0)
    {
        string[] ports = ["--ecs-port", "0", "--pipelines-port", pipelinesPort.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(installed.Script, ["serve", .. ports, "--runtime", engine is null ? "sandbox" : "docker"]);
        start.Environment["TIDEPOOL_TOKEN"] = PipelinesServer.Token;
        start.Environment["DOCKER_HOST"] = engine;
        return StartAsync(start, "export AWS_ENDPOINT_URL=", "ready", ct);
    }

    public static Task<EcsServer> MotoAsync(CancellationToken ct) =>
        StartAsync(new("moto_server", ["-H", "127.0.0.1", "-p", "0"]), " * Running on ", " * Running on ", ct);

    /// <summary>Ends it as Ctrl-C does, and waits for that.</summary>
    public async ValueTask DisposeAsync()
    {
        using (var stop = Process.Start("kill", ["-INT", Pid.ToString(CultureInfo.InvariantCulture)]))
        {
            await stop.WaitForExitAsync();
        }

        await _process.WaitForExitAsync().WaitAsync(Limit);
        _process.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    private static async Task<EcsServer> StartAsync(ProcessStartInfo start, string address, string ready, CancellationToken ct)
    {
        var state = Directory.CreateTempSubdirectory("tidepool-bench-").FullName;
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        (start.Environment["XDG_STATE_HOME"], start.Environment["PYTHONUNBUFFERED"]) = (state, "1");
        var listening = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        var url = "";
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        process.OutputDataReceived += Read;
        process.ErrorDataReceived += Read;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process, state, new(url = await UrlAsync()), await listening.Task);

        async Task<string> UrlAsync()
        {
            await listening.Task.WaitAsync(Limit, ct);
            return url;
        }

        void Read(object sender, DataReceivedEventArgs line)
        {
            if (line.Data?.StartsWith(address, StringComparison.Ordinal) is true)
            {
                url = line.Data[address.Length..];
            }

            if (line.Data?.StartsWith(ready, StringComparison.Ordinal) is true)
            {
                listening.TrySetResult(Stopwatch.GetElapsedTime(began));
            }
        }
    }
}
