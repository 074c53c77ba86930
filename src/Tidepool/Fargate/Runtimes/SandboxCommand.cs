using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Runtimes;

/// <summary>Runs a command in a container of the sandbox: in its namespaces, as its user, with its variables and in its folder.</summary>
internal static class SandboxCommand
{
    private const string InFolder = """cd "$0" && exec "$@" """;

    // What a killed command leaves behind may hold its pipes open.
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);

    public static async Task<CommandEnd> RunAsync(
        ProcessIdentity init, SandboxContainerSpec spec, SandboxMode mode, IReadOnlyList<string> command, TimeSpan limit, TimeProvider clock, CancellationToken ct)
    {
        using var owner = mode.Users is SandboxUsers.SingleUid ? LinuxCalls.OpenOwnerOfNamespace($"/proc/{init.Pid}/ns/mnt") : null;
        string[] all = [mode.Tools.Setsid, .. Enter(mode, init.Pid, owner), .. AsUser(spec, mode), "/bin/sh", "-c", InFolder, spec.WorkingDirectory, .. command];
        var info = new ProcessStartInfo(all[0], all.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        info.Environment.Clear();
        foreach (var (name, value) in spec.Environment)
        {
            info.Environment[name] = value;
        }

        using var process = Process.Start(info)!;
        process.StandardInput.Close();
        var output = Task.WhenAll(ReadAsync(process.StandardOutput.BaseStream), ReadAsync(process.StandardError.BaseStream));
        try
        {
            await process.WaitForExitAsync(ct).WaitAsync(limit, clock, ct);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            return CommandEnd.TooLong(limit);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new(process.ExitCode, await TextAsync(output, ct));
    }

    // bubblewrap has mounted as root of one user namespace, and the container is in another one inside of it; only from the outer one
    // its other namespaces can be entered.
    private static IEnumerable<string> Enter(SandboxMode mode, int pid, SafeFileHandle? owner) =>
    [
        mode.Tools.Nsenter, "--target", $"{pid}", "--mount", "--pid", "--ipc", "--uts",
        .. mode.Users switch
        {
            SandboxUsers.Root => ["--"],
            SandboxUsers.Rootless => ["--user", "--"],
            _ => new[]
            {
                $"--user=/proc/{Environment.ProcessId}/fd/{owner!.DangerousGetHandle()}", "--preserve-credentials", "--",
                mode.Tools.Nsenter, "--target", "1", "--user", "--preserve-credentials", "--",
            },
        },
    ];

    private static IReadOnlyList<string> AsUser(SandboxContainerSpec spec, SandboxMode mode) => mode.Users is not SandboxUsers.SingleUid
        ? SandboxArguments.AsUser(mode, spec.User, spec.Groups, spec.Capabilities)
        : spec.User.Uid == 0
        ? [mode.Tools.Setpriv, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"]
        : [mode.Tools.Setpriv, "--no-new-privs", "--"];

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        var kept = new MemoryStream();
        var buffer = new byte[CommandEnd.MostOutput];
        try
        {
            for (int length; (length = await stream.ReadAsync(buffer)) > 0;)
            {
                kept.Write(buffer, 0, (int)Math.Min(length, CommandEnd.MostOutput - kept.Length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody waits for the rest any more.
        }

        return kept.ToArray();
    }

    private static async Task<string> TextAsync(Task<byte[][]> output, CancellationToken ct)
    {
        try
        {
            var bytes = await output.WaitAsync(OutputLimit, TimeProvider.System, ct);
            return Encoding.UTF8.GetString([.. bytes.SelectMany(stream => stream).Take(CommandEnd.MostOutput)]);
        }
        catch (TimeoutException)
        {
            return "";
        }
    }
}
