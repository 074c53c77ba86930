using System.Diagnostics;
using System.Security.Cryptography;

namespace Tidepool.Bench;

/// <summary>Many simulated agents of one service, each with its own session and connection, in this process.</summary>
internal sealed class SimulatedAgents : IAsyncDisposable
{
    // To make one takes longer than all else that an agent does.
    private const int Keys = 8;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Lock _gate = new();
    private readonly List<double> _milliseconds = [];
    private Task _running = Task.CompletedTask;

    /// <summary>Jobs that they have done.</summary>
    public int Done
    {
        get
        {
            lock (_gate)
            {
                return _milliseconds.Count;
            }
        }
    }

    public static async Task<SimulatedAgents> StartAsync(PipelinesServer server, int count, CancellationToken ct)
    {
        var all = new SimulatedAgents();
        var keys = Enumerable.Range(0, Keys).Select(_ => RSA.Create(2048)).ToArray();
        var agents = Enumerable.Range(0, count).Select(i => new SimulatedAgent(all._http, server.Organization, keys[i % Keys], $"agent-{i}")).ToArray();
        await Parallel.ForEachAsync(agents, new ParallelOptions { MaxDegreeOfParallelism = Keys, CancellationToken = ct }, (agent, one) => new(agent.GoOnlineAsync(one)));
        all._running = Task.WhenAll(agents.Select(agent => agent.RunAsync(all.Note, all._stop.Token)));
        return all;
    }

    /// <summary>Waits until they have done so many jobs in all.</summary>
    public async Task DoneAsync(int jobs, CancellationToken ct)
    {
        for (var began = Stopwatch.GetTimestamp(); Done < jobs; await Task.Delay(10, ct))
        {
            if (_running.IsFaulted)
            {
                await _running;
            }

            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new TimeoutException($"{Done} of {jobs} jobs were done.");
            }
        }
    }

    /// <summary>From a job's queuing until an agent had it, of those after the first so many; ms, in order.</summary>
    public IReadOnlyList<double> Assigned(int after)
    {
        lock (_gate)
        {
            return [.. _milliseconds.Skip(after).Order()];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _http.Dispose();
        _stop.Dispose();
    }

    private void Note(TimeSpan assigned)
    {
        lock (_gate)
        {
            _milliseconds.Add(assigned.TotalMilliseconds);
        }
    }
}
