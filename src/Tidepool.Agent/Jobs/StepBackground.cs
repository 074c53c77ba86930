using Tidepool.Agent.Commands;
using Tidepool.Agent.Reports;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Jobs;

/// <summary>What a step's commands began and the step's end waits for: uploads above all.</summary>
internal sealed class StepBackground
{
    private readonly Lock _gate = new();
    private readonly List<Activity> _activities = [];

    /// <summary>Begins an activity beside the step.</summary>
    /// <param name="name">Heading in the log; null for one that leaves no trace when it succeeds.</param>
    /// <param name="run">Gets where its lines go; they show at the step's end.</param>
    public void Start(string? name, Func<Action<string>, Task> run)
    {
        var activity = new Activity(name, new());
        activity.Ended = Task.Run(() => run(activity.Write));
        lock (_gate)
        {
            _activities.Add(activity);
        }
    }

    /// <summary>Waits for all, in the order in which they began; false where one failed.</summary>
    public async Task<bool> FinishAsync(StepOutput output)
    {
        Activity[] activities;
        lock (_gate)
        {
            activities = [.. _activities];
            _activities.Clear();
        }
        var succeeded = true;
        foreach (var activity in activities)
        {
            string? error = null;
            try
            {
                await activity.Ended;
            }
            catch (Exception e) when (
                e is CommandException or HttpRequestException or WireException or IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                error = e.Message;
            }
            activity.Show(output, error);
            succeeded &= error is null;
        }
        return succeeded;
    }

    private sealed record Activity(string? Name, List<string> Lines)
    {
        public Task Ended { get; set; } = Task.CompletedTask;

        public void Write(string line)
        {
            lock (Lines)
            {
                Lines.Add(line);
            }
        }

        public void Show(StepOutput output, string? error)
        {
            if (Name is not null)
            {
                output.Section($"Async Command Start: {Name}");
            }
            Lines.ForEach(output.Write);
            if (error is not null)
            {
                output.Error(error);
            }
            if (Name is not null)
            {
                output.Section($"Async Command End: {Name}");
            }
        }
    }
}
