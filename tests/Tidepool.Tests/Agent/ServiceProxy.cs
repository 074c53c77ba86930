using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Tidepool.Tests.AzurePipelines;

namespace Tidepool.Tests.Agent;

/// <summary>Stands between agent and service: notes what the agent sends, and keeps an answer back while the service has acted on the call.</summary>
internal sealed class ServiceProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly TaskCompletionSource<Uri> _service = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _bodies = new();
    private readonly ConcurrentQueue<string> _calls = new();

    private ServiceProxy(Func<HttpRequest, bool> holds)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(context => AnswerAsync(context, holds));
    }

    /// <summary>The organization as the agent sees it.</summary>
    public string Url => $"{_app.Urls.First()}/local";

    /// <summary>Ends when an answer is kept back.</summary>
    public Task Held => _held.Task.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken);

    /// <summary>Bodies of all calls.</summary>
    public IReadOnlyCollection<string> Bodies => _bodies;

    /// <param name="holds">End of the path of the call whose first answer is kept back; null for none.</param>
    /// <param name="method">That call's method.</param>
    public static async Task<ServiceProxy> StartAsync(string? holds = null, string method = "POST")
    {
        var proxy = new ServiceProxy(call => holds is not null && call.Method == method && call.Path.Value!.EndsWith(holds, StringComparison.Ordinal));
        await proxy._app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

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
        await _app.DisposeAsync();
        _http.Dispose();
    }

    public static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task AnswerAsync(HttpContext context, Func<HttpRequest, bool> holds)
    {
        var call = context.Request;
        try
        {
            var address = call.Path + call.QueryString.Value;
            _calls.Enqueue(address);
            using var body = new MemoryStream();
            await call.Body.CopyToAsync(body, context.RequestAborted);
            _bodies.Enqueue(Encoding.UTF8.GetString(body.ToArray()));
            var service = await _service.Task.WaitAsync(context.RequestAborted);
            using var request = new HttpRequestMessage(new(call.Method), new Uri(service, address)) { Content = new ByteArrayContent(body.ToArray()) };
            foreach (var (name, value) in call.Headers.Where(header => header.Key is "Authorization" or "Accept"))
            {
                request.Headers.TryAddWithoutValidation(name, (string?)value);
            }
            request.Content.Headers.TryAddWithoutValidation("Content-Type", call.ContentType);

            // What the agent gave up is acted on all the same, as it is where nothing stands between.
            using var response = await _http.SendAsync(request);
            if (holds(call) && _held.TrySetResult())
            {
                await _release.Task;
            }
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            var answer = await response.Content.ReadAsByteArrayAsync();
            if (answer.Length > 0)
            {
                await context.Response.Body.WriteAsync(answer, context.RequestAborted);
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            // One of the two hung up.
            context.Abort();
        }
    }
}
