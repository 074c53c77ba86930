using System.Text;
using Tidepool.AzurePipelines.Repositories;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class GitBackendSpecs
{
    [Fact]
    public async Task A_shallow_clone_with_the_token_has_the_uncommitted_files()
    {
        using var repository = await TestRepository.WithCommitAsync();
        repository.Write("index.html", "<h1>two</h1>\n");
        var snapshot = await SnapshotAsync(repository);
        await using var tested = await StartAsync(options => options with { GitFolder = repository.Target });
        var clone = repository.Beside("clone");

        await repository.GitInAsync(repository.Folder, WithToken(Token), "clone", "--quiet", "--depth=1", Url(tested), clone);

        var text = await File.ReadAllTextAsync(Path.Combine(clone, "index.html"), TestContext.Current.CancellationToken);
        Assert.Equal("<h1>two</h1>\n", text);
        Assert.Equal(snapshot.Commit, await repository.GitInAsync(clone, WithToken(Token), "rev-parse", "HEAD"));
        Assert.Equal("1", await repository.GitInAsync(clone, WithToken(Token), "rev-list", "--count", "HEAD"));
    }

    [Fact]
    public async Task A_jobs_token_fetches_an_exact_commit_as_deep_as_wanted()
    {
        using var repository = await TestRepository.WithCommitAsync();
        var first = await repository.GitAsync("rev-parse", "HEAD");
        repository.Write("index.html", "<h1>two</h1>\n");
        await repository.CommitAsync("second commit");
        await SnapshotAsync(repository);
        await using var tested = await StartAsync(options => options with { GitFolder = repository.Target });
        var agent = await tested.OnlineAgentAsync("agent-1");
        tested.Queue(Stage("Build", Job("Pack", Script("CmdLine"))));
        var job = await agent.TakeJobAsync();
        var clone = repository.Beside("clone");
        await repository.GitAsync("init", "--quiet", clone);

        await repository.GitInAsync(
            clone,
            WithHeader($"AUTHORIZATION: bearer {job.Token}"),
            "fetch",
            "--quiet",
            "--depth=1",
            job.Message.Resources.Repositories[0].Properties["url"].GetString()!,
            first);

        Assert.Equal(first, await repository.GitInAsync(clone, WithToken(Token), "rev-parse", "FETCH_HEAD"));
        await job.CompleteAsync();
    }

    [Fact]
    public async Task Without_a_right_token_there_is_nothing_to_fetch()
    {
        using var repository = await TestRepository.WithCommitAsync();
        await SnapshotAsync(repository);
        await using var tested = await StartAsync(options => options with { GitFolder = repository.Target });

        var (exitCode, _, errors) = await repository.TryGitInAsync(repository.Folder, WithToken("wrong"), "ls-remote", Url(tested));

        Assert.Equal(128, exitCode);
        Assert.Contains("could not read Username", errors);
    }

    [Fact]
    public async Task A_push_is_refused()
    {
        using var repository = await TestRepository.WithCommitAsync();
        await SnapshotAsync(repository);
        await using var tested = await StartAsync(options => options with { GitFolder = repository.Target });

        var (exitCode, _, errors) = await repository.TryGitInAsync(repository.Folder, WithToken(Token), "push", Url(tested), "main:other");

        Assert.Equal(128, exitCode);
        Assert.Contains("The requested URL returned error: 403", errors);
    }

    [Fact]
    public async Task A_large_request_that_git_compresses_is_understood()
    {
        using var repository = await TestRepository.WithCommitAsync();
        await SnapshotAsync(repository);
        var clone = repository.Beside("clone");
        await repository.GitAsync("clone", "--quiet", repository.Folder, clone);

        // Each commit that only the clone has is a line of its request; git compresses requests over a kilobyte.
        for (var number = 0; number < 40; number++)
        {
            await repository.GitInAsync(clone, WithToken(Token), "commit", "--quiet", "--allow-empty", "--message", $"local {number}");
        }

        repository.Write("more.txt", "more\n");
        await repository.CommitAsync("second commit");
        Directory.Delete(repository.Target, recursive: true);
        var snapshot = await SnapshotAsync(repository);
        await using var tested = await StartAsync(options => options with { GitFolder = repository.Target });

        await repository.GitInAsync(
            clone, WithToken(Token), "-c", "protocol.version=0", "fetch", "--quiet", Url(tested), "refs/heads/main");

        Assert.Equal(snapshot.Commit, await repository.GitInAsync(clone, WithToken(Token), "rev-parse", "FETCH_HEAD"));
    }

    private static Task<RepositorySnapshot> SnapshotAsync(TestRepository repository) =>
        RepositorySnapshot.TakeAsync(repository.Folder, repository.Target, TestContext.Current.CancellationToken);

    private static string Url(ServiceUnderTest tested) => $"{tested.Service.OrganizationUrl}/tidepool/_git/site";

    private static Dictionary<string, string> WithToken(string token) =>
        WithHeader($"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}"))}");

    private static Dictionary<string, string> WithHeader(string header) => new()
    {
        ["GIT_CONFIG_COUNT"] = "1",
        ["GIT_CONFIG_KEY_0"] = "http.extraHeader",
        ["GIT_CONFIG_VALUE_0"] = header,
    };
}
