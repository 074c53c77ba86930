using System.Globalization;
using System.Text.Json.Nodes;

namespace Tidepool.Fargate.Runtimes;

/// <summary>What the processes of a container of the sandbox take, as Docker's statistics spell it, from <c>/proc</c>.</summary>
/// <remarks>Networks and disks are left out: the kernel counts neither for processes alone. Source: proc(5).</remarks>
internal sealed class ProcessStats(TimeProvider clock)
{
    private const long NanosecondsOfTick = 10_000_000; // USER_HZ is 100 on every architecture that .NET runs on.
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private Sample? _last;

    /// <summary>Two samples, the first of which may be of an earlier read; null when the processes are gone.</summary>
    public async Task<JsonObject?> ReadAsync(int init, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var before = _last ?? Take(init);
            if (Apart - (clock.GetUtcNow() - before?.At) is { } wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, clock, ct);
            }

            _last = Take(init);
            return before is null || _last is null ? null : Of(before, _last);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static JsonObject Of(Sample before, Sample now) => new()
    {
        ["read"] = Time(now.At),
        ["preread"] = Time(before.At),
        ["pids_stats"] = new JsonObject { ["current"] = now.Processes },
        ["num_procs"] = 0,
        ["cpu_stats"] = Cpu(now),
        ["precpu_stats"] = Cpu(before),
        ["memory_stats"] = new JsonObject { ["usage"] = now.MemoryBytes, ["limit"] = now.MachineMemoryBytes, ["stats"] = new JsonObject() },
    };

    private static JsonObject Cpu(Sample sample) => new()
    {
        ["cpu_usage"] = new JsonObject
        {
            ["total_usage"] = sample.UserNanoseconds + sample.KernelNanoseconds,
            ["usage_in_kernelmode"] = sample.KernelNanoseconds,
            ["usage_in_usermode"] = sample.UserNanoseconds,
        },
        ["system_cpu_usage"] = sample.MachineNanoseconds,
        ["online_cpus"] = Environment.ProcessorCount,
    };

    private Sample? Take(int init)
    {
        try
        {
            var processes = Descendants(init).ToArray();
            var times = processes.Select(Times).ToArray();
            return new(
                clock.GetUtcNow(),
                times.Sum(time => time.User) * NanosecondsOfTick,
                times.Sum(time => time.Kernel) * NanosecondsOfTick,
                File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(7).Sum(Number) * NanosecondsOfTick,
                processes.Sum(Memory),
                Kilobytes("/proc/meminfo", "MemTotal:"),
                processes.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // What loses its parent becomes a child of the container's first process.
    private static IEnumerable<int> Descendants(int pid) => ProcessIdentity.ChildrenOf(pid).SelectMany(Descendants).Prepend(pid);

    // With the times of children that have ended.
    private static (long User, long Kernel) Times(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (Number(fields[11]) + Number(fields[13]), Number(fields[12]) + Number(fields[14]));
        }
        catch (IOException)
        {
            return default; // It has ended, and its parent counts it.
        }
    }

    // What is shared between processes is counted once where this user may see the shares.
    private static long Memory(int pid)
    {
        try
        {
            return Kilobytes($"/proc/{pid}/smaps_rollup", "Pss:");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            try
            {
                return Kilobytes($"/proc/{pid}/status", "VmRSS:");
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    private static long Kilobytes(string file, string name) => File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
        ? Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024
        : 0;

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Sample(
        DateTimeOffset At, long UserNanoseconds, long KernelNanoseconds, long MachineNanoseconds, long MemoryBytes, long MachineMemoryBytes, int Processes);
}
