using System.Runtime.Versioning;
using Tidepool.AzurePipelines.Repositories;

namespace Tidepool.Tests.AzurePipelines;

[SupportedOSPlatform("linux")]
public sealed class RepositorySnapshotSpecs
{
    [Theory]
    [InlineData("https://dev.azure.com/org/project/_git/site", "site")]
    [InlineData("git@github.com:org/site.git", "site")]
    [InlineData("/home/user/site/", "site")]
    [InlineData("/home/user/site/.", "clone")]
    [InlineData("..", "clone")]
    [InlineData(null, "clone")]
    public void A_repository_is_called_after_its_origin_or_else_its_folder(string? origin, string name) =>
        Assert.Equal(name, Tidepool.AzurePipelines.Repositories.SourceRepository.NameOf(origin, "/home/user/clone"));

    [Fact]
    public async Task A_clean_repository_is_its_last_commit()
    {
        using var repository = await TestRepository.WithCommitAsync();

        var snapshot = await TakeAsync(repository);

        Assert.Equal(new(await repository.GitAsync("rev-parse", "HEAD"), "refs/heads/main", "site", "first commit", DirtyCount: 0, await repository.GitAsync("rev-parse", "HEAD^{tree}")),
            snapshot);
        Assert.Equal("<h1>one</h1>", await InTargetAsync(repository, "show", $"{snapshot.Commit}:index.html"));
    }

    [Fact]
    public async Task Uncommitted_and_untracked_files_come_along_and_ignored_ones_do_not()
    {
        using var repository = await TestRepository.WithCommitAsync();
        repository.Write(".gitignore", "*.log\n");
        await repository.CommitAsync("ignore logs");
        repository.Write("index.html", "<h1>two</h1>\n");
        repository.Write("new file.txt", "new\n");
        repository.Write("tool.sh", "#!/bin/sh\n");
        File.SetUnixFileMode(Path.Combine(repository.Folder, "tool.sh"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(repository.Folder, "link"), "index.html");
        File.Delete(Path.Combine(repository.Folder, "css", "site.css"));
        repository.Write("debug.log", "no\n");

        var snapshot = await TakeAsync(repository);

        Assert.Equal((5, "ignore logs (with 5 uncommitted files)"), (snapshot.DirtyCount, snapshot.Message));
        Assert.Equal(
            ["100644 .gitignore", "100644 index.html", "120000 link", "100644 new file.txt", "100755 tool.sh"],
            (await InTargetAsync(repository, "ls-tree", "-r", "--format=%(objectmode) %(path)", snapshot.Commit)).Split('\n'));
        Assert.Equal("<h1>two</h1>", await InTargetAsync(repository, "show", $"{snapshot.Commit}:index.html"));
        Assert.Equal(await repository.GitAsync("rev-parse", "HEAD"), await InTargetAsync(repository, "rev-parse", $"{snapshot.Commit}^"));
    }

    [Fact]
    public async Task The_users_repository_stays_as_it_is_to_the_last_byte()
    {
        using var repository = await TestRepository.WithCommitAsync();
        var marker = repository.Beside("hook-ran");
        foreach (var hook in (string[])["pre-commit", "post-index-change", "reference-transaction", "post-commit"])
        {
            var path = Path.Combine(repository.Folder, ".git", "hooks", hook);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, $"#!/bin/sh\ntouch '{marker}'\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        await repository.GitAsync("config", "core.splitIndex", "true");
        repository.Write("staged.txt", "staged\n");
        await repository.GitAsync("add", "staged.txt");
        repository.Write("staged.txt", "changed after it was staged\n");
        repository.Write("untracked.txt", "untracked\n");
        File.Delete(marker);
        var before = TestRepository.Hash(repository.Folder);

        var snapshot = await TakeAsync(repository);

        Assert.Equal(before, TestRepository.Hash(repository.Folder));
        Assert.False(File.Exists(marker));
        Assert.Equal("changed after it was staged", await InTargetAsync(repository, "show", $"{snapshot.Commit}:staged.txt"));
    }

    [Fact]
    public async Task A_subfolder_takes_the_whole_repository()
    {
        using var repository = await TestRepository.WithCommitAsync();
        repository.Write("index.html", "<h1>two</h1>\n");

        var snapshot = await RepositorySnapshot.TakeAsync(
            Path.Combine(repository.Folder, "css"), repository.Target, TestContext.Current.CancellationToken);

        Assert.Equal(("site", 1), (snapshot.Name, snapshot.DirtyCount));
        Assert.Equal("<h1>two</h1>", await InTargetAsync(repository, "show", $"{snapshot.Commit}:index.html"));
    }

    [Fact]
    public async Task A_worktree_takes_its_own_branch()
    {
        using var repository = await TestRepository.WithCommitAsync();
        var worktree = repository.Beside("tree");
        await repository.GitAsync("worktree", "add", "--quiet", "-b", "topic", worktree);
        await File.WriteAllTextAsync(Path.Combine(worktree, "topic.txt"), "topic\n", TestContext.Current.CancellationToken);

        var snapshot = await RepositorySnapshot.TakeAsync(worktree, repository.Target, TestContext.Current.CancellationToken);

        Assert.Equal(("refs/heads/topic", 1), (snapshot.Branch, snapshot.DirtyCount));
        Assert.Equal("topic", await InTargetAsync(repository, "show", $"{snapshot.Commit}:topic.txt"));
    }

    [Fact]
    public async Task Before_the_first_commit_there_is_one_of_all_files()
    {
        using var repository = new TestRepository();
        await repository.GitAsync("init", "--quiet", "--initial-branch=trunk");
        repository.Write("a.txt", "a\n");

        var snapshot = await TakeAsync(repository);

        Assert.Equal(("refs/heads/trunk", "(no commit yet) (with 1 uncommitted file)", 1),
            (snapshot.Branch, snapshot.Message, snapshot.DirtyCount));
        Assert.Equal("a", await InTargetAsync(repository, "show", $"{snapshot.Commit}:a.txt"));
    }

    [Fact]
    public async Task A_detached_head_gets_a_branch_in_the_snapshot_only()
    {
        using var repository = await TestRepository.WithCommitAsync();
        await repository.GitAsync("checkout", "--quiet", "--detach");

        var snapshot = await TakeAsync(repository);

        Assert.Equal("refs/heads/detached", snapshot.Branch);
        Assert.Equal(snapshot.Commit, await InTargetAsync(repository, "rev-parse", "refs/heads/detached"));
        Assert.DoesNotContain("detached", await repository.GitAsync("for-each-ref"));
    }

    [Fact]
    public async Task A_shallow_clone_is_enough()
    {
        using var origin = await TestRepository.WithCommitAsync();
        origin.Write("index.html", "<h1>two</h1>\n");
        await origin.CommitAsync("second commit");
        var clone = origin.Beside("clone");
        await origin.GitAsync("clone", "--quiet", "--depth=1", $"file://{origin.Folder}", clone);
        await File.WriteAllTextAsync(Path.Combine(clone, "more.txt"), "more\n", TestContext.Current.CancellationToken);

        var snapshot = await RepositorySnapshot.TakeAsync(clone, origin.Target, TestContext.Current.CancellationToken);

        Assert.Equal(("site", 1), (snapshot.Name, snapshot.DirtyCount));
        Assert.Equal("2", await InTargetAsync(origin, "rev-list", "--count", snapshot.Commit));
    }

    [Fact]
    public async Task A_folder_without_a_repository_is_refused_with_the_mend()
    {
        using var repository = new TestRepository();

        var problem = await Assert.ThrowsAsync<ProblemException>(() => TakeAsync(repository));

        Assert.Equal(
            $"SERVICE004: {repository.Folder} is not in the working tree of a git repository: "
            + "fatal: not a git repository (or any of the parent directories): .git "
            + "Run this in a clone, or make one of the folder with git init.",
            problem.Message);
        Assert.False(Directory.Exists(repository.Target));
    }

    private static Task<RepositorySnapshot> TakeAsync(TestRepository repository) =>
        RepositorySnapshot.TakeAsync(repository.Folder, repository.Target, TestContext.Current.CancellationToken);

    private static Task<string> InTargetAsync(TestRepository repository, params string[] arguments) =>
        repository.GitInAsync(repository.Target, new Dictionary<string, string>(), arguments);
}
