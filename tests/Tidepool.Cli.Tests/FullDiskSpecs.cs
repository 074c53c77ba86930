using System.Diagnostics;

namespace Tidepool.Cli.Tests;

public sealed class FullDiskSpecs
{
    [Fact]
    public async Task A_full_disk_reaches_the_step_and_fails_the_run_and_the_engine_lives_on()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may mount a small file system to fill");
        using var scratch = new Scratch();
        await scratch.PipelineAsync("""
            steps:
            - checkout: none
            - script: head -c 200M /dev/zero > /shared-storage/too-large || { rm /shared-storage/too-large; exit 1; }
              displayName: Fill the disk
            - script: echo there is room again
              condition: failed()
            """);
        await MountAsync("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", scratch.State);
        try
        {
            var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", "azure-pipelines.yml");
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains("No space left on device", outcome.Error);
            Assert.Contains("there is room again", outcome.Error);
            Assert.Empty(scratch.Environments);
        }
        finally
        {
            await MountAsync("umount", scratch.State);
        }
    }

    private static async Task MountAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
