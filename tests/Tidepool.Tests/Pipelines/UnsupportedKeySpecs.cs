using Tidepool.Pipelines;
using Tidepool.Pipelines.Schema;

namespace Tidepool.Tests.Pipelines;

/// <summary>What is refused by its name: what a Fargate task cannot do, with the reason, and what is not there yet.</summary>
public sealed class UnsupportedKeySpecs
{
    public static TheoryData<string, string> Containers => new()
    {
        { "container", "container: x\nsteps:\n- script: x\n" },
        { "services", "services: {db: x}\nsteps:\n- script: x\n" },
        { "container", "jobs:\n- job: a\n  container: x\n" },
        { "services", "jobs:\n- job: a\n  services: {db: x}\n" },
        { "container", "jobs:\n- deployment: a\n  environment: e\n  container: {image: x}\n" },
        { "container", "phases:\n- phase: a\n  queue: {container: x}\n" },
        { "target: x", "steps:\n- script: x\n  target: x\n" },
        { "target: x", "steps:\n- script: x\n  target: {container: x}\n" },
    };

    [Theory]
    [MemberData(nameof(Containers))]
    public void What_needs_a_Docker_engine_is_refused_with_the_reason(string name, string text)
    {
        var error = Assert.Single(Assert.Throws<PipelineNotValidException>(() => RunSimulation.Read(text)).Errors);

        Assert.Equal($"'{name}' needs a Docker engine, which a Fargate task does not have. Run the steps on the agent itself.", error.Text);
        Assert.NotNull(error.Position);
    }

    [Fact]
    public void No_key_is_in_two_lists()
    {
        var tables = typeof(KnownKeys).GetProperties().Select(p => p.GetValue(null)).OfType<KeyTable>().ToList();

        Assert.True(tables.Count > 20);
        Assert.All(tables, t => Assert.Distinct(t.Read.Concat(t.Ignored).Concat(t.NotYet)));
    }
}
