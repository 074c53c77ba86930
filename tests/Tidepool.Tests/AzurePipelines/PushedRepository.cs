using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>A repository of a service's, made over HTTP and pushed to with git.</summary>
internal static class PushedRepository
{
    /// <returns>The commit.</returns>
    public static async Task<string> MakeAsync(ServiceUnderTest tested, string name, string clone, params (string Path, string Text)[] files)
    {
        using (var http = new HttpClient())
        {
            http.DefaultRequestHeaders.Authorization = new("Basic", Basic());
            using var body = new StringContent(JsonSerializer.Serialize(new { name }), Encoding.UTF8, "application/json");
            using var made = await http.PostAsync($"{tested.Service.OrganizationUrl}/tidepool/_apis/git/repositories", body, TestContext.Current.CancellationToken);
            made.EnsureSuccessStatusCode();
        }

        await GitAsync("init", "--quiet", "--initial-branch", "main", clone);
        return await PushAsync(tested, name, clone, "main", files);
    }

    /// <summary>Commits files and pushes them to a branch.</summary>
    /// <returns>The commit.</returns>
    public static async Task<string> PushAsync(ServiceUnderTest tested, string name, string clone, string branch, params (string Path, string Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            var file = Path.Combine(clone, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        }

        await GitAsync("-C", clone, "add", "--all");
        await GitAsync("-C", clone, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "the last change");
        await GitAsync("-C", clone, "-c", $"http.extraHeader=Authorization: Basic {Basic()}", "push", "--quiet", $"{tested.Service.OrganizationUrl}/tidepool/_git/{name}", $"HEAD:refs/heads/{branch}");
        return await GitAsync("-C", clone, "rev-parse", "HEAD");
    }

    private static string Basic() => Convert.ToBase64String(Encoding.UTF8.GetBytes($":{ServiceUnderTest.Token}"));

    private static async Task<string> GitAsync(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var ct = TestContext.Current.CancellationToken;
        var (output, errors) = (git.StandardOutput.ReadToEndAsync(ct), git.StandardError.ReadToEndAsync(ct));
        await git.WaitForExitAsync(ct);
        Assert.True(git.ExitCode == 0, await errors);
        return (await output).Trim();
    }
}
