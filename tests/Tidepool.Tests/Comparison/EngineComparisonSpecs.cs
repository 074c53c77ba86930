using Tidepool.Fargate;
using Tidepool.Tests.Agent;
using Tidepool.Tests.Fargate;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Comparison;

public sealed class EngineComparisonSpecs(DockerDaemon daemon)
{
    [Fact]
    public async Task In_a_container_engine_accesses_are_seen_as_well()
    {
        await daemon.StartAsync();
        var agent = await AgentBinary.GetAsync();
        using var engine = daemon.Connect();
        await TestImage.LoadDemonstrationAsync(engine, agent, FargateRig.Ct);
        using var compared = new ComparedPipeline();
        var file = await compared.WriteAsync(PipelineComparisonSpecs.HandsOver);
        var report = await compared.RunAsync(file, cost: null, new ComparedPipeline.Ignored(), FargateRig.Ct, change: options => options with
        {
            Runtime = RuntimeWish.Docker,
            Image = TestImage.Demonstration,
            Variable = name => name is "DOCKER_HOST" ? daemon.Socket.OriginalString : null,
        });
        Assert.Contains("fanotify", report.How);
        Assert.Equal("bind works when pinned", $"{report.Verdicts[0].Storage} {report.Verdicts[0].Works}");
        Assert.Contains(report.Paths, path => path is { Path: "/shared-storage/site-1", CrossesTasks: true, WrittenBy: [['B', ..]], ReadBy: [['D', ..]] });
    }
}
