using Tidepool.Fargate.Metadata;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Tests.Fargate.Metadata;

public sealed class TaskNetworkSpecs
{
    private static readonly TaskNetwork Network = new("172.18.5.130") { MacAddress = "02:42:ac:12:05:82", PrefixLength = 20, Gateway = "172.18.0.1" };

    [Fact]
    public void Subnet_and_gateway_have_the_prefix() => Assert.Equal(("172.18.0.0/20", "172.18.0.1/20"), (Network.Subnet, Network.GatewayWithPrefix));

    [Theory]
    [InlineData("us-east-1", "ip-172-18-5-130.ec2.internal")]
    [InlineData("eu-west-1", "ip-172-18-5-130.eu-west-1.compute.internal")]
    public void The_name_is_that_of_a_VPC(string region, string name) => Assert.Equal(name, Network.PrivateDnsName(region));

    [Fact]
    public void This_machines_network_has_an_address_alone() => Assert.Equal(
        ("127.0.0.1", null, null, null), (TaskNetwork.OfThisMachine.Address, TaskNetwork.OfThisMachine.Subnet, TaskNetwork.OfThisMachine.GatewayWithPrefix, TaskNetwork.OfThisMachine.PrivateDnsName("us-east-1")));

    [Fact]
    public void A_clock_that_nobody_keeps_says_so() => Assert.Equal(
        ("""{"ClockErrorBound":1.5,"ReferenceTimestamp":"2026-01-02T03:04:05.0000000Z","ClockSynchronizationStatus":"SYNCHRONIZED"}""", """{"ClockSynchronizationStatus":"NOT_SYNCHRONIZED"}"""),
        (ClockDrift.Of(TimeSpan.FromMilliseconds(1.5), new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)).ToJsonString(), ClockDrift.Of(null, default).ToJsonString()));
}
