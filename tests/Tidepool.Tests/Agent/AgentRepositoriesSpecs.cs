using System.Text.Json;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

/// <summary>Checkouts of job messages with several repositories, with real git.</summary>
public sealed class AgentRepositoriesSpecs : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tidepool-repositories-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Several_repositories_are_beside_each_other_and_the_folders_say_so()
    {
        await using var server = await JobServer.StartAsync();
        var (site, tools) = (await RepositoryAsync("site"), await RepositoryAsync("tools"));
        const string Where = "pwd; echo $BUILD_SOURCESDIRECTORY $SYSTEM_DEFAULTWORKINGDIRECTORY";
        var s = $"{server.Workspace}/s";

        var job = await server.RunAsync(Job([site, tools], Checkout("self"), Checkout("tools"), JobServer.Bash($"{Where}; cat site/file tools/file", "look")));
        job.MustBe("succeeded");
        Assert.Equal([s, $"{s} {s}", "site", "tools"], job.Output("look"));

        job = await server.RunAsync(Job([site, tools], Checkout("self"), Checkout("tools", ("workspaceRepo", "true")), JobServer.Bash(Where, "look")));
        job.MustBe("succeeded");
        Assert.Equal([$"{s}/tools", $"{s} {s}/tools"], job.Output("look"));

        job = await server.RunAsync(Job([site, tools], Checkout("self", ("path", "mine")), Checkout("tools", ("path", "s/deep/tools")), JobServer.Bash($"{Where}; cat file ../s/deep/tools/file", "look")));
        job.MustBe("succeeded");
        Assert.Equal([$"{server.Workspace}/mine", $"{server.Workspace}/mine {server.Workspace}/mine", "site", "tools"], job.Output("look"));

        job = await server.RunAsync(Job([site, tools], Checkout("tools"), JobServer.Bash($"{Where}; cat file", "look")));
        job.MustBe("succeeded");
        Assert.Equal([s, $"{s} {s}", "tools"], job.Output("look"));

        job = await server.RunAsync(Job([site], Checkout("other")));
        Assert.Equal(["error: The checkout step references the repository 'other' which is not defined by the pipeline"], job.Issues("other"));
    }

    [Fact]
    public async Task A_repository_without_a_commit_is_checked_out_at_the_end_of_its_branch_or_tag()
    {
        await using var server = await JobServer.StartAsync();
        var site = await RepositoryAsync("site");
        await GitAsync("site", "checkout", "--quiet", "-b", "topic");
        await CommitAsync("site", "file", "topic");
        await GitAsync("site", "tag", "v1");
        await GitAsync("site", "checkout", "--quiet", "main");

        foreach (var (reference, text) in ((string, string)[])[("refs/heads/main", "site"), ("refs/heads/topic", "topic"), ("refs/tags/v1", "topic")])
        {
            foreach (var depth in (string[])["0", "1"])
            {
                var job = await server.RunAsync(Job([With(site, ("version", ""), ("ref", reference))], Checkout("self", ("fetchDepth", depth)), JobServer.Bash("cat file", "look")));
                job.MustBe("succeeded");
                Assert.Equal([text], job.Output("look"));
            }
        }
    }

    [Fact]
    public async Task Submodules_come_one_level_deep_or_all_the_way()
    {
        await using var server = await JobServer.StartAsync(
            ("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "protocol.file.allow"), ("GIT_CONFIG_VALUE_0", "always"));
        await RepositoryAsync("inner");
        await RepositoryAsync("middle");
        await AddModuleAsync("middle", "inner");
        await RepositoryAsync("site");
        var site = Repository("site", await AddModuleAsync("site", "middle"));
        const string Look = "cat middle/file 2>/dev/null; cat middle/inner/file 2>/dev/null; true";

        foreach (var (submodules, expected) in ((string, string[])[])[("false", []), ("true", ["middle"]), ("recursive", ["middle", "inner"])])
        {
            var job = await server.RunAsync(Job([site], Checkout("self", ("submodules", submodules)), JobServer.Bash(Look, "look")));
            job.MustBe("succeeded");
            Assert.Equal(expected, job.Output("look"));
        }
    }

    [Fact]
    public async Task A_sparse_checkout_leaves_out_the_rest_and_a_whole_one_brings_it_back()
    {
        await using var server = await JobServer.StartAsync();
        await RepositoryAsync("site");
        await CommitAsync("site", "a/one", "1");
        await CommitAsync("site", "b/two", "2");
        var site = Repository("site", (await GitAsync("site", "rev-parse", "HEAD")).Trim());
        async Task<IReadOnlyList<string>> FilesAsync(params (string, string)[] inputs)
        {
            var job = await server.RunAsync(Job([site], Checkout("self", inputs), JobServer.Bash("find . -name .git -prune -o -type f -print | sort", "look")));
            job.MustBe("succeeded");
            return job.Output("look");
        }

        Assert.Equal(["./a/one", "./file"], await FilesAsync(("sparseCheckoutDirectories", "a")));
        Assert.Equal(["./b/two"], await FilesAsync(("sparseCheckoutPatterns", "/b/*")));
        Assert.Equal(["./a/one", "./b/two", "./file"], await FilesAsync());
    }

    [Fact]
    public async Task Tags_and_filters_are_fetched_as_asked()
    {
        await using var server = await JobServer.StartAsync();
        var site = await RepositoryAsync("site");
        await GitAsync("site", "tag", "v1");
        await GitAsync("site", "config", "uploadpack.allowFilter", "true");
        const string Look = "git tag; git config remote.origin.partialclonefilter || echo whole";

        var job = await server.RunAsync(Job([site], Checkout("self"), JobServer.Bash(Look, "look")));
        Assert.Equal(["whole"], job.Output("look"));
        job = await server.RunAsync(Job([site], Checkout("self", ("fetchTags", "true"), ("fetchFilter", "blob:none")), JobServer.Bash(Look, "look")));
        job.MustBe("succeeded");
        Assert.Equal(["v1", "blob:none"], job.Output("look"));
    }

    [Fact]
    public async Task Large_files_need_a_git_that_knows_them()
    {
        await using var server = await JobServer.StartAsync();
        var site = await RepositoryAsync("site");
        var tools = Directory.CreateDirectory(Path.Combine(server.Folder, "tools")).FullName;

        // A stand-in that git calls as it calls the real one.
        var lfs = Path.Combine(tools, "git-lfs");
        await File.WriteAllTextAsync(lfs, "#!/bin/sh\necho \"lfs $*\"\n", TestContext.Current.CancellationToken);
        await AgentUnderTest.RunAsync("chmod", "755", lfs);

        var job = await server.RunAsync(Job([site], Checkout("self", ("lfs", "true"))));
        job.MustBe("failed");
        Assert.Equal(
            ["error: Unable to locate executable file: 'git-lfs'. This checkout has lfs: true: install Git LFS in the image of this container."], job.Issues("self"));

        job = await server.RunAsync(Job([site], JobServer.Bash($"echo '##vso[task.prependpath]{tools}'"), Checkout("self", ("lfs", "true"))));
        job.MustBe("succeeded");
        Assert.Contains("lfs install --local", job.Lines("self"));
        Assert.Contains($"lfs fetch origin {RepositoryText(site, "version")}", job.Lines("self"));
    }

    [Fact]
    public async Task A_workspace_is_cleaned_as_far_as_the_job_says_and_two_folders_always()
    {
        await using var server = await JobServer.StartAsync();
        const string Fill = "for f in s a b TestResults other; do mkdir -p ../$f; touch ../$f/left; done";
        async Task<string> LeftAsync(string? clean)
        {
            await server.RunAsync(JobServer.Bash(Fill));
            var job = await server.RunAsync(new AgentJobRequestMessage
            {
                JobId = Guid.NewGuid(),
                Workspace = new(clean),
                Steps = [JobServer.Bash("cd ..; ls -d */left | tr '\\n' ' '", "look")],
            });
            job.MustBe("succeeded");
            return job.Output("look").SingleOrDefault() ?? "";
        }

        Assert.Equal("b/left other/left s/left", (await LeftAsync(null)).Trim());
        Assert.Equal("other/left s/left", (await LeftAsync("outputs")).Trim());
        Assert.Equal("b/left other/left", (await LeftAsync("resources")).Trim());
        Assert.DoesNotContain("left", (await LeftAsync("all")).Replace("cannot access", "", StringComparison.Ordinal).Replace("*/left", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static AgentJobRequestMessage Job(IReadOnlyList<RepositoryResource> repositories, params JobStep[] steps) =>
        new() { JobId = Guid.NewGuid(), Steps = steps, Resources = new() { Repositories = repositories } };

    private static JobStep Checkout(string alias, params (string Name, string Value)[] inputs) =>
        JobServer.BuiltIn(TaskReference.Checkout, alias, [("repository", alias), .. inputs]);

    private RepositoryResource Repository(string name, string commit) => With(
        new() { Alias = name == "site" ? "self" : name },
        ("type", "Git"), ("name", $"owner/{name}"), ("url", $"file://{_folder}/{name}/.git"), ("version", commit), ("ref", "refs/heads/main"));

    private static RepositoryResource With(RepositoryResource repository, params (string Name, string Value)[] properties)
    {
        var all = new Dictionary<string, JsonElement>(repository.Properties);
        foreach (var (name, value) in properties)
        {
            all[name] = JsonSerializer.SerializeToElement(value);
        }
        return repository with { Properties = all, Endpoint = new() { Id = "external" } };
    }

    private static string RepositoryText(RepositoryResource repository, string property) => repository.Properties[property].GetString()!;

    private async Task<RepositoryResource> RepositoryAsync(string name)
    {
        await AgentUnderTest.RunAsync("git", "init", "--quiet", "-b", "main", Path.Combine(_folder, name));
        await GitAsync(name, "config", "uploadpack.allowAnySHA1InWant", "true");
        return Repository(name, await CommitAsync(name, "file", name));
    }

    private async Task<string> AddModuleAsync(string name, string module)
    {
        await GitAsync(name, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", $"file://{_folder}/{module}/.git", module);
        return await CommitAsync(name, "note", "with module");
    }

    private async Task<string> CommitAsync(string name, string file, string text)
    {
        var path = Path.Combine(_folder, name, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, $"{text}\n", TestContext.Current.CancellationToken);
        await GitAsync(name, "add", ".");
        await GitAsync(name, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", text);
        return (await GitAsync(name, "rev-parse", "HEAD")).Trim();
    }

    private Task<string> GitAsync(string name, params string[] arguments) => AgentUnderTest.RunAsync("git", ["-C", Path.Combine(_folder, name), .. arguments]);
}
