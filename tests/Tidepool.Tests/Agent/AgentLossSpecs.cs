using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Tidepool.AgentProtocol;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

/// <summary>What happens to an agent at work when the pool takes something away from it.</summary>
public sealed class AgentLossSpecs
{
    private const string Stubborn = """
        steps:
        - checkout: none
        - bash: |
            trap '' INT
            echo "pid $$"
            echo go-on
            while :; do sleep 0.1; done
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_agent_that_loses_its_place_while_it_runs_a_job_ends_in_order(bool isReplaced)
    {
        // The lease is renewed, in vain, while the step still resists.
        await using var agent = await AgentUnderTest.OnlineAsync(change: options => options with { Lease = TimeSpan.FromSeconds(3) });
        var run = agent.Queue(Stubborn);
        await AgentUnderTest.LineAsync(run, "go-on");
        var pid = run.Snapshot().Text().Split('\n').First(line => line.StartsWith("pid ", StringComparison.Ordinal) && char.IsDigit(line[4]))[4..];
        var registered = agent.Service.Agents.Single();

        await (isReplaced ? ReplaceAsync(agent, registered) : RemoveAsync(agent, registered.Id));

        var exitCode = await agent.ExitAsync();
        Assert.True(exitCode == 1, $"Exit code {exitCode}\n{string.Join('\n', agent.Log)}");
        Assert.Single(agent.Log, line => line.StartsWith("AGENT0", StringComparison.Ordinal));
        Assert.Contains(agent.Log, line => line.StartsWith("AGENT006: The service does not know this agent's key any more.", StringComparison.Ordinal));
        Assert.DoesNotContain(agent.Log, line => line.Contains("   at ", StringComparison.Ordinal));
        Assert.False(Directory.Exists($"/proc/{pid}"), "The step outlived its agent.");

        // Who took its place keeps it.
        Assert.Equal(isReplaced ? 1 : 0, agent.Service.Agents.Count);
        Assert.NotEqual(NodeResult.Succeeded, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_cancel_of_a_job_that_waits_for_the_one_before_reaches_it()
    {
        await using var proxy = await ServiceProxy.StartAsync(holds: "/events");
        await using var agent = await proxy.OnlineAsync();
        var first = agent.Queue("steps:\n- checkout: none\n- script: 'true'");
        await proxy.Held;
        var second = agent.Queue("""
            steps:
            - checkout: none
            - script: sleep 1000
            """);
        await proxy.CallAsync("lastMessageId=2");
        await TakeAsync(agent);

        await second.CancelAsync();
        await proxy.CallAsync("lastMessageId=3");
        proxy.Release();

        Assert.Equal(NodeResult.Succeeded, await first.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Equal(NodeResult.Canceled, await second.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
    }

    /// <summary>Renews the agent's request on its behalf: from there on a cancel goes by message.</summary>
    private static async Task TakeAsync(AgentUnderTest agent)
    {
        using var pool = Pool(agent);
        var id = agent.Service.Agents.Single().AssignedRequest!.RequestId;
        using var answer = await pool.PatchAsJsonAsync(
            $"jobrequests/{id}?lockToken={Guid.Empty}",
            new() { RequestId = id },
            ProtocolJson.Default.TaskAgentJobRequest,
            TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task RemoveAsync(AgentUnderTest agent, int id)
    {
        using var pool = Pool(agent);
        using var answer = await pool.DeleteAsync($"agents/{id}", TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>As another agent of the same name does when it registers.</summary>
    private static async Task ReplaceAsync(AgentUnderTest agent, TaskAgent registered)
    {
        using var pool = Pool(agent);
        using var key = RSA.Create(2048);
        var parameters = key.ExportParameters(includePrivateParameters: false);
        var replacement = registered with
        {
            AssignedRequest = null,
            Authorization = new()
            {
                PublicKey = new(Convert.ToBase64String(parameters.Exponent!), Convert.ToBase64String(parameters.Modulus!)),
            },
        };
        using var answer = await pool.PutAsJsonAsync(
            $"agents/{registered.Id}", replacement, ProtocolJson.Default.TaskAgent, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static HttpClient Pool(AgentUnderTest agent)
    {
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($":{agent.Token}"));
        return new()
        {
            BaseAddress = new($"{agent.Service.OrganizationUrl.ToString().TrimEnd('/')}/_apis/distributedtask/pools/1/"),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", basic) },
        };
    }
}
