using System.Net;
using System.Net.Sockets;

namespace Tidepool.Agent.TaskNetwork;

/// <summary>What listens in a task's network and where its connections go.</summary>
/// <param name="Listen">Address and port in the task's network.</param>
/// <param name="Socket">Path of the Unix socket that answers.</param>
internal sealed record Forward(IPEndPoint Listen, string Socket)
{
    /// <summary>Reads <c>ADDRESS:PORT=SOCKET</c>; null when it is not one.</summary>
    public static Forward? Parse(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && IPEndPoint.TryParse(text[..at], out var listen) && listen.Port > 0
            ? new(listen, text[(at + 1)..])
            : null;

    /// <summary>Starts to listen. What is accepted is carried until either side is gone.</summary>
    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public void Start()
    {
        var listener = new TcpListener(Listen);
        listener.Start();
        _ = AcceptAsync(listener);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            var client = await listener.AcceptSocketAsync();
            client.NoDelay = true;
            _ = CarryAsync(client);
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using var near = client;
        using var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await far.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
            await Task.WhenAll(PumpAsync(near, far), PumpAsync(far, near));
        }
        catch (SocketException)
        {
            // One side is gone; closing both tells the other.
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        for (int length; (length = await from.ReceiveAsync(buffer)) > 0;)
        {
            for (var sent = 0; sent < length;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
