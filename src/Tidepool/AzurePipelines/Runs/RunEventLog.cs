using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>The events of a run, kept, so that each reader gets all of them.</summary>
/// <param name="file">Where console lines are kept, which may be many; null for memory.</param>
/// <param name="clock">The time.</param>
internal sealed class RunEventLog(string? file, TimeProvider clock)
{
    // What a reader takes into memory at a time.
    private const int LongestSlice = 64 * 1024;

    // Lines that are kept in memory while the disk is full.
    private const int MostLinesInMemory = 10_000;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private TaskCompletionSource _changed = NewSignal();
    private SafeFileHandle? _handle;
    private long _bytes;
    private int _linesInMemory;
    private bool _closed;

    public void Add(RunEvent happened) => Change(() =>
    {
        if (file is null || happened is not LogLine line)
        {
            _entries.Add(new Event(happened));
        }
        else
        {
            Keep(file, line);
        }
    });

    /// <summary>No more events will come.</summary>
    public void Close() => Change(() =>
    {
        _closed = true;
        _handle?.Dispose();
    });

    /// <summary>The run goes on: more events will come. Who reads from now on gets all.</summary>
    public void Reopen() => Change(() => (_closed, _handle) = (false, null));

    public async IAsyncEnumerable<RunEvent> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (var (next, read) = (0, 0); ;)
        {
            Entry[] fresh;
            Task more;
            bool last;
            lock (_gate)
            {
                (fresh, more, last) = ([.. _entries.Skip(next)], _changed.Task, _closed);
            }

            foreach (var entry in fresh)
            {
                if (entry is Event { Happened: var happened })
                {
                    yield return happened;
                }
                else if (entry is Slice slice)
                {
                    foreach (var line in Lines(slice.Start + read, slice.Length - read))
                    {
                        yield return line;
                    }
                }

                read = 0;
            }

            // The last slice may still grow.
            (next, read) = fresh is [.., Slice open] ? (next + fresh.Length - 1, open.Length) : (next + fresh.Length, 0);
            if (last)
            {
                yield break;
            }

            await more.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Keep(string path, LogLine line)
    {
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, RunEventJson.Default.RunEvent), (byte)'\n'];
        try
        {
            _handle ??= File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(_handle, bytes, _bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (++_linesInMemory <= MostLinesInMemory)
            {
                _entries.Add(new Event(line));
            }
            else if (_linesInMemory == MostLinesInMemory + 1)
            {
                _entries.Add(new Event(new RunNotice(clock.GetUtcNow(), $"Console lines of this run are lost: {e.Message}")));
            }

            return;
        }

        if (_entries is [.., Slice slice] && slice.Length + bytes.Length <= LongestSlice)
        {
            _entries[^1] = slice with { Length = slice.Length + bytes.Length };
        }
        else
        {
            _entries.Add(new Slice(_bytes, bytes.Length));
        }

        _bytes += bytes.Length;
    }

    private List<RunEvent> Lines(long start, int length)
    {
        if (length == 0)
        {
            return [];
        }

        using var reader = new StreamReader(new FileSlice(file!, start, length), Encoding.UTF8);
        var lines = new List<RunEvent>();
        while (reader.ReadLine() is { } line)
        {
            lines.Add(JsonSerializer.Deserialize(line, RunEventJson.Default.RunEvent)!);
        }

        return lines;
    }

    private void Change(Action change)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            change();
            (signal, _changed) = (_changed, NewSignal());
        }

        signal.SetResult();
    }

    private abstract record Entry;

    private sealed record Event(RunEvent Happened) : Entry;

    /// <summary>Console lines in the file, by their bytes.</summary>
    private sealed record Slice(long Start, int Length) : Entry;
}
