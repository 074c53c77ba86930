using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>A real repository in a temporary folder, with git settings of its own.</summary>
internal sealed class TestRepository : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-repository-").FullName;

    public TestRepository() => Directory.CreateDirectory(Folder);

    /// <summary>The working tree.</summary>
    public string Folder => Path.Combine(_root, "site");

    /// <summary>Where a snapshot goes.</summary>
    public string Target => Path.Combine(_root, "snapshot.git");

    public string Beside(string name) => Path.Combine(_root, name);

    /// <summary>A repository with one commit of two files.</summary>
    public static async Task<TestRepository> WithCommitAsync()
    {
        var repository = new TestRepository();
        await repository.GitAsync("init", "--quiet", "--initial-branch=main");
        repository.Write("index.html", "<h1>one</h1>\n");
        repository.Write("css/site.css", "h1 {}\n");
        await repository.CommitAsync("first commit");
        return repository;
    }

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Folder, path))!);
        File.WriteAllText(Path.Combine(Folder, path), text);
    }

    public async Task CommitAsync(string message)
    {
        await GitAsync("add", "--all");
        await GitAsync("commit", "--quiet", "--message", message);
    }

    public Task<string> GitAsync(params string[] arguments) => GitInAsync(Folder, new Dictionary<string, string>(), arguments);

    public async Task<string> GitInAsync(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var (exitCode, output, errors) = await TryGitInAsync(folder, environment, arguments);
        return exitCode == 0 ? output.TrimEnd('\n') : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {errors}");
    }

    public async Task<(int ExitCode, string Output, string Errors)> TryGitInAsync(
        string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        foreach (var who in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{who}_NAME"] = "Test";
            start.Environment[$"GIT_{who}_EMAIL"] = "test@localhost";
        }

        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        using var git = Process.Start(start)!;
        var errors = git.StandardError.ReadToEndAsync();
        var output = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        return (git.ExitCode, output, await errors);
    }

    /// <summary>A hash over every path, mode and byte of a folder.</summary>
    public static string Hash(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var entries = new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories);
        foreach (var entry in entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{entry.FullName}\n{entry.UnixFileMode}\n{entry.LinkTarget}\n"));
            if (entry is FileInfo { LinkTarget: null } file)
            {
                hash.AppendData(File.ReadAllBytes(file.FullName));
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
