using System.Diagnostics;

namespace Tidepool.Tests.Agent;

/// <summary>The agent as users get it: published ahead of time, once, and again only when its sources changed.</summary>
internal static class AgentBinary
{
    private static readonly string[] Projects = ["Tidepool.Agent", "Tidepool.AgentProtocol", "Tidepool.Expressions"];
    private static readonly Lazy<Task<string>> Published = new(PublishAsync);

    public static Task<string> GetAsync() => Published.Value;

    private static async Task<string> PublishAsync()
    {
        if (Environment.GetEnvironmentVariable("TIDEPOOL_AGENT_BINARY") is { Length: > 0 } named)
        {
            return named;
        }
        var root = Root();
        var folder = Path.Combine(root, "artifacts", "agent");
        var binary = Path.Combine(folder, "tidepool-agent");
        Directory.CreateDirectory(folder);

        // Test projects may run at the same time; one publishes, the others wait.
        await using var turn = await TakeTurnAsync(Path.Combine(folder, ".publish.lock"));
        if (!File.Exists(binary) || File.GetLastWriteTimeUtc(binary) < NewestSource(root))
        {
            using var publish = Process.Start(new ProcessStartInfo("dotnet")
            {
                ArgumentList =
                {
                    "publish", Path.Combine(root, "src", "Tidepool.Agent"), "-c", "Release", "-r", "linux-x64", "-o", folder,
                    "-m:1", "-nodeReuse:false", "--nologo",
                },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = publish.StandardError.ReadToEndAsync();
            var output = await publish.StandardOutput.ReadToEndAsync();
            await publish.WaitForExitAsync();
            Assert.True(publish.ExitCode == 0, $"dotnet publish of the agent failed.\n{output}\n{await errors}");
            File.SetLastWriteTimeUtc(binary, TimeProvider.System.GetUtcNow().UtcDateTime);
        }
        return binary;
    }

    private static async Task<FileStream> TakeTurnAsync(string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (true)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
            }
        }
    }

    private static DateTime NewestSource(string root) => Projects
        .SelectMany(project => Directory.EnumerateFiles(Path.Combine(root, "src", project), "*.cs*", SearchOption.AllDirectories))
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
        .Append(Path.Combine(root, "Directory.Build.props"))
        .Max(File.GetLastWriteTimeUtc);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Tidepool.slnx")))
        {
            folder = folder.Parent!;
        }
        return folder.FullName;
    }
}
