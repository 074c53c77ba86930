using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Tidepool.Agent.Posix;

namespace Tidepool.Agent.TaskNetwork;

/// <summary>Gives the loopback interface of this network namespace one more IPv4 address, as <c>ifconfig lo:0 ADDRESS</c> does.</summary>
internal static unsafe class LoopbackAddress
{
    private const int InternetFamily = 2; // AF_INET
    private const int Datagram = 2; // SOCK_DGRAM
    private const int SizeOfRequest = 40; // struct ifreq
    private const int LengthOfName = 16; // IFNAMSIZ
    private const nuint SetAddress = 0x8916; // SIOCSIFADDR
    private const nuint SetMask = 0x891c; // SIOCSIFNETMASK

    /// <param name="address">The address; it may be there already.</param>
    /// <param name="index">Counts the added addresses; each has a label of its own.</param>
    /// <exception cref="IOException">The kernel refuses; it wants CAP_NET_ADMIN.</exception>
    public static void Add(IPAddress address, int index)
    {
        var socket = Libc.socket(InternetFamily, Datagram, 0);
        if (socket < 0)
        {
            throw Failure(address);
        }

        try
        {
            if (!Set(socket, SetAddress, index, address) || !Set(socket, SetMask, index, IPAddress.Broadcast))
            {
                throw Failure(address);
            }
        }
        finally
        {
            _ = Libc.close(socket);
        }
    }

    private static bool Set(int socket, nuint request, int index, IPAddress value)
    {
        Span<byte> buffer = stackalloc byte[SizeOfRequest];
        buffer.Clear();
        Encoding.ASCII.GetBytes($"lo:{index}", buffer[..LengthOfName]);
        BinaryPrimitives.WriteInt16LittleEndian(buffer[LengthOfName..], InternetFamily);
        value.TryWriteBytes(buffer[(LengthOfName + 4)..], out _);
        fixed (byte* pointer = buffer)
        {
            return Libc.ioctl(socket, request, pointer) == 0;
        }
    }

    private static IOException Failure(IPAddress address) =>
        new($"{address} cannot be added to lo: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
}
