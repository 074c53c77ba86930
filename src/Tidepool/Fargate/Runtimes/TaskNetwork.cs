using System.Globalization;
using System.Net;

namespace Tidepool.Fargate.Runtimes;

/// <summary>What a runtime made for a task before its containers start.</summary>
/// <param name="Network">The task's network.</param>
/// <param name="ImageIds">Ids of the containers' images by the containers' names; none of images that are only described.</param>
internal sealed record PreparedTask(TaskNetwork Network, IReadOnlyDictionary<string, string> ImageIds);

/// <summary>Where a task is on the network.</summary>
/// <param name="Address">Its IPv4 address.</param>
internal sealed record TaskNetwork(string Address)
{
    /// <summary>The network of tasks that have this machine's.</summary>
    public static TaskNetwork OfThisMachine { get; } = new("127.0.0.1");

    /// <summary>Null where the task has no interface of its own, as are the next ones.</summary>
    public string? MacAddress { get; init; }

    /// <summary>Length of the subnet's prefix.</summary>
    public int? PrefixLength { get; init; }

    public string? Gateway { get; init; }

    /// <summary>The subnet, as in <c>10.0.1.0/24</c>.</summary>
    public string? Subnet => PrefixLength is { } length && IPAddress.TryParse(Address, out var address)
        ? string.Create(CultureInfo.InvariantCulture, $"{Base(address, length)}/{length}")
        : null;

    /// <summary>The gateway with the length of the subnet's prefix, as in <c>10.0.1.1/24</c>.</summary>
    public string? GatewayWithPrefix => Gateway is null || PrefixLength is null ? null : string.Create(CultureInfo.InvariantCulture, $"{Gateway}/{PrefixLength}");

    /// <summary>The name that a VPC gives such an address; nothing resolves it here. Null without an interface.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html#vpc-dns-hostnames</remarks>
    public string? PrivateDnsName(string region) => MacAddress is null
        ? null
        : $"ip-{Address.Replace('.', '-')}.{(region is "us-east-1" ? "ec2" : $"{region}.compute")}.internal";

    private static IPAddress Base(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new(bytes);
    }
}
