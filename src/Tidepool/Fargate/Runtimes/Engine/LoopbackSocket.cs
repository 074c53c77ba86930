using System.Net;
using System.Net.Sockets;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>A Unix socket that carries connections to a TCP port of this machine's 127.0.0.1. Who has the file reaches the port, and no other.</summary>
internal sealed class LoopbackSocket : IDisposable
{
    private const int LongestPath = 107; // sun_path of unix(7), without its null
    private const UnixFileMode Everyone = (UnixFileMode)0x1b6; // 0666; the folder around it is private

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _target;

    /// <param name="path">The socket's file.</param>
    /// <param name="port">The port.</param>
    /// <exception cref="ProblemException">The path is too long for a socket.</exception>
    public LoopbackSocket(string path, int port)
    {
        if (path.Length > LongestPath)
        {
            throw new ProblemException(
                "ENGINE006", $"{path} has {path.Length} characters, and a socket's path may have {LongestPath}.", "Set XDG_STATE_HOME to a shorter path.");
        }

        _target = new(IPAddress.Loopback, port);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        LinuxCalls.Chmod(path, Everyone);
        _listener.Listen();
        _ = AcceptAsync();
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = CarryAsync(await _listener.AcceptAsync(_end.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end.
        }
    }

    private async Task CarryAsync(Socket accepted)
    {
        using var near = accepted;
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await far.ConnectAsync(_target, _end.Token);
            await Task.WhenAll(PumpAsync(near, far), PumpAsync(far, near));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // One side is gone; closing both tells the other.
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        for (int length; (length = await from.ReceiveAsync(buffer, _end.Token)) > 0;)
        {
            for (var sent = 0; sent < length;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), _end.Token);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
