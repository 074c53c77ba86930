namespace Tidepool.Fargate.Runtimes;

/// <summary>Finds out what the sandbox can do on this machine, by trying it.</summary>
internal static class SandboxProbe
{
    /// <summary>The best mode that works here.</summary>
    /// <param name="searchPath">Folders with the tools, separated by colons, as in PATH.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ProblemException">A tool is missing, or no namespaces can be had; names the mend.</exception>
    public static async Task<SandboxMode> FindAsync(string searchPath, CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new ProblemException("SANDBOX004", "The sandbox needs Linux.", "Run Tidepool on Linux, or in WSL 2.");
        }

        string Tool(string name, string package) => Search(searchPath, name) ?? throw new ProblemException(
            "SANDBOX001",
            $"There is no {name} in PATH, which the sandbox is made with.",
            $"Install the package {package}, as in: sudo apt-get install {package}");
        var tools = new SandboxTools(
            Tool("bwrap", "bubblewrap"), Tool("setpriv", "util-linux"), Tool("setsid", "util-linux"), Tool("unshare", "util-linux"),
            Tool("nsenter", "util-linux"));

        var tried = new List<string>();
        if (LinuxCalls.EffectiveUid == 0)
        {
            var root = new SandboxMode(SandboxUsers.Root, tools);
            if (await WorksAsync(root, tried, ct))
            {
                return root;
            }
        }
        else if (Search(searchPath, "newuidmap") is not null && await MapsAsync(tools, ct) is { } rootless
            && await WorksAsync(rootless, tried, ct))
        {
            return rootless;
        }

        var single = new SandboxMode(SandboxUsers.SingleUid, tools);
        return await WorksAsync(single, tried, ct)
            ? single
            : throw new ProblemException(
                "SANDBOX002",
                $"This machine lets bubblewrap make no namespaces: {tried[^1]}",
                "Allow them: sudo sysctl -w user.max_user_namespaces=15000 and, where they exist, kernel.unprivileged_userns_clone=1 and "
                + "kernel.apparmor_restrict_unprivileged_userns=0; in a container, give it CAP_SYS_ADMIN.");
    }

    private static async Task<bool> WorksAsync(SandboxMode mode, List<string> tried, CancellationToken ct)
    {
        var user = BuiltInImages.Agent.UserOf(null)!;
        string[] command =
        [
            .. mode.Launcher, .. SandboxArguments.Namespaces(mode, user, init: false),
            "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--",
            .. SandboxArguments.AsUser(mode, user, [], null), "/bin/sh", "-c", ":",
        ];
        var (exitCode, output) = await ToolProcess.RunAsync(command, ct);
        if (exitCode != 0)
        {
            tried.Add(output.Trim().ReplaceLineEndings(" "));
        }

        return exitCode == 0;
    }

    private static async Task<SandboxMode?> MapsAsync(SandboxTools tools, CancellationToken ct)
    {
        var (exitCode, output) = await ToolProcess.RunAsync(
            [tools.Unshare, .. SandboxMode.MapRange, "/bin/sh", "-c", "cat /proc/self/uid_map && echo - && cat /proc/self/gid_map"], ct);
        return exitCode == 0 && output.Split('-') is [var uids, var gids]
            && (IdRange.Parse(uids), IdRange.Parse(gids)) is ({ } uidRange, { } gidRange)
            ? new(SandboxUsers.Rootless, tools) { UidRange = uidRange, GidRange = gidRange }
            : null;
    }

    private static string? Search(string searchPath, string name) =>
        searchPath.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
