using Tidepool.Deployment.Tools;

namespace Tidepool.Deployment.Tests.Tools;

public sealed class LastingRunSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_answers_each_line_and_the_exit_code()
    {
        var lines = new List<string>();
        Assert.Equal(3, await RunAsync("printf 'one\\ntwo\\nthr'; sleep 0.2; printf ee; exit 3", lines.Add, TestContext.Current.CancellationToken));
        Assert.Equal(["one", "two", "three"], lines);
    }

    [Fact]
    public async Task Canceled_it_gets_SIGINT_once_and_is_waited_for()
    {
        using var canceled = new CancellationTokenSource();
        var lines = new List<string>();
        var run = RunAsync(
            "trap 'echo interrupted' INT; echo ready; n=0; while [ $n -lt 10 ]; do sleep 0.05; n=$((n+1)); done; echo saved",
            line =>
            {
                lines.Add(line);
                if (line == "ready")
                {
                    canceled.Cancel();
                }
            },
            canceled.Token);
        Assert.Equal(0, await run);
        Assert.Equal(["ready", "interrupted", "saved"], lines);
    }

    [Fact]
    public async Task It_is_in_a_session_of_its_own_where_the_terminals_signals_do_not_reach_it()
    {
        var lines = new List<string>();
        await RunAsync("cut -d ' ' -f 1,6 /proc/$$/stat", lines.Add, TestContext.Current.CancellationToken);
        var ids = Assert.Single(lines).Split(' ');
        Assert.Equal(ids[0], ids[1]);
    }

    [Fact]
    public async Task It_does_not_see_the_agents_secrets()
    {
        var lines = new List<string>();
        Environment.SetEnvironmentVariable("AZP_TOKEN_OF_LASTINGRUNSPECS", "secret");
        await RunAsync("env", lines.Add, TestContext.Current.CancellationToken);
        Environment.SetEnvironmentVariable("AZP_TOKEN_OF_LASTINGRUNSPECS", null);
        Assert.DoesNotContain(lines, line => line.StartsWith("AZP_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_no_exit_code() => Assert.Null(await LastingRun.RunAsync(
        "no-such-program-of-tidepool", [], _folder.Path, Path.Combine(_folder.Path, "log"), new Dictionary<string, string>(), _ => { }, TimeProvider.System, TestContext.Current.CancellationToken));

    private Task<int?> RunAsync(string script, Action<string> onLine, CancellationToken ct) => LastingRun.RunAsync(
        "bash", ["-c", script], _folder.Path, Path.Combine(_folder.Path, "log"), new Dictionary<string, string>(), onLine, TimeProvider.System, ct);
}
