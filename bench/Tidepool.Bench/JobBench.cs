using Tidepool.AzurePipelines;
using Tidepool.Pipelines;
using Tidepool.Rehearsal;

namespace Tidepool.Bench;

/// <summary>How long a job and a step take besides their own work, in a container of the local Fargate.</summary>
internal static class JobBench
{
    private const int Jobs = 30;
    private const int Steps = 50;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(RehearsalEnvironment environment, CancellationToken ct)
    {
        const string OneLine = "steps:\n- checkout: none\n- script: echo the first line\n";
        var firstLines = new List<double>();
        for (var i = 0; i < Jobs; i++)
        {
            var events = await EventsAsync(environment, OneLine, ct);
            var queued = events.OfType<JobQueued>().Single().At;
            var first = events.OfType<LogLine>().First(line => line.Text == "the first line").At;
            firstLines.Add((first - queued).TotalMilliseconds);
        }

        var emptySteps = "steps:\n- checkout: none\n" + string.Concat(Enumerable.Repeat("- script: true\n", Steps));
        var ended = (await EventsAsync(environment, emptySteps, ct)).OfType<StepFinished>().Where(step => step.Step.Name.StartsWith("CmdLine", StringComparison.Ordinal));
        return
        [
            Measurement.Median("job queued to the first line of its first step's script", firstLines, "ms", 50, "jobs"),
            Measurement.Median("an empty step (script: true)", [.. ended.Select(step => step.Duration.TotalMilliseconds)], "ms", 20, "steps of one job"),
        ];
    }

    public static async Task<IReadOnlyList<RunEvent>> EventsAsync(RehearsalEnvironment environment, string yaml, CancellationToken ct)
    {
        var run = environment.QueueRun(new PipelineSource { File = "/bench.yml", Files = new OneFile(yaml) }, new(), beforeStage: null);
        var events = new List<RunEvent>();
        await foreach (var seen in run.ReadEventsAsync(ct))
        {
            events.Add(seen);
        }

        return events;
    }

    private sealed class OneFile(string text) : IPipelineFiles
    {
        public string? Read(string repository, string path) => path == "/bench.yml" ? text : null;
    }
}
