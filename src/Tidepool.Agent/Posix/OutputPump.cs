using System.Runtime.InteropServices;
using System.Text;

namespace Tidepool.Agent.Posix;

/// <summary>Reads a child's two streams on one thread and hands on whole lines in the order in which they came.</summary>
internal sealed class OutputPump(ChildProcess child, Action<string, bool> onLine, TimeProvider clock)
{
    /// <summary>How long a silent stream that something else holds open is still read after the child ended. Default 0.5 s.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a talking one is. Default 10 s.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(10);

    private const int PollMilliseconds = 100;

    /// <summary>Room for a child that writes while this side is busy; what it writes meanwhile is read at once then. The system may give less.</summary>
    private const int PipeSize = 512 * 1024;

    /// <summary>
    /// Reads of no more than this, sooner than <see cref="Often"/> after the one before: the child writes line by line, and reading each as
    /// it comes takes the processor from it. A millisecond's rest lets many come together.
    /// </summary>
    private const int FewBytes = 4096;
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(0.5);

    /// <summary>Ends when both streams ended, or soon after the child did while a left-over process holds them.</summary>
    public Task RunAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Pump();
                done.SetResult();
            }
            catch (IOException e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = "child output" }.Start();
        return done.Task;
    }

    private unsafe void Pump()
    {
        var output = new LineSplitter(line => onLine(line, false));
        var errors = new LineSplitter(line => onLine(line, true));
        var buffer = new byte[64 * 1024];
        Libc.fcntl(child.Output, Libc.F_SETPIPE_SZ, PipeSize);
        var fds = stackalloc Libc.PollFd[2];
        fds[0] = new() { Fd = child.Output, Events = Libc.POLLIN };
        fds[1] = new() { Fd = child.Errors, Events = Libc.POLLIN };
        long? endedAt = null;
        var lastRead = clock.GetTimestamp();
        try
        {
            // poll(2) passes over negative descriptors.
            while (fds[0].Fd >= 0 || fds[1].Fd >= 0)
            {
                var ready = Libc.poll(fds, 2, PollMilliseconds);
                if (ready > 0)
                {
                    var count = ReadReady(ref fds[0], buffer, output) + ReadReady(ref fds[1], buffer, errors);
                    if (count is > 0 and <= FewBytes && clock.GetElapsedTime(lastRead) < Often)
                    {
                        Libc.poll(fds, 0, 1);
                    }
                    lastRead = clock.GetTimestamp();
                }
                if (child.Exit.IsCompleted)
                {
                    endedAt ??= clock.GetTimestamp();
                    if (clock.GetElapsedTime(Math.Max(lastRead, endedAt.Value)) > Quiet || clock.GetElapsedTime(endedAt.Value) > Longest)
                    {
                        break;
                    }
                }
            }
        }
        finally
        {
            Libc.close(child.Output);
            Libc.close(child.Errors);
        }
        output.Finish();
        errors.Finish();
    }

    /// <summary>Answers how many bytes came.</summary>
    private static unsafe nint ReadReady(ref Libc.PollFd fd, byte[] buffer, LineSplitter lines)
    {
        if (fd.Fd < 0 || fd.Returned == 0)
        {
            return 0;
        }
        nint count;
        fixed (byte* at = buffer)
        {
            count = Libc.read(fd.Fd, at, (nuint)buffer.Length);
        }
        if (count > 0)
        {
            lines.Add(buffer.AsSpan(0, (int)count));
        }
        else if (count == 0 || Marshal.GetLastPInvokeError() != Libc.EINTR)
        {
            fd.Fd = -1;
        }
        return Math.Max(count, 0);
    }
}

/// <summary>Cuts bytes into lines at LF, CR or CRLF. A line over 1 MiB is handed on in pieces.</summary>
internal sealed class LineSplitter(Action<string> onLine)
{
    private const int LongestLine = 1024 * 1024;

    private readonly List<byte> _partial = [];
    private bool _afterCarriageReturn;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_afterCarriageReturn && bytes[0] == '\n')
            {
                bytes = bytes[1..];
                _afterCarriageReturn = false;
                continue;
            }
            _afterCarriageReturn = false;
            var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                _partial.AddRange(bytes);
                if (_partial.Count > LongestLine)
                {
                    Emit();
                }
                return;
            }
            _afterCarriageReturn = bytes[end] == '\r';
            if (_partial.Count == 0)
            {
                onLine(Encoding.UTF8.GetString(bytes[..end]));
            }
            else
            {
                _partial.AddRange(bytes[..end]);
                Emit();
            }
            bytes = bytes[(end + 1)..];
        }
    }

    public void Finish()
    {
        if (_partial.Count > 0)
        {
            Emit();
        }
    }

    private void Emit()
    {
        onLine(Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_partial)));
        _partial.Clear();
    }
}
