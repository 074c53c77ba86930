using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Rehearsal;
using Tidepool.Tests.Agent;
using Tidepool.Tests.Fargate;
using Tidepool.Tests.Fargate.Runtimes;

namespace Tidepool.Tests.Rehearsal;

public sealed class EngineDemoSpecs(DockerDaemon daemon)
{
    [Fact]
    public async Task The_demonstration_comes_out_the_same_in_a_container_engine_with_an_image_of_the_agent()
    {
        await daemon.StartAsync();
        var agent = await AgentBinary.GetAsync();
        using var engine = daemon.Connect();
        await TestImage.LoadDemonstrationAsync(engine, agent, FargateRig.Ct);
        var state = Directory.CreateTempSubdirectory("tidepool-demo-").FullName;
        try
        {
            var said = new Said();
            var report = await Demo.RunAsync(
                new()
                {
                    RepositoryFolder = Clone.Root,
                    AgentBinary = agent,
                    ContainerTemplate = Path.Combine(Clone.Root, "terraform", "agent-container.json.tftpl"),
                    StateFolder = state,
                    Image = TestImage.Demonstration,
                    Variable = name => name is "DOCKER_HOST" ? daemon.Socket.OriginalString : null,
                },
                TimeProvider.System,
                said,
                (_, _) => Task.CompletedTask,
                FargateRig.Ct).WaitAsync(TimeSpan.FromMinutes(2), FargateRig.Ct);

            Assert.Equal(
                ["same-task found ok", "other-task not-found ok", "task-replaced not-found ok", "container-restarted found ok"],
                report.Scenarios.Select(scenario => $"{scenario.Name} {scenario.Observed} {(scenario.Ok ? "ok" : scenario.Reason)}"));
            Assert.Equal("docker", report.Runtime);
            Assert.Contains(said.Lines, line => line.StartsWith("runtime docker, engine ", StringComparison.Ordinal));
            Assert.DoesNotContain(
                await EngineLeftovers.EnvironmentsAsync(daemon.Socket, FargateRig.Ct), folder => folder.StartsWith(state, StringComparison.Ordinal));
            Assert.Empty(Directory.GetDirectories(state));
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private sealed class Said : IProgress<RehearsalEvent>
    {
        public List<string> Lines { get; } = [];

        public void Report(RehearsalEvent value)
        {
            if (value is Tidepool.Rehearsal.Said(var text))
            {
                lock (Lines)
                {
                    Lines.Add(text);
                }
            }
        }
    }
}
