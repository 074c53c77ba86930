using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

public sealed class AgentDiskSpecs
{
    [Fact]
    public async Task A_full_disk_fails_the_step_with_the_systems_words_and_the_agent_lives_on()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(workFolderBytes: 512 * 1024);

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - bash: dd if=/dev/zero of="$(Build.ArtifactStagingDirectory)/full" bs=4096 count=1000
              displayName: fills
            - bash: |
                echo "this script itself finds no room"
              displayName: script
              condition: always()
            """);

        run.MustBe(NodeResult.Failed);
        Assert.Contains(run.Step("fills").LogLines(), line => line.Contains("No space left on device", StringComparison.Ordinal));
        Assert.Contains("No space left on device", run.Step("script").Issues.Single().Message, StringComparison.Ordinal);

        // The next job's start empties the staging folder.
        Assert.Equal(NodeResult.Succeeded, (await agent.RunAsync("steps:\n- checkout: none\n- script: 'true'")).Result);
    }
}
