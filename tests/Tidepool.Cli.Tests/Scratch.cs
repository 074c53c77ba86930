using System.Diagnostics;

namespace Tidepool.Cli.Tests;

/// <summary>A folder for one test: a git repository to work in, a state folder, and what must be left of it: nothing.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tidepool-cli-");

    /// <param name="state">A state folder to share with another; null for one of its own.</param>
    public Scratch(string? state = null)
    {
        State = state ?? Path.Combine(_root.FullName, "state");
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(State);
    }

    public string Folder => Path.Combine(_root.FullName, "repository");

    public string State { get; }

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Folders of environments that are left.</summary>
    public string[] Environments
    {
        get
        {
            var folder = Path.Combine(State, "tidepool", "environments");
            return Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
        }
    }

    /// <summary>Writes a pipeline and commits it to a new repository.</summary>
    public async Task<string> PipelineAsync(string yaml)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "azure-pipelines.yml"), yaml);
        await GitAsync("init", "--quiet", "--initial-branch", "main");
        await GitAsync("add", "--all");
        await GitAsync("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "x");
        return "azure-pipelines.yml";
    }

    public async Task GitAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = Folder };
        using var git = Process.Start(start)!;
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, git.ExitCode);
    }

    public void Dispose() => _root.Delete(recursive: true);
}
