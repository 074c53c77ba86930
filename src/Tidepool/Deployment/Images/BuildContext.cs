using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tidepool.Deployment.Tools;

namespace Tidepool.Deployment.Images;

/// <summary>What <c>docker build</c> is given: the folder of the clone, less what <c>.dockerignore</c> keeps back.</summary>
internal static class BuildContext
{
    /// <summary>The Dockerfile, from the clone's root.</summary>
    public const string Dockerfile = "docker/Dockerfile";

    private const int TagDigits = 20;

    /// <summary>
    /// A tag that names the content: the same files make the same tag, on any machine. Counted are path, content and executable bit of each
    /// file that git tracks or would track (its working copy, not what is committed) and that <c>.dockerignore</c> lets through, and the
    /// platform. In a folder without git every file that <c>.dockerignore</c> lets through counts.
    /// </summary>
    /// <param name="root">The clone's root.</param>
    /// <param name="platform">As in <c>linux/arm64</c>.</param>
    /// <exception cref="ProblemException">DOCKER007: there is no Dockerfile.</exception>
    public static async Task<string> TagAsync(string root, string platform, TimeProvider clock, CancellationToken ct)
    {
        if (!File.Exists(Path.Combine(root, Dockerfile)))
        {
            throw new ProblemException("DOCKER007", $"There is no {Dockerfile} in {root}.", "Restore it from git, or give an image of your own: --image REPOSITORY:TAG.");
        }

        var ignored = DockerIgnore.Parse(Rules(root));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Encoding.UTF8.GetBytes(platform));

        // The Dockerfile is sent even where a rule keeps it back.
        foreach (var path in (await FilesAsync(root, clock, ct)).Where(path => path == Dockerfile || ignored.Sends(path)).Order(StringComparer.Ordinal))
        {
            ct.ThrowIfCancellationRequested();
            AddFile(hash, root, path);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..TagDigits];
    }

    /// <summary>A file beside the Dockerfile wins over the one in the root, as BuildKit has it.</summary>
    private static IEnumerable<string> Rules(string root)
    {
        string[] candidates = [Path.Combine(root, $"{Dockerfile}.dockerignore"), Path.Combine(root, ".dockerignore")];
        return candidates.FirstOrDefault(File.Exists) is { } file ? File.ReadLines(file) : [];
    }

    private static async Task<IEnumerable<string>> FilesAsync(string root, TimeProvider clock, CancellationToken ct)
    {
        var answer = await new ToolRun("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]) { Folder = root }.RunAsync(clock, ct);
        if (answer is { ExitCode: 0 })
        {
            // One that is removed and not yet committed is listed and is not there.
            return string.Join('\n', answer.Output).Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct().Where(path => Exists(Path.Combine(root, path)));
        }

        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'));
    }

    private static bool Exists(string path) => new FileInfo(path) is { LinkTarget: not null } || File.Exists(path);

    private static void AddFile(IncrementalHash hash, string root, string path)
    {
        Add(hash, Encoding.UTF8.GetBytes(path));
        var file = new FileInfo(Path.Combine(root, path));
        if (file.LinkTarget is { } target)
        {
            Add(hash, Encoding.UTF8.GetBytes($"-> {target}"));
            return;
        }

        var isExecutable = !OperatingSystem.IsWindows() && (file.UnixFileMode & UnixFileMode.UserExecute) != 0;
        Add(hash, [isExecutable ? (byte)1 : (byte)0]);
        Add(hash, File.ReadAllBytes(file.FullName));
    }

    /// <summary>The length first, so that no two lists of parts look alike.</summary>
    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
