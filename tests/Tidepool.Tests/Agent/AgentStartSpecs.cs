using System.Diagnostics;
using System.Globalization;
using Tidepool.Agent.Posix;

namespace Tidepool.Tests.Agent;

public sealed class AgentStartSpecs
{
    /// <summary>As a container's first process, which the kernel spares every signal that has no handler.</summary>
    [Fact]
    public async Task A_SIGTERM_that_comes_before_there_is_a_handler_is_not_lost()
    {
        var binary = await AgentBinary.GetAsync();
        for (var i = 0; i < 5; i++)
        {
            string[] asUser = Environment.UserName == "root" ? [] : ["--map-root-user"];
            var start = new ProcessStartInfo("unshare", [.. asUser, "--pid", "--fork", "--kill-child", binary, "builtin"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["AZP_URL"] = $"http://127.0.0.1:{ServiceProxy.FreePort()}/nobody";
            start.Environment["AZP_TOKEN"] = $"pat{Guid.NewGuid():N}";
            start.Environment["AZP_POOL"] = "fargate";
            using var container = Process.Start(start)!;
            try
            {
                Libc.kill(await SecondImageAsync(container.Id), Libc.SIGTERM);

                await container.WaitForExitAsync(TestContext.Current.CancellationToken)
                    .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
                Assert.Equal(0, container.ExitCode);
            }
            finally
            {
                container.Kill();
            }
        }
    }

    /// <summary>The agent's id as soon as it has executed itself anew; its handlers come milliseconds later.</summary>
    private static async Task<int> SecondImageAsync(int parent)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(AgentUnderTest.Limit);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var child = (await File.ReadAllTextAsync($"/proc/{parent}/task/{parent}/children", limit.Token)).Trim();
            if (child.Length > 0 && (await File.ReadAllTextAsync($"/proc/{child}/cmdline", limit.Token)).Contains("--token-fd", StringComparison.Ordinal))
            {
                return int.Parse(child, CultureInfo.InvariantCulture);
            }
        }
    }
}
