using System.Runtime.InteropServices;

namespace Tidepool.Agent.Posix;

/// <summary>What the agent needs of the C library that .NET has no call for. Numbers are Linux's on x64 and arm64.</summary>
internal static unsafe partial class Libc
{
    public const int SIGINT = 2;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;

    public const int EINTR = 4;
    public const int ECHILD = 10;

    public const int SIG_BLOCK = 0;
    public const int SIG_UNBLOCK = 1;

    public const int O_RDONLY = 0;
    public const int O_CLOEXEC = 0x80000;
    public const int F_SETPIPE_SZ = 1031;
    public const int F_SETFD = 2;
    public const int FD_CLOEXEC = 1;

    public const int PR_SET_DUMPABLE = 4;
    public const int PR_SET_CHILD_SUBREAPER = 36;

    public const short POSIX_SPAWN_SETSIGDEF = 0x04;
    public const short POSIX_SPAWN_SETSIGMASK = 0x08;
    public const short POSIX_SPAWN_SETSID = 0x80;

    public const short POLLIN = 1;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int prctl(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int execve(string path, byte** argv, byte** envp);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollFd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint signal(int signal, nint handler);

    [LibraryImport("libc")]
    public static partial int sigfillset(SignalSet* set);

    [LibraryImport("libc")]
    public static partial int sigemptyset(SignalSet* set);

    [LibraryImport("libc")]
    public static partial int sigaddset(SignalSet* set, int signal);

    [LibraryImport("libc")]
    public static partial int pthread_sigmask(int how, SignalSet* set, SignalSet* old);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn(
        int* pid, string path, SpawnActions* actions, SpawnAttributes* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(SpawnAttributes* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(SpawnAttributes* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(SpawnAttributes* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(SpawnAttributes* attributes, SignalSet* set);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(SpawnAttributes* attributes, SignalSet* set);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(SpawnActions* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(SpawnActions* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(SpawnActions* actions, int fd, int newFd);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addopen(SpawnActions* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addchdir_np(SpawnActions* actions, string path);

    /// <summary>What the system says about an error number: <c>No space left on device</c>.</summary>
    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    /// <summary>128 bytes in glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    public struct SignalSet;

    /// <summary>336 bytes in glibc and musl; more is harmless.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 512)]
    public struct SpawnAttributes;

    /// <summary>80 bytes in glibc and musl; more is harmless.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct SpawnActions;
}
