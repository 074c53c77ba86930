using System.Text.Json;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class CounterSpecs : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tidepool-counters-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_counter_has_one_value_in_a_run_and_the_next_in_the_next()
    {
        var one = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Pipelines", "Data", "graph-cases.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Single(row => row.GetProperty("id").GetString() == "counter-once-per-run");
        var variables = one.GetProperty("exprs").EnumerateArray()
            .Select((expression, index) => new PipelineVariable($"v{index}", $"$[ {expression.GetString()} ]", false, default)).ToList();
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");

        foreach (var expected in new[] { "expect_run1", "expect_run2" })
        {
            var run = tested.Queue(Stage("Build", Job("Pack", Script("CmdLine")) with { Variables = variables, Condition = "eq(variables.v0, variables.v1)" }));
            var job = await agent.TakeJobAsync();
            Assert.Equal(
                one.GetProperty(expected).EnumerateArray().Select(value => value.ToString()),
                variables.Select(variable => job.Message.Variables[variable.Name].Value));
            await job.CompleteAsync();
            await EndAsync(run);
        }
    }

    [Fact]
    public async Task Counters_and_revisions_go_on_after_the_service_ended()
    {
        Assert.Equal(("1.7.1", "7"), await RunAsync());
        Assert.Equal(("1.8.1", "8"), await RunAsync());

        async Task<(string Number, string Value)> RunAsync()
        {
            await using var tested = await StartAsync(options => options with { WorkFolder = _folder });
            var agent = await tested.OnlineAgentAsync("agent-1");
            var run = tested.Queue(
                request => request with
                {
                    Pipeline = request.Pipeline with
                    {
                        RunName = "$(major).$(minor).$(Rev:r)",
                        Variables =
                        [
                            new("major", "1", false, default),
                            new("minor", "$[ counter(variables['major'], 7) ]", false, default),
                        ],
                    },
                },
                Stage("Build", Job("Pack", Script("CmdLine"))));
            var job = await agent.TakeJobAsync();
            await job.CompleteAsync();
            await EndAsync(run);
            return (run.Number, job.Message.Variables["minor"].Value!);
        }
    }

    [Fact]
    public async Task The_same_number_gets_its_next_revision_after_the_service_ended()
    {
        List<string> numbers = [];
        for (var time = 0; time < 2; time++)
        {
            await using var tested = await StartAsync(options => options with { WorkFolder = _folder });
            numbers.Add(tested.Queue(Stage("Build", Job("Pack") with { Condition = "false" })).Number);
        }

        Assert.Equal(["20260304.1", "20260304.2"], numbers);
    }

    [Fact]
    public async Task Secret_variables_of_groups_are_secret_in_the_job_and_masked_in_what_is_shown()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("agent-1");
        var run = tested.Queue(
            request => request with
            {
                Pipeline = request.Pipeline with { Variables = [new("key", "gr0up-s3cret", false, default) { IsSecret = true }, new("plain", "x", true, default)] },
            },
            Stage("Build", Job("Pack", Script("CmdLine"))));

        var job = await agent.TakeJobAsync();
        Assert.Equal((true, (bool?)null), (job.Message.Variables["key"].IsSecret, job.Message.Variables["plain"].IsSecret));
        Assert.Equal(((bool?)null, true), (job.Message.Variables["key"].IsReadOnly, job.Message.Variables["plain"].IsReadOnly));
        await job.RunStepAsync("CmdLine", lines: ["it is gr0up-s3cret"]);
        await job.CompleteAsync();
        await EndAsync(run);

        Assert.Equal(["it is ***"], OnlyJob(run).Steps.Single().LogLines());
    }
}
