namespace Tidepool.Rehearsal;

/// <summary>Measures the phases of a rehearsal and tells who watches.</summary>
internal sealed class Phases(TimeProvider clock, IProgress<RehearsalEvent> progress)
{
    private readonly List<PhaseReport> _finished = [];

    public IReadOnlyList<PhaseReport> Finished => [.. _finished];

    public async Task<T> RunAsync<T>(string name, Func<Task<T>> phase)
    {
        var began = clock.GetTimestamp();
        var result = await phase();
        var seconds = Math.Round(clock.GetElapsedTime(began).TotalSeconds, 3);
        _finished.Add(new PhaseReport(name, seconds));
        progress.Report(new PhaseFinished(name, seconds));
        return result;
    }

    public Task RunAsync(string name, Func<Task> phase) => RunAsync(name, async () =>
    {
        await phase();
        return true;
    });
}
