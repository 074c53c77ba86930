using System.Buffers.Binary;
using System.Net.Sockets;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>The engine as a process of this machine.</summary>
internal static class EnginePeer
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int PeerCredentials = 17; // SO_PEERCRED
    private const int CredentialsSize = 12; // struct ucred: pid, uid, gid

    /// <summary>Whether the engine sees the same file system at a path as this process does: it may be in a mount namespace of its own.</summary>
    /// <param name="socket">Where it listens.</param>
    /// <param name="folder">A folder where something is mounted.</param>
    public static bool Sees(Uri socket, string folder)
    {
        try
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            connection.Connect(new UnixDomainSocketEndPoint(socket.AbsolutePath));
            var credentials = new byte[CredentialsSize];
            connection.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
            var engine = BinaryPrimitives.ReadInt32LittleEndian(credentials);
            return LinuxCalls.Describe($"/proc/{engine}/root{folder}").Device == LinuxCalls.Describe(folder).Device;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
