using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidepool.Fargate.Runtimes;

/// <summary>A container that was started: bubblewrap, and under it the program as PID 1 of its own namespace.</summary>
internal sealed class SandboxContainer(Process bwrap, SandboxContainerSpec spec, SandboxMode mode, ContainerLog log, TimeProvider clock)
    : IRunningContainer
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);

    // A program that is itself one of the tools on the way cannot be told from them; it is taken as started then.
    private static readonly TimeSpan ProgramLimit = TimeSpan.FromMilliseconds(250);

    private readonly TaskCompletionSource<ProcessIdentity?> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ContainerEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _head = new();
    private readonly ProcessStats _stats = new(clock);

    /// <summary>PID 1 of the container, as this machine counts it; null when it was gone before it could be looked at.</summary>
    public ProcessIdentity? Init { get; private set; }

    /// <summary>The process that started bubblewrap, or bubblewrap's own.</summary>
    public ProcessIdentity? Monitor { get; private set; }

    public IReadOnlyList<ProcessIdentity> Processes => [.. new[] { Init, Monitor }.OfType<ProcessIdentity>()];

    /// <summary>Exit code and time, once every process of the container is gone.</summary>
    public Task<ContainerEnd> Ended => _ended.Task;

    /// <summary>Hands bubblewrap its options and waits until the program runs.</summary>
    /// <exception cref="IOException">bubblewrap ended before; holds what it said.</exception>
    public async Task RunAsync(IReadOnlyList<string> options, CancellationToken ct)
    {
        Monitor = ProcessIdentity.Of(bwrap.Id);

        // One thread for each container: reading a pipe blocks, and the pool's few threads are needed elsewhere.
        new Thread(() => Follow(options), 256 * 1024) { Name = $"container {spec.RuntimeId}", IsBackground = true }.Start();
        try
        {
            Init = await _started.Task.WaitAsync(StartLimit, clock, ct);
        }
        catch (TimeoutException)
        {
            Monitor?.Signal(LinuxCalls.SigKill);
            throw new IOException($"bubblewrap did not start the program within {StartLimit.TotalSeconds} s");
        }
        catch (OperationCanceledException)
        {
            Monitor?.Signal(LinuxCalls.SigKill);
            throw;
        }
    }

    public async Task<JsonObject?> StatsAsync(CancellationToken ct) => Init is { IsAlive: true } init ? await _stats.ReadAsync(init.Pid, ct) : null;

    public Task<CommandEnd> ExecuteAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken ct) => Init is { IsAlive: true } init
        ? SandboxCommand.RunAsync(init, spec, mode, command, limit, clock, ct)
        : Task.FromResult(new CommandEnd(-1, "the container does not run"));

    /// <summary>Sends the stop signal to the program; without a handler PID 1 ignores it, as in any container.</summary>
    public void Stop()
    {
        foreach (var process in Targets())
        {
            process.Signal(LinuxCalls.SigTerm);
        }
    }

    /// <summary>Kills PID 1, or what started it, and with it every process of the container.</summary>
    public void Kill() => (Init ?? Monitor)?.Signal(LinuxCalls.SigKill);

    private IEnumerable<ProcessIdentity> Targets() => Init is null ? []
        : !spec.Init ? [Init]
        : ProcessIdentity.ChildrenOf(Init.Pid).Select(ProcessIdentity.Of).OfType<ProcessIdentity>();

    private void Follow(IReadOnlyList<string> options)
    {
        HandOver(options);
        using var status = new StreamReader(bwrap.StandardError.BaseStream);
        if (status.ReadLine() is { } first && ChildPid(first) is { } reported)
        {
            // Under the launcher's namespace bubblewrap counts processes otherwise; there its child is the launcher's grandchild.
            var pid = mode.Users is SandboxUsers.SingleUid
                ? reported
                : ProcessIdentity.ChildrenOf(bwrap.Id).SelectMany(ProcessIdentity.ChildrenOf).FirstOrDefault();
            var init = pid == 0 ? null : ProcessIdentity.Of(pid);
            SpinWait.SpinUntil(() => IsProgram(pid), ProgramLimit);
            _started.SetResult(init);
        }

        var buffer = new byte[16 * 1024];
        var output = bwrap.StandardOutput.BaseStream;
        for (int length; (length = output.Read(buffer)) > 0;)
        {
            _head.Write(buffer, 0, (int)Math.Min(length, Math.Max(0, 2048 - _head.Length)));
            log.Write(buffer.AsSpan(0, length));
        }

        // bubblewrap reports "exit-code" only of a program that it could start.
        var ran = status.ReadToEnd().Contains("\"exit-code\"", StringComparison.Ordinal);
        bwrap.WaitForExit();
        var end = new ContainerEnd(bwrap.ExitCode, clock.GetUtcNow(), StartFailure(ran, bwrap.ExitCode));
        bwrap.Dispose();
        log.Dispose();
        _started.TrySetException(new IOException(end.StartFailure ?? $"bubblewrap ended with {end.ExitCode}"));
        _ended.SetResult(end);
    }

    private void HandOver(IReadOnlyList<string> options)
    {
        try
        {
            using var input = bwrap.StandardInput.BaseStream;
            input.Write(Encoding.UTF8.GetBytes(string.Concat(options.Select(option => $"{option}\0"))));
        }
        catch (IOException)
        {
            // bubblewrap is gone already; what it said follows on its output.
        }
    }

    private string? StartFailure(bool ran, int exitCode)
    {
        var said = Encoding.UTF8.GetString(_head.ToArray()).Trim();
        var notFound = exitCode is 126 or 127 && mode.Users is not SandboxUsers.SingleUid
            && said.StartsWith("setpriv: failed to execute", StringComparison.Ordinal);
        return ran && !notFound ? null
            : exitCode is 137 or 143 ? null
            : said.Length > 0 ? said : $"bubblewrap ended with {exitCode}";
    }

    // bubblewrap names the process before the program is in it; a signal until then would be lost.
    private static bool IsProgram(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").TrimEnd() is not ("bwrap" or "setpriv");
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static int? ChildPid(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.TryGetProperty("child-pid", out var pid) ? pid.GetInt32() : null;
    }
}
