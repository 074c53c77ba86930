using System.Diagnostics;
using Tidepool.Pipelines;

namespace Tidepool.Bench;

/// <summary>How long a large pipeline takes to be expanded and validated.</summary>
internal static class ExpandBench
{
    private const int Rounds = 50;
    private const int WarmRounds = 100;

    public static IReadOnlyList<Measurement> Run()
    {
        var pipeline = new GeneratedPipeline();
        var steps = 0;
        for (var round = 0; round < WarmRounds; round++)
        {
            steps = PipelineReader.Read(pipeline.Source).Stages.Sum(stage => stage.Jobs.Sum(job => job.Steps.Count));
        }

        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            _ = PipelineReader.Read(pipeline.Source);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return [Measurement.Median($"expand and validate {pipeline.Lines} lines, {pipeline.Files - 1} templates, {steps} steps", times, "ms", 50, "rounds, warm")];
    }
}
