namespace Tidepool.Deployment;

/// <summary>Runs the phases of a command one after the other, tells of them, and remembers what each came to.</summary>
internal sealed class DeploymentPhases(IProgress<DeploymentEvent> progress, TimeProvider clock)
{
    private readonly List<PhaseReport> _reports = [];

    public IReadOnlyList<PhaseReport> Reports => _reports;

    /// <summary>The name of the phase that goes on or did not come to its end; null when none did.</summary>
    public string? Unfinished => _reports is [.., { Outcome: null, Name: var name }] ? name : null;

    /// <summary>Whether a phase came to its end.</summary>
    public bool IsDone(string name) => _reports.Any(report => report.Name == name && report.Outcome is not null);

    /// <summary>Runs a phase that changes nothing or says itself whether it did.</summary>
    public async Task<T> RunAsync<T>(string name, string what, Func<Task<PhaseOutcome<T>>> run)
    {
        progress.Report(new PhaseStarted(name, what));
        var began = clock.GetTimestamp();
        _reports.Add(new PhaseReport(name, null, false, 0));
        try
        {
            var outcome = await run();
            _reports[^1] = _reports[^1] with { Outcome = outcome.Text, Changed = outcome.Changed };
            progress.Report(new PhaseFinished(name, outcome.Text, outcome.Changed, clock.GetElapsedTime(began).TotalSeconds));
            return outcome.Value;
        }
        finally
        {
            _reports[^1] = _reports[^1] with { Seconds = Math.Round(clock.GetElapsedTime(began).TotalSeconds, 1) };
        }
    }
}

/// <summary>What a phase came to: its value, a few words, and whether it changed anything.</summary>
internal sealed record PhaseOutcome<T>(T Value, string Text, bool Changed);
