using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Tidepool.Tests.AzurePipelines;

namespace Tidepool.Tests.Agent;

/// <summary>Stands between agent and service: notes what the agent sends, and keeps an answer back while the service has acted on the call.</summary>
internal sealed class ServiceProxy : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly TaskCompletionSource<Uri> _service = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _bodies = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly Task _serving;

    /// <param name="holds">End of the path of the call whose first answer is kept back; null for none.</param>
    /// <param name="method">That call's method.</param>
    public ServiceProxy(string? holds = null, string method = "POST")
    {
        var address = $"http://127.0.0.1:{FreePort()}/";
        Url = $"{address}local";
        _listener.Prefixes.Add(address);
        _listener.Start();
        _serving = ServeAsync(call => holds is not null && call.HttpMethod == method && call.Url!.AbsolutePath.EndsWith(holds, StringComparison.Ordinal));
    }

    /// <summary>The organization as the agent sees it.</summary>
    public string Url { get; }

    /// <summary>Ends when an answer is kept back.</summary>
    public Task Held => _held.Task.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken);

    /// <summary>Bodies of all calls.</summary>
    public IReadOnlyCollection<string> Bodies => _bodies;

    /// <summary>Waits for a call whose address holds a text.</summary>
    public Task CallAsync(string text) => ServiceUnderTest.UntilAsync(() => _calls.Any(call => call.Contains(text, StringComparison.Ordinal)));

    public void Release() => _release.TrySetResult();

    /// <summary>Starts the agent behind this proxy and waits until it is online.</summary>
    public async Task<AgentUnderTest> OnlineAsync()
    {
        var agent = await AgentUnderTest.StartAsync(new Dictionary<string, string> { ["AZP_URL"] = Url });
        _service.SetResult(agent.Service.OrganizationUrl);
        await agent.PoolAsync(agents => agents is [{ Status: "online" }]);
        return agent;
    }

    /// <summary>Starts the supervisor behind this proxy.</summary>
    public async Task<AgentUnderTest> SuperviseAsync(SupervisedScripts scripts, IReadOnlyDictionary<string, string> variables)
    {
        var agent = await AgentUnderTest.SuperviseAsync(scripts, new Dictionary<string, string>(variables) { ["AZP_URL"] = Url });
        _service.SetResult(agent.Service.OrganizationUrl);
        return agent;
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        _listener.Stop();
        await _serving;
        _listener.Close();
        _http.Dispose();
    }

    public static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync(Func<HttpListenerRequest, bool> holds)
    {
        var calls = new List<Task>();
        try
        {
            while (true)
            {
                calls.Add(AnswerAsync(await _listener.GetContextAsync(), holds));
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            await Task.WhenAll(calls);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, Func<HttpListenerRequest, bool> holds)
    {
        var call = context.Request;
        try
        {
            _calls.Enqueue(call.RawUrl!);
            using var body = new MemoryStream();
            await call.InputStream.CopyToAsync(body);
            _bodies.Enqueue(Encoding.UTF8.GetString(body.ToArray()));
            var service = await _service.Task;
            using var request = new HttpRequestMessage(new(call.HttpMethod), new Uri(service, call.RawUrl)) { Content = new ByteArrayContent(body.ToArray()) };
            foreach (var name in call.Headers.AllKeys.Where(name => name is "Authorization" or "Accept"))
            {
                request.Headers.TryAddWithoutValidation(name!, call.Headers[name]);
            }
            request.Content.Headers.TryAddWithoutValidation("Content-Type", call.ContentType);
            using var response = await _http.SendAsync(request);
            if (holds(call) && _held.TrySetResult())
            {
                await _release.Task;
            }
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            await context.Response.OutputStream.WriteAsync(await response.Content.ReadAsByteArrayAsync());
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpRequestException or HttpListenerException or ObjectDisposedException or IOException)
        {
            // One of the two hung up.
            context.Response.Abort();
        }
    }
}
