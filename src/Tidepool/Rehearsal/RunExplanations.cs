using System.Text.Json;
using Tidepool.AzurePipelines.Client;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Explain;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Rehearsal;

/// <summary>Where explanations come from: a file, a report, or a run of a served environment.</summary>
public static class RunExplanations
{
    /// <summary>Explains a pipeline whose jobs end as assumed.</summary>
    /// <param name="pipeline">The pipeline. A group that no file is given for is taken to be there, empty, where none is given at all.</param>
    /// <param name="results">Results by stage and job; others succeed.</param>
    /// <param name="outputs">Output variables by stage, job, step and name.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid.</exception>
    /// <exception cref="ProblemException">EXPLAIN001: it has no such stage or job. As for <see cref="LocalPipeline.Expand"/> otherwise.</exception>
    public static RunExplanation OfFile(
        LocalPipeline pipeline, IReadOnlyDictionary<string, NodeResult> results, IReadOnlyDictionary<string, string> outputs, TimeProvider clock)
    {
        var source = pipeline.Source(out _);
        var graph = PipelineReader.Read(source with { Groups = AnyGroups.Unless(source.Groups) });
        var mask = new SecretMask();
        foreach (var secret in graph.SecretVariables)
        {
            mask.Add(secret.Value);
        }

        var explanation = RunForecast.Explain(graph, source.File, results, outputs, pipeline.Variables, clock.GetUtcNow());
        return explanation with { Nodes = [.. explanation.Nodes.Select(node => node.Masked(mask.Apply))] };
    }

    /// <summary>Reads the explanations in a report that <c>rehearse</c> or <c>run</c> wrote.</summary>
    /// <exception cref="ProblemException">EXPLAIN002: it is no such report. EXPLAIN003: it has no explanation.</exception>
    public static async Task<IReadOnlyList<RunExplanation>> OfReportAsync(string path, CancellationToken ct)
    {
        try
        {
            await using var file = File.OpenRead(path);
            var report = await JsonSerializer.DeserializeAsync(file, RehearsalJson.Default.RehearsalReport, ct);
            IReadOnlyList<RunExplanation> all = [.. report?.Scenarios.Select(scenario => scenario.Run?.Explanation).OfType<RunExplanation>() ?? []];
            return all.Count > 0 ? all : throw new ProblemException(
                "EXPLAIN003", $"The report {path} explains no run.", "Name a report that 'tidepool rehearse --json' or 'tidepool run --json' wrote.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("EXPLAIN002", $"{path} is not a report: {e.Message}", "Name a report that 'tidepool rehearse --json' wrote.");
        }
    }

    /// <summary>Asks a served environment about a run.</summary>
    /// <exception cref="ProblemException">RUN004: it does not answer. RUN005: it has no such run.</exception>
    public static async Task<RunExplanation> OfRunAsync(EnvironmentDocument environment, int runId, CancellationToken ct)
    {
        using var client = new PipelinesClient(environment.Pipelines, environment.Project, environment.Token);
        try
        {
            return await client.ExplainAsync(runId, ct);
        }
        catch (RefusedException e)
        {
            throw new ProblemException("RUN005", $"The embedded Azure Pipelines service refused: {e.Message}", "Name a run that 'tidepool run' queued there.");
        }
    }
}
