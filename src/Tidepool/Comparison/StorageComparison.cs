using System.Collections.Concurrent;
using Tidepool.Deployment;
using Tidepool.Deployment.Verification;
using Tidepool.Storage.Comparison;
using Tidepool.Storage.Probes;

namespace Tidepool.Comparison;

/// <summary>Tries every scenario on every storage at an endpoint of the ECS API, and removes all that it made.</summary>
public sealed class StorageComparison(VerificationPlace place, ProbeSetting setting, IProgress<DeploymentEvent> progress, TimeProvider clock)
{
    /// <summary>Fills the cells, those that do not depend on each other side by side.</summary>
    /// <param name="scenarios">The rows.</param>
    /// <param name="also">More to do in the same session once all cells are filled; null for nothing.</param>
    /// <param name="ct">Stops it: the report holds what was seen until then, and says so.</param>
    /// <exception cref="ProblemException">The endpoint or the image cannot be used: nothing was tried.</exception>
    public async Task<ComparisonReport> RunAsync(
        IReadOnlyList<ComparisonScenario> scenarios, Func<ProbeSession, ComparisonReport, Task<ComparisonReport>>? also, CancellationToken ct)
    {
        var (startedAt, since) = (clock.GetUtcNow(), clock.GetTimestamp());
        var ended = new ConcurrentDictionary<string, ProbeVerdict>();
        var cells = scenarios.SelectMany(scenario => ComparedStorage.All.Select(scenario.On)).ToList();
        ComparisonReport whole;
        IReadOnlyList<string> left = [];
        try
        {
            (whole, left) = await ProbeSession.UseAsync(
                place,
                setting,
                progress,
                clock,
                async session =>
                {
                    try
                    {
                        await session.TakeSnapshotAsync(ct);
                        await session.TryAsync(cells, Ended, ct);
                        var report = Report();
                        return also is null ? report : await also(session, report);
                    }
                    catch (OperationCanceledException) when (ct.IsCancellationRequested)
                    {
                        // Here, so that what could not be removed is in the report.
                        return Stopped();
                    }
                },
                ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            whole = Stopped();
        }

        return whole with
        {
            Left = left,
            Seconds = Math.Round(clock.GetElapsedTime(since).TotalSeconds, 3),
        };

        void Ended(ProbeVerdict verdict)
        {
            ended[verdict.Probe.Id] = verdict;
            progress.Report(new CellEnded(verdict.Probe.Id, CellOf(verdict), ended.Count, cells.Count));
        }

        ComparisonReport Stopped() => Report() with { Partial = $"It was stopped when {ended.Count} of {cells.Count} cells were filled." };

        ComparisonReport Report()
        {
            var rows = scenarios.Select(scenario => new ScenarioRow(
                scenario.Id,
                scenario.Name,
                scenario.What,
                [.. ComparedStorage.All.Select(storage => CellOf(ended.GetValueOrDefault($"{scenario.Id}/{storage.Id}") ?? scenario.On(storage).NotTried("it was stopped before")))])).ToList();
            return new()
            {
                Endpoint = place.Name,
                Runtime = place.Runtime,
                StartedAt = startedAt,
                Seconds = 0,
                Storages = [.. ComparedStorage.All.Select(storage => new StorageReport(storage.Id, storage.Name, storage.What))],
                Scenarios = rows,
                Claims = CommonClaims.Of(rows),
                NotExercised = place.NotExercised,
            };
        }
    }

    private static CellReport CellOf(ProbeVerdict verdict) => new()
    {
        Storage = verdict.Probe.Id[(verdict.Probe.Id.IndexOf('/', StringComparison.Ordinal) + 1)..],
        Verdict = verdict.Outcome switch
        {
            ProbeOutcome.AsExpected => CellReport.AsExpected,
            ProbeOutcome.Different => CellReport.Different,
            ProbeOutcome.NotTried => CellReport.NotTried,
            _ => throw new InvalidOperationException($"Unhandled {nameof(ProbeOutcome)} {verdict.Outcome}."),
        },
        Expected = verdict.Probe.Expected,
        Observed = verdict.Seen,
        Control = verdict.Control,
        Text = verdict.Observed,
        Tasks = [.. verdict.Evidence.Tasks.Values.Select(task => task.TaskArn)],
        Proof = verdict.Proof,
        Certainty = verdict.Probe.Source.Certainty.ToString().ToLowerInvariant(),
        Source = verdict.Probe.Source.Page,
    };
}

/// <summary>A cell was filled.</summary>
/// <param name="Id">As in <c>task-replaced/efs</c>.</param>
/// <param name="Cell">What it came to.</param>
/// <param name="Done">How many are.</param>
/// <param name="All">How many there are.</param>
public sealed record CellEnded(string Id, CellReport Cell, int Done, int All) : DeploymentEvent;
