namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>
/// The agent's binary with its loader and libraries, as this machine has them: mounted in a container they run over any image,
/// whatever C library that has.
/// </summary>
/// <param name="Files">Paths on this machine.</param>
/// <param name="Loader">File name of the loader.</param>
/// <param name="Binary">File name of the binary.</param>
internal sealed record HolderProgram(IReadOnlyList<string> Files, string Loader, string Binary)
{
    /// <summary>Where the files are in a container.</summary>
    public const string Folder = "/.tidepool/bin";

    /// <summary>What runs the binary; its arguments follow.</summary>
    public IReadOnlyList<string> Command => [$"{Folder}/{Loader}", "--library-path", Folder, $"{Folder}/{Binary}"];

    /// <summary>Asks the system's <c>ldd</c> what the binary needs.</summary>
    /// <exception cref="ProblemException">It is no program of this machine.</exception>
    public static async Task<HolderProgram> FindAsync(string agentBinary, CancellationToken ct)
    {
        var ldd = new[] { "/usr/bin/ldd", "/bin/ldd" }.FirstOrDefault(File.Exists);
        var (exitCode, output) = ldd is null ? (127, "there is no ldd") : await ToolProcess.RunAsync([ldd, agentBinary], ct);
        var libraries = output.Split('\n').SelectMany(line => line.Split(' ', '\t').Where(word => word.StartsWith('/')).Take(1)).Distinct().ToArray();
        return exitCode == 0 && libraries.FirstOrDefault(path => Path.GetFileName(path).StartsWith("ld-", StringComparison.Ordinal)) is { } loader
            ? new([agentBinary, .. libraries], Path.GetFileName(loader), Path.GetFileName(agentBinary))
            : throw new ProblemException(
                "ENGINE007",
                $"What {agentBinary} needs to run could not be found out: {output.Trim().ReplaceLineEndings(" ")}",
                "Build it on this machine: dotnet publish src/Tidepool.Agent -c Release -o artifacts/agent");
    }
}
