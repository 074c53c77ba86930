namespace Tidepool.Fargate.Runtimes;

/// <summary>What bubblewrap is told: an allow-list of the machine, read-only, and the container's own folders.</summary>
internal static class SandboxArguments
{
    // In /etc only what name resolution, TLS, the time zone and Debian's alternatives need. Never a folder that may hold keys.
    private static readonly string[] EtcAllowed =
    [
        "ld.so.cache", "nsswitch.conf", "resolv.conf", "hosts", "localtime", "alternatives",
        "ssl/certs", "ssl/openssl.cnf", "ca-certificates", "pki/tls/certs", "pki/ca-trust", "crypto-policies",
    ];

    // What Docker gives root, but for raw sockets and devices: here they would be the machine's own.
    private static readonly string[] RootCapabilities =
        ["chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service"];

    /// <summary>Options that go through a descriptor, so that no process shows them: they hold the environment with its secrets.</summary>
    public static IReadOnlyList<string> Options(SandboxContainerSpec spec, SandboxMode mode) =>
    [
        .. Namespaces(mode, spec.User, spec.Init),
        "--hostname", spec.HostName,
        .. Machine(),
        .. Etc(spec.EtcFolder),
        "--proc", "/proc",
        // A real root could otherwise set the machine's kernel parameters.
        "--ro-bind", "/proc/sys", "/proc/sys",
        "--dev", "/dev", "--perms", "1777", "--size", "67108864", "--tmpfs", "/dev/shm",
        "--dir", "/run", "--dir", "/var", "--symlink", "../run", "/var/run", "--symlink", "../tmp", "/var/tmp",
        .. Layer(spec),
        "--dir", "/opt", "--dir", "/opt/tidepool", "--ro-bind", spec.AgentBinary, BuiltInImages.AgentPath,
        .. spec.Mounts.OrderBy(mount => mount.ContainerPath.Length)
            .SelectMany(mount => new[] { mount.ReadOnly ? "--ro-bind" : "--bind", mount.HostPath, mount.ContainerPath }),
        "--remount-ro", "/",
        "--chdir", spec.WorkingDirectory,
        "--clearenv",
        .. spec.Environment.SelectMany(variable => new[] { "--setenv", variable.Key, variable.Value }),
    ];

    /// <summary>Own mount, PID, IPC and UTS namespaces; all of it dies with its parent.</summary>
    public static IReadOnlyList<string> Namespaces(SandboxMode mode, ImageUser user, bool init) =>
    [
        .. mode.Users is SandboxUsers.SingleUid ? new[] { "--unshare-user", "--uid", $"{user.Uid}", "--gid", $"{user.Gid}" } : [],
        "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session",
        .. init ? Array.Empty<string>() : ["--as-pid-1"],
    ];

    /// <summary>What goes before the program: the container's user without capabilities, or root with a container's few.</summary>
    public static IReadOnlyList<string> AsUser(
        SandboxMode mode, ImageUser user, IReadOnlyList<int> groups, IReadOnlyList<string>? capabilities)
    {
        if (mode.Users is SandboxUsers.SingleUid)
        {
            return [];
        }

        var bounding = user.Uid == 0 ? $"-all{string.Concat(Bounding(capabilities ?? []).Select(name => $",+{name}"))}" : "-all";
        return
        [
            mode.Tools.Setpriv, "--reuid", $"{user.Uid}", "--regid", $"{user.Gid}",
            .. groups.Count == 0 ? (string[])["--clear-groups"] : ["--groups", string.Join(',', groups)],
            $"--bounding-set={bounding}", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--",
        ];
    }

    private static IEnumerable<string> Bounding(IReadOnlyList<string> changes)
    {
        var dropped = changes.Where(change => change[0] is '-').Select(change => change[1..]).ToArray();
        return dropped.Contains("all")
            ? Added(changes)
            : RootCapabilities.Except(dropped).Concat(Added(changes));
    }

    private static IEnumerable<string> Added(IReadOnlyList<string> changes) =>
        changes.Where(change => change[0] is '+').Select(change => change[1..]);

    private static IEnumerable<string> Machine()
    {
        yield return "--ro-bind";
        yield return "/usr";
        yield return "/usr";
        foreach (var name in new[] { "bin", "sbin", "lib", "lib32", "lib64", "libx32" })
        {
            var folder = new DirectoryInfo($"/{name}");
            if (!folder.Exists)
            {
                continue;
            }

            yield return folder.LinkTarget is null ? "--ro-bind" : "--symlink";
            yield return folder.LinkTarget ?? $"/{name}";
            yield return $"/{name}";
        }
    }

    private static IEnumerable<string> Etc(string ownFolder) =>
    [
        "--dir", "/etc", "--dir", "/etc/ssl", "--dir", "/etc/pki", "--dir", "/etc/pki/tls",
        .. EtcAllowed.SelectMany(name => new[] { "--ro-bind-try", $"/etc/{name}", $"/etc/{name}" }),
        "--ro-bind", $"{ownFolder}/passwd", "/etc/passwd", "--ro-bind", $"{ownFolder}/group", "/etc/group",
    ];

    private static IEnumerable<string> Layer(SandboxContainerSpec spec)
    {
        var bind = spec.ReadOnlyRoot ? "--ro-bind" : "--bind";
        var home = spec.User.Uid == 0 ? "/root" : "/home/agent";
        return ["--dir", "/home", bind, $"{spec.LayerFolder}/home", home, bind, $"{spec.LayerFolder}/tmp", "/tmp"];
    }
}
