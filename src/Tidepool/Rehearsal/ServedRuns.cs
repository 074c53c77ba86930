using System.Globalization;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Client;

namespace Tidepool.Rehearsal;

/// <summary>A run of a served environment, as a list tells it.</summary>
/// <param name="Id">The id, which <c>tidepool explain</c> and <c>tidepool cancel</c> take.</param>
/// <param name="Number">The run's number, such as 20260304.2.</param>
/// <param name="Pipeline">Name of its pipeline.</param>
/// <param name="State">inProgress, cancelling or completed.</param>
/// <param name="Result">succeeded, partiallySucceeded, failed or canceled; null until it has completed.</param>
/// <param name="QueuedAt">When it was queued.</param>
/// <param name="FinishedAt">When it ended.</param>
public sealed record ServedRunFacts(int Id, string Number, string Pipeline, string State, string? Result, DateTimeOffset QueuedAt, DateTimeOffset? FinishedAt);

/// <summary>The runs of a served environment, whoever queued them.</summary>
public static class ServedRuns
{
    /// <summary>The newest runs, newest first.</summary>
    /// <exception cref="ProblemException">RUN004: the environment does not answer. RUN005: it refuses.</exception>
    public static Task<IReadOnlyList<ServedRunFacts>> ListAsync(EnvironmentDocument environment, int most, CancellationToken ct) =>
        AskAsync(environment, async client => (IReadOnlyList<ServedRunFacts>)[.. (await client.RunsAsync(most, ct)).Select(Facts)]);

    /// <summary>Cancels a run, or one stage of it; its jobs end later, as their conditions say.</summary>
    /// <param name="environment">Where it is.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="stage">The stage's name; null for all of the run.</param>
    /// <param name="ct">Ends the question.</param>
    /// <returns>The run as it stands then.</returns>
    /// <exception cref="ProblemException">RUN004: the environment does not answer. RUN005: there is no such run. RUN008: it has ended.</exception>
    public static Task<ServedRunFacts> CancelAsync(EnvironmentDocument environment, int run, string? stage, CancellationToken ct) => AskAsync(environment, async client =>
    {
        var before = await client.RunAsync(run, ct);
        if (before.Result is { } result)
        {
            throw new ProblemException(
                "RUN008", string.Create(CultureInfo.InvariantCulture, $"Run {run} has ended: {result}."), "See with 'tidepool runs' which ones are in progress.");
        }

        if (stage is null)
        {
            return Facts(await client.CancelAsync(run, ct));
        }

        await client.CancelStageAsync(run, stage, ct);
        return Facts(before);
    });

    private static async Task<TAnswer> AskAsync<TAnswer>(EnvironmentDocument environment, Func<PipelinesClient, Task<TAnswer>> ask)
    {
        using var client = new PipelinesClient(environment.Pipelines, environment.Project, environment.Token);
        try
        {
            return await ask(client);
        }
        catch (RefusedException e)
        {
            throw new ProblemException("RUN005", $"The embedded Azure Pipelines service refused: {e.Message}", "See its runs with 'tidepool runs'.");
        }
    }

    private static ServedRunFacts Facts(Build build) =>
        new(build.Id, build.BuildNumber, build.Definition.Name ?? "", build.Status, build.Result, build.QueueTime, build.FinishTime);
}
