using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

/// <summary>What the built-in agent and the service do together beyond scripts.</summary>
public sealed class AgentServiceSpecs : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tidepool-service-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_artifact_that_one_job_publishes_reaches_another()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { WorkFolder = _folder });

        var run = await agent.RunAsync("""
            jobs:
            - job: A
              steps:
              - checkout: none
              - bash: |
                  mkdir -p out/deep; seq 30000 > out/deep/numbers; : > out/empty
                  head -c 5000000 /dev/zero > out/zeros
                  echo '##vso[build.addbuildtag]tagged'
                  echo '##vso[build.updatebuildnumber]5.5'
              - publish: out
                artifact: site
            - job: B
              dependsOn: A
              steps:
              - checkout: none
              - download: current
                artifact: site
                patterns: '**'
              - bash: cd ../site; find . -type f | sort; wc -l < deep/numbers; wc -c < zeros
                displayName: look
            """);

        run.MustBe(NodeResult.Succeeded);
        Assert.Equal(
            ["./deep/numbers", "./empty", "./zeros", "30000", "5000000"],
            run.Step("look").LogLines().SkipWhile(line => !line.StartsWith("##[command]", StringComparison.Ordinal)).Skip(1).SkipLast(1));
        Assert.Contains("following tags now: tagged", run.Text(), StringComparison.Ordinal);
        Assert.Contains("Update build number to 5.5", run.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_target_restricts_is_refused()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - bash: |
                echo '##vso[build.addbuildtag]no'
                echo '##vso[task.setvariable variable=mine]no'
                echo '##vso[task.setvariable variable=ok]yes'
              displayName: restricted
              target:
                commands: restricted
                settableVariables: [ok]
            - bash: echo "<$OK$MINE>"
              displayName: look
            """);

        run.MustBe(NodeResult.Succeeded);
        Assert.Equal(2, run.Step("restricted").Issues.Count);
        Assert.Contains("<yes>", run.Step("look").LogLines());
    }
}
