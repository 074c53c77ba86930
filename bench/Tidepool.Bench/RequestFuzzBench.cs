using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>Random and damaged requests to the real service: none may break it, hang, or leave it unable to run a job.</summary>
internal static class RequestFuzzBench
{
    private const int Senders = 6;
    private const int Agents = 3;
    private const double LongestSeconds = 5;
    private const double MostMiB = 400;
    private const string HeldJob = "pool:\n  name: fargate\n  demands: Holds\nsteps:\n- checkout: none\n- script: 'true'\n";
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RenewalLimit = TimeSpan.FromSeconds(5);

    // Asks of these are held until there is something to tell.
    private static readonly string[] Held = ["/messages", "/tidepool-events"];

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, TimeSpan length, CancellationToken ct)
    {
        await using var server = await PipelinesServer.StartAsync(installed, [PoolBench.Jobs(2), PoolBench.Jobs(1), HeldJob], ct);
        using var key = RSA.Create(2048);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        var corpus = await CorpusAsync(server, http, key, ct);

        // Agents take what is queued, or it would rightly wait for ever.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var draining = Enumerable.Range(0, Agents).Select(i => DrainAsync(http, server.Organization, key, i, stop.Token)).ToArray();
        var (statuses, faults, longest) = (new ConcurrentDictionary<int, int>(), new ConcurrentQueue<string>(), 0.0);
        var began = Stopwatch.GetTimestamp();
        var renewing = RenewAsync();
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(SendAsync, ct)));
        await renewing;
        var memory = ProcessMemory.Of(server.Pid);
        var works = await WorksAsync(server, http, key, ct);
        await stop.CancelAsync();
        await Task.WhenAll(draining);
        foreach (var fault in faults.Take(10))
        {
            Console.Error.WriteLine(fault);
        }

        var how = $"{statuses.Values.Sum()} requests in {length.TotalSeconds:0} s: {string.Join(", ", statuses.OrderBy(one => one.Key).Select(one => $"{one.Value} × {(one.Key == 0 ? "cut" : one.Key)}"))}";
        return
        [
            new("requests: answered 5xx, or not within the limit", faults.Count, "", 0, AtLeast: false, how),
            new("requests: longest", longest, "s", LongestSeconds, AtLeast: false, "but for those that are held until there is news"),
            new("requests: a job runs to its end afterwards", works ? 1 : 0, "", 1, AtLeast: true, "of an agent that comes then"),
            new("requests: resident memory afterwards", memory.Resident, "MiB", MostMiB, AtLeast: false, $"{memory}"),
        ];

        // What was sent soon ends the job that the requests are about.
        async Task RenewAsync()
        {
            while (Stopwatch.GetElapsedTime(began) < length)
            {
                await Task.Delay(Renewal, ct);
                try
                {
                    corpus = await CorpusAsync(server, http, key, ct);
                }
                catch (Exception e) when (e is InvalidOperationException or HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
                {
                    // A request hit the agent that was to have it: the next one will.
                }
            }
        }

        async Task SendAsync()
        {
            var random = new Random();
            while (Stopwatch.GetElapsedTime(began) < length)
            {
                var (bytes, isWhole, what) = corpus.Next(random);
                var sent = Stopwatch.GetTimestamp();
                var status = await AskAsync(server.Organization, bytes, isWhole, ct);
                var seconds = Stopwatch.GetElapsedTime(sent).TotalSeconds;
                var isHeld = Held.Any(held => what.Contains(held, StringComparison.OrdinalIgnoreCase));
                statuses.AddOrUpdate(Math.Max(0, status), 1, (_, count) => count + 1);
                if (status >= 500 || (status < 0 && isWhole && !isHeld))
                {
                    faults.Enqueue($"{(status < 0 ? "no answer" : status)} after {seconds:0.0} s:\n{what}\n");
                }

                if (isWhole && !isHeld)
                {
                    longest = Math.Max(longest, seconds);
                }
            }
        }
    }

    /// <summary>Sends a request and reads the status of its answer.</summary>
    /// <returns>0 where the connection was closed without one, -1 where none came in time.</returns>
    private static async Task<int> AskAsync(Uri organization, byte[] bytes, bool isWhole, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(isWhole ? LongestSeconds : 0.2));
        try
        {
            using var client = new TcpClient { NoDelay = true, LingerState = new(enable: false, 0) };
            await client.ConnectAsync(organization.Host, organization.Port, limit.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(bytes, limit.Token);
            if (!isWhole)
            {
                client.Client.Shutdown(SocketShutdown.Send);
            }

            var buffer = new byte[16 * 1024];
            var (status, head) = (0, "");
            for (int read; (read = await stream.ReadAsync(buffer, limit.Token)) > 0;)
            {
                head = head.Length < 20 ? head + Encoding.ASCII.GetString(buffer, 0, Math.Min(read, 20)) : head;
                status = head.Length >= 12 && int.TryParse(head.AsSpan(9, 3), out var code) ? code : status;
                if (Held.Length > 0 && status == 200 && head.Length >= 12 && !isWhole)
                {
                    break;
                }
            }

            return status;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return 0;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return -1;
        }
    }

    private static async Task<RequestCorpus> CorpusAsync(PipelinesServer server, HttpClient http, RSA key, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(RenewalLimit);
        var ct = limit.Token;
        var agent = new SimulatedAgent(http, server.Organization, key, $"holds-{Guid.NewGuid():n}", "Holds");
        await agent.GoOnlineAsync(ct);
        var run = await server.QueueAsync(3, ct);
        var job = await agent.TakeAsync(ct);
        var routes = (await server.LocationsAsync(ct)).Select(location => (string)location!["routeTemplate"]!).Concat(
        [
            "{project}/_apis/build/builds/{buildId}/tidepool-events", "{project}/_apis/build/builds/{buildId}/tidepool-explanation", "{project}/_git/{repositoryId}/info/refs",
            "{project}/_git/{repositoryId}/git-upload-pack", "{project}/_git/{repositoryId}/git-receive-pack", "_apis/oauth2/token", "_apis/{area}", "{a}/{b}/{c}",
        ]).ToList();
        var places = new Dictionary<string, string>
        {
            ["project"] = "tidepool",
            ["projectId"] = "tidepool",
            ["poolId"] = "1",
            ["agentId"] = "1",
            ["hubName"] = "build",
            ["repositoryId"] = "bench",
            ["scopeIdentifier"] = $"{job["plan"]!["scopeIdentifier"]}",
            ["planId"] = $"{job["plan"]!["planId"]}",
            ["timelineId"] = $"{job["timeline"]!["id"]}",
            ["recordId"] = $"{job["jobId"]}",
            ["requestId"] = $"{job["requestId"]}",
            ["sessionId"] = agent.Session,
            ["buildId"] = $"{run}",
            ["runId"] = $"{run}",
            ["pipelineId"] = "1",
            ["definitionId"] = "1",
            ["logId"] = "1",
            ["containerId"] = $"{run}",
            ["taskId"] = "d9bafed4-0b18-4f58-968d-86655b4d2ce9",
            ["name"] = "drop",
            ["stageRefName"] = "__default",
        };
        return new(routes, places,
        [
            .. Enumerable.Repeat(PipelinesServer.Authorization, 20), .. Enumerable.Repeat($"Bearer {agent.Token}", 5), .. Enumerable.Repeat($"Bearer {SimulatedAgent.TokenOf(job)}", 10), "", "Bearer x", "Basic ???", "Basic", "Bearer eyJ.a.b", "Negotiate x",
        ]);
    }

    private static async Task DrainAsync(HttpClient http, Uri organization, RSA key, int number, CancellationToken ct)
    {
        for (var start = 0; !ct.IsCancellationRequested; start++)
        {
            try
            {
                var agent = new SimulatedAgent(http, organization, key, $"drain-{number}-{start}");
                await agent.GoOnlineAsync(ct);
                await agent.RunAsync(_ => { }, ct);
            }
            catch (Exception e) when (e is InvalidOperationException or HttpRequestException)
            {
                // It was removed, or its job was taken from it: that is what others may do.
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // The bench is over.
            }
        }
    }

    private static async Task<bool> WorksAsync(PipelinesServer server, HttpClient http, RSA key, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            var agent = new SimulatedAgent(http, server.Organization, key, $"last-{Guid.NewGuid():n}");
            await agent.GoOnlineAsync(limit.Token);
            var working = agent.RunAsync(_ => { }, limit.Token);
            var run = await server.QueueAsync(2, limit.Token);
            while ((string?)(await server.GetAsync($"build/builds/{run}", limit.Token))["result"] != "succeeded")
            {
                await Task.Delay(50, limit.Token);
            }

            await limit.CancelAsync();
            await working;
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException or HttpRequestException)
        {
            Console.Error.WriteLine($"no job runs any more: {e.Message}");
            return false;
        }
    }
}
