using System.Diagnostics;
using System.Formats.Tar;
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

    private static readonly string[] Tools =
    [
        "bash", "sh", "ls", "cat", "id", "stat", "touch", "sleep", "chown", "chmod", "mkdir", "rm", "ln", "grep", "env", "head", "tail", "tr", "readlink", "setsid",
        "dd", "df", "hostname", "timeout",
    ];

    public static async Task ImportAsync(DockerClient client, CancellationToken ct)
    {
        await ImportAsync(client, Agent, [Folder("shared-storage", 1000, 1000, 0x1ed)], ["VOLUME /shared-storage"], ct);
        await ImportAsync(
            client,
            Seeded,
            [
                Folder("shared-storage/sub", 12, 34, 0x5ed), // 2755
                File("shared-storage/sub/kept", "from the image\n", 1000, 1000, 0x1a4), // 0644
                Folder("data", 0, 0, 0x1ed),
                File("data/hidden", "never seen\n", 0, 0, 0x1a4),
                Folder("shared-storage", 1000, 12, 0x3f8), // 1770
            ],
            ["VOLUME /shared-storage", "ENV GREETING=hello", "WORKDIR /tmp", "ENTRYPOINT [\"bash\", \"-c\"]", "CMD [\"echo the image; id -u; pwd; echo $GREETING\"]"],
            ct);

        // Debian 12's engine takes no STOPSIGNAL where an image is imported; a commit does.
        var container = await client.Containers.CreateContainerAsync(new() { Image = Seeded, StopSignal = "SIGINT" }, ct);
        await client.Images.CommitContainerChangesAsync(
            new() { ContainerID = container.ID, RepositoryName = Seeded.Split(':')[0], Tag = Seeded.Split(':')[1] }, ct);
        await client.Containers.RemoveContainerAsync(container.ID, new() { RemoveVolumes = true }, ct);
    }

    private static async Task ImportAsync(DockerClient client, string name, IReadOnlyList<TarEntry> more, string[] changes, CancellationToken ct)
    {
        using var archive = new MemoryStream();
        await using (var tar = new TarWriter(archive, leaveOpen: true))
        {
            foreach (var folder in (TarEntry[])
            [
                Folder("tmp", 0, 0, 0x3ff), Folder("usr", 0, 0, 0x1ed), Folder("root", 0, 0, 0x1c0), Folder("home/agent", 1000, 1000, 0x1ed),
                File("etc/passwd", "root:x:0:0::/root:/bin/bash\nagent:x:1000:1000::/home/agent:/bin/bash\n", 0, 0, 0x1a4),
                File("etc/group", "root:x:0:\nagent:x:1000:\n", 0, 0, 0x1a4),
            ])
            {
                await tar.WriteEntryAsync(folder, ct);
            }

            var written = new HashSet<string>();
            foreach (var tool in Tools)
            {
                var path = new[] { "/usr/bin", "/bin" }.Select(folder => Path.Combine(folder, tool)).First(System.IO.File.Exists);
                await WriteAsync(tar, path, $"bin/{tool}", written, ct);
                foreach (var library in await LibrariesAsync(path, ct))
                {
                    await WriteAsync(tar, library, library[1..], written, ct);
                }
            }

            foreach (var entry in more)
            {
                await tar.WriteEntryAsync(entry, ct);
            }
        }

        archive.Position = 0;
        await client.Images.CreateImageAsync(
            new ImagesCreateParameters
            {
                FromSrc = "-",
                Repo = name.Split(':')[0],
                Tag = name.Split(':')[1],
                Changes = [.. (string[])["USER agent", "ENV PATH=/bin", "WORKDIR /home/agent", .. changes]],
            },
            archive,
            null!,
            new Progress<JSONMessage>(),
            ct);
    }

    private static PaxTarEntry Folder(string name, int uid, int gid, int mode) =>
        new(TarEntryType.Directory, name + "/") { Uid = uid, Gid = gid, Mode = (UnixFileMode)mode };

    private static PaxTarEntry File(string name, string content, int uid, int gid, int mode) => new(TarEntryType.RegularFile, name)
    {
        Uid = uid,
        Gid = gid,
        Mode = (UnixFileMode)mode,
        DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)),
    };

    private static async Task WriteAsync(TarWriter tar, string path, string name, HashSet<string> written, CancellationToken ct)
    {
        if (!written.Add(name))
        {
            return;
        }

        await using var content = System.IO.File.OpenRead(path);
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)0x1ed, DataStream = content }, ct);
    }

    private static async Task<IEnumerable<string>> LibrariesAsync(string program, CancellationToken ct)
    {
        using var ldd = Process.Start(new ProcessStartInfo("ldd", program) { RedirectStandardOutput = true })!;
        var output = await ldd.StandardOutput.ReadToEndAsync(ct);
        await ldd.WaitForExitAsync(ct);
        return output.Split('\n').SelectMany(line => line.Split(' ', '\t').Where(word => word.StartsWith('/')).Take(1));
    }
}
