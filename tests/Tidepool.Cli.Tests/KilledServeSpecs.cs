using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool serve</c> killed in the middle of a run, and started again at its port.</summary>
public sealed class KilledServeSpecs : IDisposable
{
    private const string Token = "a-token-of-this-test-alone";

    private readonly Scratch _scratch = new();
    private readonly HttpClient _http = new();
    private readonly int _port = FreePort();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_run_goes_on_with_its_agent_the_next_one_still_waits_and_nothing_runs_twice()
    {
        _scratch.Environment["TIDEPOOL_TOKEN"] = Token;
        _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Token}")));
        var (log, gate) = (Path.Combine(_scratch.Folder, "log"), Path.Combine(_scratch.Folder, "gate"));
        await using (var served = await ServeAsync())
        {
            await PushAsync($"""
                steps:
                - checkout: none
                - script: |
                    echo begun >> '{log}'
                    while [ ! -e '{gate}' ]; do sleep 0.05; done
                    echo ended >> '{log}'
                - script: echo after the restart
                """);
            using var agent = StartAgent();
            try
            {
                await AskAsync(HttpMethod.Post, "_apis/pipelines/1/runs", "{}");
                await Wait.UntilAsync(() => File.Exists(log), "the first run's step has begun");
                await AskAsync(HttpMethod.Post, "_apis/pipelines/1/runs", "{}");
                await served.Process.SignalAsync("KILL");
                await served.Process.EndAsync();

                await using var again = await ServeAsync();
                var going = (await AskAsync(HttpMethod.Get, "_apis/build/builds?statusFilter=inProgress"))["value"]!.AsArray();
                Assert.Equal([2, 1], going.Select(build => (int)build!["id"]!));
                await File.WriteAllTextAsync(gate, "", Ct);
                await EndedAsync(1);
                await EndedAsync(2);
                var lines = await File.ReadAllLinesAsync(log, Ct);
                Assert.Equal(["begun", "ended", "begun", "ended"], lines);
                await again.Process.SignalAsync("TERM");
                Assert.Equal(0, (await again.Process.EndAsync()).ExitCode);
                Assert.False(Directory.Exists(Path.Combine(_scratch.State, "tidepool", "services", $"{_port}")));
            }
            finally
            {
                agent.Kill(entireProcessTree: true);
                await agent.WaitForExitAsync(CancellationToken.None);
            }
        }

        Assert.Empty(_scratch.Environments);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<Served> ServeAsync() => Served.StartAsync(_scratch, "--pipelines-port", $"{_port}");

    /// <summary>The built-in agent beside the service: it knows nothing of its end.</summary>
    private Process StartAgent()
    {
        var binary = Environment.GetEnvironmentVariable("TIDEPOOL_AGENT_BINARY") ?? Path.Combine(Clone.Root, "artifacts", "agent", "tidepool-agent");
        var start = new ProcessStartInfo(binary, ["builtin"]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _scratch.Folder };
        start.Environment["AZP_URL"] = $"http://127.0.0.1:{_port}/local";
        start.Environment["AZP_TOKEN"] = Token;
        start.Environment["AZP_POOL"] = "fargate";
        start.Environment["AZP_AGENT_NAME"] = "beside";
        start.Environment["AZP_WORK"] = Path.Combine(_scratch.Folder, "work");
        var agent = Process.Start(start)!;
        agent.OutputDataReceived += (_, _) => { };
        agent.ErrorDataReceived += (_, _) => { };
        agent.BeginOutputReadLine();
        agent.BeginErrorReadLine();
        return agent;
    }

    private async Task EndedAsync(int run)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        JsonNode build;
        while ((string?)(build = await AskAsync(HttpMethod.Get, $"_apis/build/builds/{run}"))["status"] != "completed")
        {
            await Wait.BrieflyAsync(limit.Token);
        }

        Assert.Equal("succeeded", (string?)build["result"]);
    }

    private async Task PushAsync(string yaml)
    {
        await AskAsync(HttpMethod.Post, "_apis/git/repositories", """{"name":"site"}""");
        await _scratch.PipelineAsync(yaml);
        var header = $"http.extraHeader=Authorization: {new AuthenticationHeaderValue("Basic", _http.DefaultRequestHeaders.Authorization!.Parameter)}";
        await _scratch.GitAsync("-c", header, "push", "--quiet", $"http://127.0.0.1:{_port}/local/tidepool/_git/site", "main");
        await AskAsync(HttpMethod.Post, "_apis/pipelines", """{"name":"ci","configuration":{"path":"azure-pipelines.yml","repository":{"name":"site"}}}""");
    }

    private async Task<JsonNode> AskAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{_port}/local/tidepool/{path}");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
