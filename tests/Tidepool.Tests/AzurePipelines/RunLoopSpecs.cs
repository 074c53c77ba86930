using Tidepool.AzurePipelines;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class RunLoopSpecs
{
    [Fact]
    public async Task A_command_that_breaks_tells_its_caller_and_leaves_the_run_going()
    {
        var options = new PipelinesServiceOptions { Token = Token };
        using var pool = new AgentPool(options.Pool, options.Lease, options.WaitForAgents, TimeProvider.System);
        pool.Add(new() { Name = "agent-1" }, "http://127.0.0.1:1/local/token");
        var tokens = new AccessTokens(options.Token, TimeProvider.System);
        var runs = new RunDirectory(pool, tokens, options, TimeProvider.System, TestContext.Current.CancellationToken);
        var run = runs.Start(
            new()
            {
                Pipeline = new() { Stages = [Stage("Build", Job("Pack", Script("CmdLine")))] },
                DefinitionName = "demo",
                RepositoryName = "site",
                SourceVersion = new('a', 40),
                SourceBranch = "refs/heads/main",
            },
            new("http://127.0.0.1:1/local"));

        await Assert.ThrowsAsync<NullReferenceException>(() => run.PatchAsync(run.Facts.TimelineId, [null!]).WaitAsync(Limit, Ct));
        Assert.NotEmpty((await run.GetTimelineAsync(run.Facts.TimelineId, includeRecords: true).WaitAsync(Limit, Ct)).Records!);
        await run.CancelAsync();
        await run.Completion.WaitAsync(Limit, Ct);

        await Assert.ThrowsAsync<WireException>(() => run.GetTimelineAsync(run.Facts.TimelineId, includeRecords: true).WaitAsync(Limit, Ct));
    }

    private static TimeSpan Limit => TimeSpan.FromSeconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;
}
