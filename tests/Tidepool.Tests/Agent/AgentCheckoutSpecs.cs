using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

public sealed class AgentCheckoutSpecs : IDisposable
{
    private readonly string _repository = Directory.CreateTempSubdirectory("tidepool-repository-").FullName;

    public void Dispose() => Directory.Delete(_repository, recursive: true);

    [Fact]
    public async Task A_job_checks_out_the_exact_commit_and_no_more_than_it_needs()
    {
        var (older, newer) = (await CommitAsync("one"), await CommitAsync("two"));
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { GitFolder = _repository });

        var run = await agent.RunAsync("steps:\n- script: cat file; git log --format=%s; git status --short --branch", At(older));

        run.MustBe(NodeResult.Succeeded);
        Assert.Equal(["one", "one", "## HEAD (no branch)"], Output(run));

        run = await agent.RunAsync(
            """
            steps:
            - checkout: self
              fetchDepth: 0
            - script: cat file; git log --format=%s; git status --short --branch
            """,
            At(newer));

        run.MustBe(NodeResult.Succeeded);
        Assert.Equal(["two", "two", "one", "## HEAD (no branch)"], Output(run));
    }

    [Fact]
    public async Task A_repository_that_is_there_is_cleaned_unless_the_step_says_not()
    {
        var commit = await CommitAsync("one");
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { GitFolder = _repository });
        const string Dirty = "\n- script: ls; git status --short; echo changed > file; echo new > untracked";

        Assert.Equal(["file"], Output(await agent.RunAsync($"steps:\n- checkout: self{Dirty}", At(commit))));
        Assert.Equal(["file"], Output(await agent.RunAsync($"steps:\n- checkout: self{Dirty}", At(commit))));
        Assert.Equal(
            ["file", "untracked", "?? untracked"], Output(await agent.RunAsync($"steps:\n- checkout: self\n  clean: false{Dirty}", At(commit))));
    }

    [Fact]
    public async Task A_path_puts_the_repository_elsewhere_in_the_workspace_and_nowhere_else()
    {
        var commit = await CommitAsync("one");
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { GitFolder = _repository });

        var run = await agent.RunAsync("steps:\n- checkout: self\n  path: src/here\n- script: pwd; cat file", At(commit));
        Assert.Equal([$"{agent.Folder}/_work/1/src/here", "one"], Output(run));

        run = await agent.RunAsync("steps:\n- checkout: self\n  path: ../../x", At(commit));
        Assert.Equal($"path '../../x' is outside of {agent.Folder}/_work/1.", run.Job().Issues.Concat(run.Job().Steps.SelectMany(step => step.Issues)).First().Message);
    }

    [Fact]
    public async Task The_jobs_token_is_in_no_file_argument_or_environment_of_git()
    {
        var commit = await CommitAsync("one");
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { GitFolder = _repository });

        // A git that tells what it was started with, and what its own children can see, before it does its work.
        var tools = Directory.CreateDirectory(Path.Combine(agent.Folder, "tools")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(tools, "git"),
            """
            #!/bin/bash
            { tr '\0' '\n' < /proc/$$/environ; echo "args: $*"; } >> "$HOME/seen"
            exec /usr/bin/git "$@"
            """,
            TestContext.Current.CancellationToken);
        await AgentUnderTest.RunAsync("chmod", "755", Path.Combine(tools, "git"));

        var run = await agent.RunAsync(
            $$"""
            steps:
            - checkout: none
            - bash: echo "##vso[task.prependpath]{{tools}}"
            - checkout: self
            - bash: |
                grep -q 'args:.* fetch ' ~/seen && echo "git was seen"
                grep -c -F -f <(printf %s "$TOKEN") ~/seen
                grep -r -l -F -f <(printf %s "$TOKEN") . || echo "in no file"
                git config --get-all credential.helper || echo "no helper"
                git fetch 2>&1 | grep -o 'could not read Username'
              displayName: look
              env:
                TOKEN: $(System.AccessToken)
            """,
            At(commit));

        run.MustBe(NodeResult.Succeeded);
        Assert.Equal(["git was seen", "0", "in no file", "no helper", "could not read Username"], Output(run, "look"));
    }

    [Fact]
    public async Task Credentials_that_a_checkout_keeps_serve_later_steps_and_end_with_the_job()
    {
        var commit = await CommitAsync("one");
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { GitFolder = _repository });

        var run = await agent.RunAsync(
            "steps:\n- checkout: self\n  persistCredentials: true\n- script: git fetch origin && git config --get-regexp extraheader | wc -l", At(commit));

        run.MustBe(NodeResult.Succeeded);
        Assert.Equal("1", Output(run)[^1]);
        var config = await File.ReadAllTextAsync(Path.Combine(agent.Folder, "_work/1/s/.git/config"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("extraheader", config, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_that_is_not_there_fails_the_checkout_with_gits_words()
    {
        await CommitAsync("one");
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { GitFolder = _repository });

        var run = await agent.RunAsync("steps:\n- script: echo no", At(new string('b', 40)));

        run.MustBe(NodeResult.Failed);
        Assert.Contains(run.Text().Split('\n'), line => line.Contains(new string('b', 40), StringComparison.Ordinal) && line.StartsWith("fatal", StringComparison.Ordinal));
        Assert.Contains("##[error]Git exited with code 128.", run.Text(), StringComparison.Ordinal);
    }

    private static Func<RunRequest, RunRequest> At(string commit) => request => request with { SourceVersion = commit };

    /// <summary>What a step's own command wrote.</summary>
    private static List<string> Output(RunSnapshot run, string step = "CmdLine") =>
        [.. run.Step(step).LogLines().SkipWhile(line => !line.StartsWith("##[command]", StringComparison.Ordinal)).Skip(1).SkipLast(1)];

    private async Task<string> CommitAsync(string text)
    {
        if (!Directory.Exists(Path.Combine(_repository, "objects")))
        {
            await AgentUnderTest.RunAsync("git", "init", "--quiet", "--bare", "-b", "main", _repository);
            await AgentUnderTest.RunAsync("git", "-C", _repository, "config", "uploadpack.allowAnySHA1InWant", "true");
        }
        var work = Directory.CreateTempSubdirectory("tidepool-commit-").FullName;
        try
        {
            await AgentUnderTest.RunAsync("git", "-C", work, "clone", "--quiet", _repository, ".");
            await File.WriteAllTextAsync(Path.Combine(work, "file"), $"{text}\n", TestContext.Current.CancellationToken);
            await AgentUnderTest.RunAsync("git", "-C", work, "add", ".");
            await AgentUnderTest.RunAsync("git", "-C", work, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", text);
            await AgentUnderTest.RunAsync("git", "-C", work, "push", "--quiet", "origin", "HEAD:main");
            return (await AgentUnderTest.RunAsync("git", "-C", work, "rev-parse", "HEAD")).Trim();
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
