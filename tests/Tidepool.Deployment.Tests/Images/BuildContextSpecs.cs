using System.Diagnostics;
using Tidepool.Deployment.Images;

namespace Tidepool.Deployment.Tests.Images;

public sealed class BuildContextSpecs : IDisposable
{
    private readonly TemporaryFolder _root = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public BuildContextSpecs()
    {
        _root.Write("docker/Dockerfile", "FROM scratch\n");
        _root.Write(".dockerignore", "*\n!docker\n!src\n**/bin\n");
        _root.Write(".gitignore", "*.local\n");
        _root.Write("src/a.cs", "class A;");
        _root.Write("README.md", "one");
    }

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_tag_changes_with_what_the_engine_is_sent_and_with_nothing_else(bool inGit)
    {
        if (inGit)
        {
            await GitAsync("init", "--quiet");
            await GitAsync("add", "--all");
        }

        var tag = await TagAsync();
        Assert.Matches("^[0-9a-f]{20}$", tag);
        _root.Write("README.md", "two");
        _root.Write("src/bin/a.dll", "built");
        File.SetLastWriteTimeUtc(Path.Combine(_root.Path, "src", "a.cs"), DateTime.UnixEpoch);
        Assert.Equal(tag, await TagAsync());

        _root.Write("src/b.cs", "class B;");
        var two = await TagAsync();
        Assert.NotEqual(tag, two);
        File.SetUnixFileMode(Path.Combine(_root.Path, "src", "b.cs"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.NotEqual(two, await TagAsync());
        File.Delete(Path.Combine(_root.Path, "src", "b.cs"));
        Assert.Equal(tag, await TagAsync());
        Assert.NotEqual(tag, await TagAsync("linux/amd64"));
        _root.Write("docker/Dockerfile", "FROM alpine\n");
        Assert.NotEqual(tag, await TagAsync());
    }

    [Fact]
    public async Task What_git_ignores_makes_no_new_tag()
    {
        await GitAsync("init", "--quiet");
        var tag = await TagAsync();
        _root.Write("src/mine.local", "x");
        Assert.Equal(tag, await TagAsync());
    }

    [Fact]
    public async Task Without_a_Dockerfile_there_is_nothing_to_build()
    {
        File.Delete(Path.Combine(_root.Path, "docker", "Dockerfile"));
        var e = await Assert.ThrowsAsync<ProblemException>(() => TagAsync());
        Assert.Equal(
            $"DOCKER007: There is no docker/Dockerfile in {_root.Path}. Restore it from git, or give an image of your own: --image REPOSITORY:TAG.", e.Message);
    }

    [Theory]
    [InlineData("docker/Dockerfile", true)]
    [InlineData("src/a/b.cs", true)]
    [InlineData("src/a/bin/x.dll", false)]
    [InlineData("bin/x", false)]
    [InlineData("README.md", false)]
    [InlineData("src/keep/bin/x", true)]
    [InlineData("docs/a.md", false)]
    [InlineData("docs/b1.txt", true)]
    public void The_last_rule_that_matches_decides(string path, bool isSent) => Assert.Equal(
        isSent, DockerIgnore.Parse(["# comment", "", "*", "!docker", "!/src/", "**/bin", "!src/keep", "!docs/b?.tx[t]"]).Sends(path));

    private Task<string> TagAsync(string platform = "linux/arm64") => BuildContext.TagAsync(_root.Path, platform, TimeProvider.System, Ct);

    private async Task GitAsync(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = _root.Path })!;
        await git.WaitForExitAsync(Ct);
        Assert.Equal(0, git.ExitCode);
    }
}
