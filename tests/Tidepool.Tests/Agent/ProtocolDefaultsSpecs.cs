using System.Text.Json;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

public sealed class ProtocolDefaultsSpecs
{
    [Fact]
    public void A_field_that_the_service_leaves_out_has_its_default_and_is_not_null()
    {
        var job = JsonSerializer.Deserialize("{}", ProtocolJson.Default.AgentJobRequestMessage)!;
        Assert.Empty(job.Mask);
        Assert.Empty(job.Steps);
        Assert.Empty(job.Variables);
        Assert.Empty(job.Resources.Endpoints);
        Assert.Equal("", job.JobName);
        Assert.Equal("", JsonSerializer.Deserialize("{}", ProtocolJson.Default.WireError)!.Message);
    }
}
