using System.Runtime.InteropServices;

namespace Tidepool.Agent.Posix;

/// <summary>What to start: a program in a session of its own, with nothing inherited but what is named here.</summary>
internal sealed record ChildStart
{
    public required string Path { get; init; }
    public required IReadOnlyList<string> Arguments { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required string WorkingDirectory { get; init; }

    /// <summary>A descriptor that the child gets as <see cref="HandedOverAs"/>; null for none.</summary>
    public int? HandedOver { get; init; }

    /// <summary>Number of <see cref="HandedOver"/> in the child.</summary>
    public const int HandedOverAs = 3;
}

/// <summary>
/// A running child. It leads a session and a process group, so that one signal reaches all that it started. posix_spawn
/// is used because .NET's own start knows no sessions and, unlike it, copies no page tables.
/// </summary>
internal sealed class ChildProcess
{
    private ChildProcess(int id, Task<int> exit, int output, int errors) => (Id, Exit, Output, Errors) = (id, exit, output, errors);

    public int Id { get; }

    /// <summary>The exit code; 128 and the signal's number for one that a signal ended.</summary>
    public Task<int> Exit { get; }

    /// <summary>Read end of standard output; the reader closes it.</summary>
    public int Output { get; }

    /// <summary>Read end of standard error; the reader closes it.</summary>
    public int Errors { get; }

    /// <exception cref="IOException">The program could not be started; the message says why, as the system does.</exception>
    public static unsafe ChildProcess Start(ChildStart start, ChildReaper reaper)
    {
        var output = MakePipe();
        var errors = MakePipe();
        Libc.SpawnActions actions;
        Libc.SpawnAttributes attributes;
        Libc.SignalSet all, none;
        Libc.posix_spawn_file_actions_init(&actions);
        Libc.posix_spawnattr_init(&attributes);
        try
        {
            Libc.posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", Libc.O_RDONLY, 0);
            Libc.posix_spawn_file_actions_adddup2(&actions, output.Write, 1);
            Libc.posix_spawn_file_actions_adddup2(&actions, errors.Write, 2);
            if (start.HandedOver is { } handedOver)
            {
                Libc.posix_spawn_file_actions_adddup2(&actions, handedOver, ChildStart.HandedOverAs);
            }
            Libc.posix_spawn_file_actions_addchdir_np(&actions, start.WorkingDirectory);

            // .NET ignores SIGPIPE; a step must not.
            Libc.sigfillset(&all);
            Libc.sigemptyset(&none);
            Libc.posix_spawnattr_setsigdefault(&attributes, &all);
            Libc.posix_spawnattr_setsigmask(&attributes, &none);
            Libc.posix_spawnattr_setflags(
                &attributes,
                Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSID);

            using var argv = new CStrings([start.Path, .. start.Arguments]);
            using var envp = CStrings.Of(start.Environment);
            var (actionsAt, attributesAt) = ((nint)(&actions), (nint)(&attributes));
            var (id, exit) = reaper.Watch(() => Spawn(start.Path, actionsAt, attributesAt, argv, envp));
            return new ChildProcess(id, exit, output.Read, errors.Read);
        }
        catch (IOException)
        {
            Libc.close(output.Read);
            Libc.close(errors.Read);
            throw;
        }
        finally
        {
            Libc.close(output.Write);
            Libc.close(errors.Write);
            Libc.posix_spawn_file_actions_destroy(&actions);
            Libc.posix_spawnattr_destroy(&attributes);
        }
    }

    /// <summary>Sends a signal to the child's process group.</summary>
    public void Signal(int signal) => Libc.kill(-Id, signal);

    /// <summary>A pipe that no child inherits unless it is handed over.</summary>
    public static unsafe (int Read, int Write) MakePipe()
    {
        var ends = stackalloc int[2];
        return Libc.pipe2(ends, Libc.O_CLOEXEC) == 0
            ? (ends[0], ends[1])
            : throw new IOException(Libc.Describe(Marshal.GetLastPInvokeError()));
    }

    private static unsafe int Spawn(string path, nint actions, nint attributes, CStrings argv, CStrings envp)
    {
        int id;
        var error = Libc.posix_spawn(
            &id, path, (Libc.SpawnActions*)actions, (Libc.SpawnAttributes*)attributes, argv.Pointer, envp.Pointer);
        return error == 0 ? id : throw new IOException($"{path}: {Libc.Describe(error)}");
    }
}
