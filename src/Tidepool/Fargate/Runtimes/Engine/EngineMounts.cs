using System.Buffers.Binary;
using System.Net.Sockets;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>What a container engine sees of the file systems that are mounted on this machine.</summary>
internal static class EngineMounts
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int PeerCredentials = 17; // SO_PEERCRED

    /// <summary>Whether the engine sees what is mounted at a folder; true as well where that cannot be found out.</summary>
    /// <remarks>An engine in a mount namespace of its own sees later mounts only where they are passed on: man 7 mount_namespaces.</remarks>
    public static bool See(Uri socket, string mountPoint)
    {
        try
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            connection.Connect(new UnixDomainSocketEndPoint(socket.AbsolutePath));
            var peer = new byte[12]; // struct ucred
            connection.GetRawSocketOption(SocketLevel, PeerCredentials, peer);
            return BinaryPrimitives.ReadInt32LittleEndian(peer) is not (> 0 and var engine)
                || Mounts.Under(File.ReadLines($"/proc/{engine}/mountinfo"), mountPoint).Count > 0;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}
