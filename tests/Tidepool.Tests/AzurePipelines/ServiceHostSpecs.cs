using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class ServiceHostSpecs
{
    [Fact]
    public async Task Signals_stay_with_the_program_around_the_service()
    {
        var handled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The handler that was there first is asked last: it sees whether another one took the signal.
        using var registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            handled.TrySetResult(signal.Cancel);
            signal.Cancel = true;
        });
        await using var tested = await StartAsync();

        using var kill = Process.Start("kill", ["-TERM", $"{Environment.ProcessId}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.False(await handled.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_bug_in_the_service_is_heard_by_its_owner()
    {
        var faults = new ConcurrentQueue<string>();
        await using var tested = await StartAsync(options => options with { OnFault = faults.Enqueue });
        var agent = await tested.OnlineAgentAsync("agent-1");
        tested.Queue(Stage("Build", Job("Pack", Script("CmdLine") with { Inputs = new BrokenInputs() })));

        var poll = $"_apis/distributedtask/pools/1/messages?sessionId={agent.Session!.SessionId}";
        using var response = await agent.TrySendAsync(HttpMethod.Get, poll, body: null);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(
            $"GET /local/_apis/distributedtask/pools/1/messages: {nameof(InvalidOperationException)}: these inputs are broken",
            Assert.Single(faults));
    }

    [Fact]
    public async Task A_refusal_is_no_fault()
    {
        var faults = new ConcurrentQueue<string>();
        await using var tested = await StartAsync(options => options with { OnFault = faults.Enqueue });
        var agent = await tested.OnlineAgentAsync("agent-1");

        using var unknown = await agent.TrySendAsync(HttpMethod.Get, "_apis/distributedtask/pools/7", body: null);
        using var malformed = await agent.TrySendAsync(HttpMethod.Post, "_apis/distributedtask/pools/1/sessions", "no session");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.BadRequest), (unknown.StatusCode, malformed.StatusCode));
        Assert.Empty(faults);
    }

    private sealed class BrokenInputs : Dictionary<string, string>, IEnumerable<KeyValuePair<string, string>>
    {
        IEnumerator<KeyValuePair<string, string>> IEnumerable<KeyValuePair<string, string>>.GetEnumerator() =>
            throw new InvalidOperationException("these inputs are broken");

        IEnumerator IEnumerable.GetEnumerator() => throw new InvalidOperationException("these inputs are broken");
    }
}
