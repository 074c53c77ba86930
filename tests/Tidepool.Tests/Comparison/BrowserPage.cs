using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Tidepool.Tests.Comparison;

/// <summary>A page in <see cref="Chromium"/>: what it asked for, what it complained of, and what its script answers.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _answers = [];
    private readonly SemaphoreSlim _sending = new(1);
    private string? _session;
    private int _last;

    private BrowserPage()
    {
    }

    /// <summary>Addresses that were asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Errors and warnings of the console, and what the page's script threw.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    public static async Task<BrowserPage> OpenAsync(Uri browser, Uri page)
    {
        var opened = new BrowserPage();
        await opened._socket.ConnectAsync(browser, Chromium.Ct).WaitAsync(Limit, Chromium.Ct);
        _ = opened.ReadAsync();
        var target = await opened.SendAsync("Target.createTarget", new() { ["url"] = "about:blank" });
        var session = await opened.SendAsync("Target.attachToTarget", new() { ["targetId"] = target["targetId"]!.GetValue<string>(), ["flatten"] = true });
        opened._session = session["sessionId"]!.GetValue<string>();
        foreach (var domain in (string[])["Page", "Network", "Runtime", "Log"])
        {
            await opened.SendAsync($"{domain}.enable", []);
        }

        await opened.SizeAsync(1400);
        await opened.SendAsync("Page.navigate", new() { ["url"] = page.AbsoluteUri });
        await opened.ValueAsync<bool>("new Promise(done => document.readyState === 'complete' ? done(true) : addEventListener('load', () => done(true)))");
        return opened;
    }

    /// <summary>Gives the page a width, in pixels of CSS.</summary>
    public Task SizeAsync(int width) => SendAsync(
        "Emulation.setDeviceMetricsOverride",
        new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });

    /// <summary>Tells the page that its reader likes <c>light</c> or <c>dark</c>.</summary>
    public Task SchemeAsync(string scheme) => SendAsync(
        "Emulation.setEmulatedMedia",
        new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }, new JsonObject { ["name"] = "prefers-reduced-motion", ["value"] = "reduce" }) });

    /// <summary>Presses a key and lets it go.</summary>
    public async Task PressAsync(string key, int code, string? text = null)
    {
        JsonObject Event(string type) => new() { ["type"] = type, ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
        var down = Event("keyDown");
        if (text is not null)
        {
            down["text"] = text;
        }

        await SendAsync("Input.dispatchKeyEvent", down);
        await SendAsync("Input.dispatchKeyEvent", Event("keyUp"));
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<T> ValueAsync<T>(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]!["value"]!.GetValue<T>();
    }

    /// <summary>The strings that an expression in the page comes to.</summary>
    public async Task<string[]> ValuesAsync(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return [.. answer["result"]!["value"]!.AsArray().Select(value => value!.GetValue<string>())];
    }

    /// <summary>How many elements of each role the page has to assistive software.</summary>
    public async Task<Dictionary<string, int>> RolesAsync()
    {
        await SendAsync("Accessibility.enable", []);
        var tree = await SendAsync("Accessibility.getFullAXTree", []);
        return tree["nodes"]!.AsArray()
            .Where(node => !node!["ignored"]!.GetValue<bool>())
            .CountBy(node => node!["role"]!["value"]!.GetValue<string>())
            .ToDictionary();
    }

    /// <summary>The page on paper, A4, with its heads as the document's outline.</summary>
    public async Task<byte[]> PrintAsync()
    {
        var answer = await SendAsync("Page.printToPDF", new() { ["paperWidth"] = 8.27, ["paperHeight"] = 11.69, ["generateTaggedPDF"] = true, ["generateDocumentOutline"] = true, ["preferCSSPageSize"] = true });
        return Convert.FromBase64String(answer["data"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        await SendAsync("Page.close", []);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task<JsonNode> SendAsync(string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answers[id] = answer;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
        {
            message["sessionId"] = _session;
        }

        await _sending.WaitAsync(Chromium.Ct);
        try
        {
            await _socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, Chromium.Ct);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(Limit, Chromium.Ct);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                using var message = new MemoryStream();
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                    message.Write(buffer, 0, part.Count);
                }
                while (!part.EndOfMessage);

                if (part.MessageType is WebSocketMessageType.Close)
                {
                    throw new WebSocketException("Chromium closed the connection.");
                }

                Take(JsonNode.Parse(message.ToArray())!);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            foreach (var answer in _answers.Values)
            {
                answer.TrySetException(new InvalidOperationException("Chromium went away.", e));
            }
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id && _answers.TryRemove(id.GetValue<int>(), out var answer))
        {
            if (message["error"] is { } error)
            {
                answer.TrySetException(new InvalidOperationException(error.ToJsonString()));
            }
            else
            {
                answer.TrySetResult(message["result"]!);
            }

            return;
        }

        switch (message["method"]?.GetValue<string>())
        {
            case "Network.requestWillBeSent":
                Requests.Enqueue(message["params"]!["request"]!["url"]!.GetValue<string>());
                break;
            case "Runtime.exceptionThrown" or "Log.entryAdded" or "Runtime.consoleAPICalled":
                Complaints.Enqueue(message["params"]!.ToJsonString());
                break;
            default:
                break;
        }
    }
}
