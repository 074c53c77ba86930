using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>The embedded service of a <c>tidepool serve</c> that keeps its state, with a repository and its pipelines, and what is asked of it.</summary>
internal sealed class PipelinesServer : IAsyncDisposable
{
    public const string Token = "token-of-the-bench";
    private const string Project = "tidepool";

    private readonly EcsServer _server;
    private readonly HttpClient _http;

    private PipelinesServer(EcsServer server, Uri organization)
    {
        (_server, Organization) = (server, organization);
        _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Authorization = new("Basic", Basic);
    }

    /// <summary>The organization's URL, without a slash at the end.</summary>
    public Uri Organization { get; }

    public int Pid => _server.Pid;

    /// <summary>Value of the header with which the owner asks.</summary>
    public static string Authorization => $"Basic {Basic}";

    private static string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Token}"));

    /// <param name="installed">What was built.</param>
    /// <param name="pipelines">Texts of pipelines; the first gets the id 1, and so on.</param>
    /// <param name="ct">Ends the wait.</param>
    public static async Task<PipelinesServer> StartAsync(Installed installed, IReadOnlyList<string> pipelines, CancellationToken ct)
    {
        var port = FreePort();
        var server = await EcsServer.TidepoolAsync(installed, engine: null, ct, pipelinesPort: port);
        var started = new PipelinesServer(server, new($"http://127.0.0.1:{port}/local"));
        await started.FillAsync(pipelines, ct);
        return started;
    }

    /// <summary>Starts a run of a pipeline.</summary>
    /// <returns>The run's id.</returns>
    public async Task<int> QueueAsync(int pipeline, CancellationToken ct) => (int)(await PostAsync($"pipelines/{pipeline}/runs", [], ct))["id"]!;

    /// <summary>Asks for something of the project.</summary>
    public async Task<JsonNode> GetAsync(string path, CancellationToken ct) =>
        (await _http.GetFromJsonAsync<JsonNode>($"{Organization}/{Project}/_apis/{path}", ct))!;

    /// <summary>The table of the service's routes.</summary>
    public async Task<JsonArray> LocationsAsync(CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, $"{Organization}/_apis/");
        using var answer = await _http.SendAsync(request, ct);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct))!["value"]!.AsArray();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<JsonNode> PostAsync(string path, JsonObject body, CancellationToken ct)
    {
        using var answer = await _http.PostAsJsonAsync($"{Organization}/{Project}/_apis/{path}", body, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{path}: {text}");
    }

    private async Task FillAsync(IReadOnlyList<string> pipelines, CancellationToken ct)
    {
        await PostAsync("git/repositories", new() { ["name"] = "bench" }, ct);
        var clone = Directory.CreateTempSubdirectory("tidepool-bench-").FullName;
        try
        {
            await GitAsync(ct, "init", "--quiet", "--initial-branch", "main", clone);
            for (var i = 0; i < pipelines.Count; i++)
            {
                await File.WriteAllTextAsync(Path.Combine(clone, $"{i + 1}.yml"), pipelines[i], ct);
            }

            await GitAsync(ct, "-C", clone, "add", "--all");
            await GitAsync(ct, "-C", clone, "-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "--quiet", "--message", "bench");
            await GitAsync(
                ct, "-C", clone, "-c", $"http.extraHeader=Authorization: Basic {Basic}", "push", "--quiet", $"{Organization}/{Project}/_git/bench", "main");
        }
        finally
        {
            Directory.Delete(clone, recursive: true);
        }

        for (var i = 0; i < pipelines.Count; i++)
        {
            await PostAsync("pipelines", new()
            {
                ["name"] = $"bench {i + 1}",
                ["configuration"] = new JsonObject { ["path"] = $"{i + 1}.yml", ["repository"] = new JsonObject { ["name"] = "bench" } },
            }, ct);
        }
    }

    private static async Task GitAsync(CancellationToken ct, params string[] arguments)
    {
        using var git = Process.Start("git", arguments);
        await git.WaitForExitAsync(ct);
        if (git.ExitCode != 0)
        {
            throw new InvalidOperationException($"git {arguments[0]} ended with {git.ExitCode}.");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
