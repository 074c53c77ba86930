using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Tidepool.Tests.Deployment;

/// <summary>docker/agent.sh, as the Dockerfile runs it, with a package of ours: curl reads it from a file.</summary>
public sealed class AgentPackageSpecs : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tidepool-package-");

    private string Azp => Path.Combine(_root.FullName, "azp");

    [Fact]
    public async Task A_package_with_its_sum_is_unpacked_without_the_runtimes_that_are_not_named()
    {
        var sum = Publish("1.2.3", "node", "node10", "node20_1", "node24");
        var (exit, said) = await RunAsync("1.2.3", sum);
        Assert.Equal((0, ""), (exit, said));
        Assert.True(File.Exists(Path.Combine(Azp, "config.sh")));
        Assert.Equal(["git", "node20_1", "node24"], Directory.GetDirectories(Path.Combine(Azp, "externals")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_package_with_another_sum_is_refused_and_nothing_of_it_is_unpacked()
    {
        var sum = Publish("1.2.3", "node24");
        var other = new string('0', 64);
        var (exit, said) = await RunAsync("1.2.3", other);
        Assert.Equal((1, $"vsts-agent-linux-x64-1.2.3.tar.gz has the SHA-256 {sum}, not {other}. Do not use that download.\n"), (exit, said));
        Assert.False(Directory.Exists(Azp));
    }

    [Fact]
    public async Task A_version_without_a_sum_is_not_even_downloaded()
    {
        var (exit, said) = await RunAsync("1.2.3", "");
        Assert.Equal(
            (2, "docker/agent.sha256 has no sum of vsts-agent-linux-x64-1.2.3.tar.gz. Copy the sums of that version into it from"
                + " https://github.com/microsoft/azure-pipelines-agent/releases/tag/v1.2.3, or pass --build-arg AGENT_SHA256=SUM.\n"),
            (exit, said));
    }

    [Fact]
    public async Task A_package_without_any_runtime_that_is_named_is_refused()
    {
        var (exit, said) = await RunAsync("1.2.3", Publish("1.2.3", "node10"));
        Assert.Equal(
            (2, "vsts-agent-linux-x64-1.2.3.tar.gz has none of the Node.js runtimes 'node20_1 node24'."
                + " Set --build-arg AGENT_NODES to those in its externals folder.\n"),
            (exit, said));
    }

    [Fact]
    public async Task A_platform_that_has_no_agent_is_refused()
    {
        var (exit, said) = await RunAsync("1.2.3", "", "riscv64");
        Assert.Equal((2, "The platform linux/riscv64 has no agent here. Build for linux/arm64 or linux/amd64.\n"), (exit, said));
    }

    public void Dispose() => _root.Delete(recursive: true);

    private string Publish(string version, params string[] nodes)
    {
        var layout = Directory.CreateDirectory(Path.Combine(_root.FullName, "layout"));
        File.WriteAllText(Path.Combine(layout.FullName, "config.sh"), "");
        foreach (var external in nodes.Append("git"))
        {
            layout.CreateSubdirectory($"externals/{external}/bin");
        }

        var folder = _root.CreateSubdirectory($"download/{version}");
        var package = Path.Combine(folder.FullName, $"vsts-agent-linux-x64-{version}.tar.gz");
        using (var file = File.Create(package))
        using (var packed = new GZipStream(file, CompressionLevel.Fastest))
        {
            TarFile.CreateFromDirectory(layout.FullName, packed, includeBaseDirectory: false);
        }

        return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(package)));
    }

    private async Task<(int Exit, string Said)> RunAsync(string version, string sum, string processor = "amd64")
    {
        var start = new ProcessStartInfo(Path.Combine(Clone.Root, "docker", "agent.sh"), [Azp]) { RedirectStandardError = true };
        start.Environment["TMPDIR"] = _root.FullName;
        start.Environment["TARGETARCH"] = processor;
        start.Environment["AGENT_VERSION"] = version;
        start.Environment["AGENT_SHA256"] = sum;
        start.Environment["AGENT_NODES"] = "node20_1 node24";
        start.Environment["AGENT_DOWNLOAD_URL"] = $"file://{_root.FullName}/download";
        using var script = Process.Start(start)!;
        var said = await script.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (script.ExitCode, said);
    }
}
