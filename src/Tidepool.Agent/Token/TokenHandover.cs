using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Token;

/// <summary>
/// Takes the secret, a token or a client secret, out of the environment for good. Unsetting a variable does not do that: what
/// <c>/proc/PID/environ</c> shows is the memory the kernel filled at exec. So the process executes itself anew, same id,
/// with an environment that never held the secret, and hands it over through a pipe.
/// </summary>
internal static class TokenHandover
{
    /// <summary>Argument that names the pipe's read end. Not for users: without the pipe it is worth nothing.</summary>
    public const string Option = "--token-fd";

    private const int HighestInherited = 1024;

    /// <summary>
    /// Closes this process's memory and most of its /proc to every other process of the same user: no core dump, no
    /// ptrace, no /proc/PID/mem or environ. An exec undoes it, so both images call it.
    /// </summary>
    /// <remarks>Source: https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html</remarks>
    public static void ProtectMemory() => Libc.prctl(Libc.PR_SET_DUMPABLE, 0, 0, 0, 0);

    /// <summary>Variables of this process without those that are for secrets, and without any whose value holds this one, whatever its name.</summary>
    public static Dictionary<string, string> EnvironmentWithout(string secret) => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .Where(variable => !TokenSettings.SecretVariables.Contains((string)variable.Key)
            && !((string)variable.Value!).Contains(secret, StringComparison.Ordinal))
        .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);

    /// <summary>Replaces this process by itself. Does not return.</summary>
    /// <exception cref="AgentException">The system refused; the message says why.</exception>
    public static unsafe void ReExecute(IReadOnlyList<string> arguments, string secret)
    {
        var (read, write) = ChildProcess.MakePipe();
        var bytes = Encoding.UTF8.GetBytes(secret);
        fixed (byte* at = bytes)
        {
            // A pipe holds 64 KiB before a write waits; a secret is far shorter.
            if (Libc.write(write, at, (nuint)bytes.Length) != bytes.Length)
            {
                throw Refused();
            }
        }
        CryptographicZero(bytes);
        Libc.close(write);
        Libc.fcntl(read, Libc.F_SETFD, 0);

        using var argv = new CStrings(["tidepool-agent", .. arguments, Option, read.ToString(CultureInfo.InvariantCulture)]);
        using var envp = CStrings.Of(EnvironmentWithout(secret));
        Libc.execve("/proc/self/exe", argv.Pointer, envp.Pointer);
        throw Refused();
    }

    /// <summary>Reads the secret that the former image left, and keeps every descriptor of this process from its children.</summary>
    public static unsafe string Receive(int fd)
    {
        for (var inherited = 3; inherited < HighestInherited; inherited++)
        {
            Libc.fcntl(inherited, Libc.F_SETFD, Libc.FD_CLOEXEC);
        }
        var secret = new byte[64 * 1024];
        var length = 0;
        fixed (byte* at = secret)
        {
            nint count;
            while ((count = Libc.read(fd, at + length, (nuint)(secret.Length - length))) > 0)
            {
                length += (int)count;
            }
        }
        Libc.close(fd);
        var text = Encoding.UTF8.GetString(secret, 0, length);
        CryptographicZero(secret);
        return text;
    }

    private static void CryptographicZero(byte[] bytes) => System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);

    private static AgentException Refused() => new(
        "AGENT002",
        $"The agent could not restart itself without the token in its environment: {Libc.Describe(Marshal.GetLastPInvokeError())}.",
        "Mount /proc in the container and let the agent execute its own file.");
}
