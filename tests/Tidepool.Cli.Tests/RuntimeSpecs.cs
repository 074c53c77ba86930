namespace Tidepool.Cli.Tests;

public sealed class RuntimeSpecs
{
    [Fact]
    public async Task A_runtime_that_there_is_not_is_a_wrong_usage()
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "demo", "--runtime", "podman");

        Assert.Equal(
            (2, "CLI001: --runtime is 'podman'; it must be auto or docker or sandbox. Run 'tidepool demo --help' to see what there is.\n"),
            (outcome.ExitCode, outcome.Error));
    }

    [Fact]
    public async Task An_image_in_the_sandbox_is_refused()
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "demo", "--runtime", "sandbox", "--image", "mine:1");

        Assert.Equal(
            (2, "ENGINE005: --image is mine:1, and the sandbox runs no image. Leave --image out, or use --runtime docker.\n"),
            (outcome.ExitCode, outcome.Error));
    }

    [Theory]
    [InlineData("--runtime", "docker")]
    [InlineData("--image", "mine:1")]
    public async Task Who_asks_for_an_engine_gets_no_sandbox_where_none_answers(string option, string value)
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "demo", option, value);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("ENGINE001: The container engine at unix:///nowhere.sock cannot be used: the container engine does not answer: ", outcome.Error);
        Assert.EndsWith("See that it runs and that you may use it, or take --runtime sandbox.\n", outcome.Error);
    }
}
