using System.Diagnostics;
using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Tidepool.Tests.Fargate.Runtimes;

/// <summary>Images made of this machine's own shell and tools, so that the tests need no registry.</summary>
internal static class TestImage
{
    /// <summary>What the sandbox says of the agent's image: user agent, and <c>/shared-storage</c> is the agent's and a VOLUME.</summary>
    public const string Agent = "tidepool-agent:1";

    /// <summary>The same with content, another owner and mode in the VOLUME, content at a path without one, and SIGINT to stop.</summary>
    public const string Seeded = "seeded:1";

    /// <summary>The agents' image: the built-in agent is its program, and it has git and what the demonstration's scripts use.</summary>
    public const string Demonstration = "tidepool-agent:demonstration";

    private static readonly string[] MoreTools =
        ["git", "tar", "gzip", "sha256sum", "date", "basename", "dirname", "find", "wc", "cut", "sed", "sort", "uname", "mktemp", "cp", "mv", "realpath", "xargs"];

    private static readonly string[] Tools =
    [
        "bash", "sh", "ls", "cat", "id", "stat", "touch", "sleep", "chown", "chmod", "mkdir", "rm", "ln", "grep", "env", "head", "tail", "tr", "readlink", "setsid",
        "timeout", "perl", "cksum", "dd", "df", "fallocate",
    ];

    /// <summary>The architecture of the images, in Go's words.</summary>
    public static string Architecture => RuntimeInformation.ProcessArchitecture is System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>Gives an engine the images.</summary>
    public static async Task LoadAsync(DockerClient client, CancellationToken ct)
    {
        var volumes = new Dictionary<string, object> { ["/shared-storage"] = new { } };
        await LoadAsync(
            client, Agent, [Folder("shared-storage", 1000, 1000, 0x1ed)], new { User = "agent", Env = (string[])["PATH=/bin"], WorkingDir = "/home/agent", Volumes = volumes }, ct);
        await LoadAsync(
            client,
            Seeded,
            [
                Folder("shared-storage", 1000, 12, 0x3f8), // 1770
                Folder("shared-storage/sub", 12, 34, 0x5ed), // 2755
                File("shared-storage/sub/large", new byte[3 << 20]),
                File("shared-storage/sub/kept", "from the image\n", 1000, 1000),
                new PaxTarEntry(TarEntryType.HardLink, "shared-storage/sub/again") { LinkName = "shared-storage/sub/kept", Uid = 1000, Gid = 1000 },
                new PaxTarEntry(TarEntryType.SymbolicLink, "shared-storage/sub/link") { LinkName = "kept" },
                Folder("data", 0, 0, 0x1ed),
                File("data/hidden", "never seen\n", 0, 0),
            ],
            new
            {
                User = "agent",
                Env = (string[])["PATH=/bin", "GREETING=hello"],
                WorkingDir = "/tmp",
                Volumes = volumes,
                StopSignal = "SIGINT",
                Entrypoint = (string[])["bash", "-c"],
                Cmd = (string[])["echo the image; id -u; pwd; echo $GREETING"],
            },
            ct);
    }

    /// <summary>Gives an engine the agents' image.</summary>
    public static async Task LoadDemonstrationAsync(DockerClient client, string agentBinary, CancellationToken ct)
    {
        const string agent = "opt/tidepool/tidepool-agent";
        var gitCore = (await OutputAsync("git", "--exec-path", ct)).Trim();
        await LoadAsync(
            client,
            Demonstration,
            [
                Folder("shared-storage", 1000, 1000, 0x1ed),
                File(agent, await System.IO.File.ReadAllBytesAsync(agentBinary, ct), 0x1ed),
            ],
            new
            {
                User = "agent",
                Env = (string[])["PATH=/bin", "HOME=/home/agent"],
                WorkingDir = "/home/agent",
                Volumes = new Dictionary<string, object> { ["/shared-storage"] = new { } },
                Entrypoint = (string[])[$"/{agent}", "builtin"],
            },
            ct,
            [
                .. MoreTools.Select(tool => (PathOf(tool), $"bin/{tool}")),
                ($"{gitCore}/git-remote-http", $"{gitCore[1..]}/git-remote-http"),

                // The agent opens it by name, for its key.
                .. Directory.GetDirectories("/usr/lib", "*-linux-gnu").Append("/usr/lib64").Select(folder => $"{folder}/libssl.so.3")
                    .Where(System.IO.File.Exists).Select(path => (path, path[1..])),
            ]);
    }

    // As docker save writes an image: https://github.com/moby/docker-image-spec/blob/main/v1.2.md
    private static async Task LoadAsync(DockerClient client, string name, IReadOnlyList<TarEntry> more, object config, CancellationToken ct, IReadOnlyList<(string Path, string Name)>? programs = null)
    {
        var layer = await LayerAsync(more, [.. Tools.Select(tool => (PathOf(tool), $"bin/{tool}")), .. programs ?? []], ct);
        var described = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = Architecture,
            os = "linux",
            config,
            rootfs = new { type = "layers", diff_ids = (string[])[$"sha256:{Convert.ToHexStringLower(SHA256.HashData(layer))}"] },
        });
        using var archive = new MemoryStream();
        await using (var tar = new TarWriter(archive, leaveOpen: true))
        {
            await tar.WriteEntryAsync(File("config.json", described), ct);
            await tar.WriteEntryAsync(File("layer.tar", layer), ct);
            await tar.WriteEntryAsync(
                File("manifest.json", JsonSerializer.SerializeToUtf8Bytes((object[])[new { Config = "config.json", RepoTags = (string[])[name], Layers = (string[])["layer.tar"] }])), ct);
        }

        archive.Position = 0;
        await client.Images.LoadImageAsync(new ImageLoadParameters(), archive, new Progress<JSONMessage>(), ct);
    }

    private static async Task<byte[]> LayerAsync(IReadOnlyList<TarEntry> more, IReadOnlyList<(string Path, string Name)> programs, CancellationToken ct)
    {
        using var layer = new MemoryStream();
        await using (var tar = new TarWriter(layer, leaveOpen: true))
        {
            foreach (var entry in (TarEntry[])
            [
                Folder("tmp", 0, 0, 0x3ff), Folder("usr", 0, 0, 0x1ed), Folder("root", 0, 0, 0x1c0), Folder("home/agent", 1000, 1000, 0x1ed),
                Folder("opt/tidepool", 0, 0, 0x1ed), new PaxTarEntry(TarEntryType.SymbolicLink, "usr/bin") { LinkName = "/bin" },
                File("etc/passwd", "root:x:0:0::/root:/bin/bash\nagent:x:1000:1000::/home/agent:/bin/bash\n", 0, 0),
                File("etc/group", "root:x:0:\nagent:x:1000:\n", 0, 0),
                .. more,
            ])
            {
                await tar.WriteEntryAsync(entry, ct);
            }

            var written = new HashSet<string>();
            foreach (var (path, name) in programs)
            {
                foreach (var (source, target) in (await LibrariesAsync(path, ct)).Select(library => (library, library[1..])).Append((path, name)))
                {
                    if (written.Add(target))
                    {
                        await tar.WriteEntryAsync(File(target, await System.IO.File.ReadAllBytesAsync(source, ct), 0x1ed), ct);
                    }
                }
            }
        }

        return layer.ToArray();
    }

    private static PaxTarEntry Folder(string name, int uid, int gid, int mode) =>
        new(TarEntryType.Directory, name + "/") { Uid = uid, Gid = gid, Mode = (UnixFileMode)mode };

    private static PaxTarEntry File(string name, string content, int uid, int gid)
    {
        var file = File(name, Encoding.UTF8.GetBytes(content));
        (file.Uid, file.Gid) = (uid, gid);
        return file;
    }

    private static PaxTarEntry File(string name, byte[] content, int mode = 0x1a4) =>
        new(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)mode, DataStream = new MemoryStream(content) };

    private static string PathOf(string tool) => new[] { "/usr/bin", "/bin" }.Select(folder => Path.Combine(folder, tool)).First(System.IO.File.Exists);

    private static async Task<IEnumerable<string>> LibrariesAsync(string program, CancellationToken ct) =>
        (await OutputAsync("ldd", program, ct)).Split('\n').SelectMany(line => line.Split(' ', '\t').Where(word => word.StartsWith('/')).Take(1));

    private static async Task<string> OutputAsync(string program, string argument, CancellationToken ct)
    {
        using var process = Process.Start(new ProcessStartInfo(program, argument) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return output;
    }
}
