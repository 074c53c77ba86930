namespace Tidepool.Comparison.Access;

/// <summary>Who has accessed a file, as far as it is known at once.</summary>
internal sealed class Somebody : IEquatable<Somebody>
{
    public Somebody(IReadOnlyList<string> taskIds, string? Container, string? Identifier, DateTimeOffset at)
    {
        (TaskIds, this.Container, this.Identifier) = (taskIds, Container, Identifier);

        // Whose job is known is one, whenever it comes.
        At = Identifier is null ? at : default;
    }

    /// <summary>Tasks that it may have been in.</summary>
    public IReadOnlyList<string> TaskIds { get; }

    /// <summary>The container; null where it is not known.</summary>
    public string? Container { get; }

    /// <summary><c>System.JobIdentifier</c> of the process; null where it has none, or is gone.</summary>
    public string? Identifier { get; }

    /// <summary>When it was told.</summary>
    public DateTimeOffset At { get; }

    public bool Equals(Somebody? other) =>
        other is not null && Container == other.Container && Identifier == other.Identifier && At == other.At && TaskIds.SequenceEqual(other.TaskIds);

    public override bool Equals(object? obj) => Equals(obj as Somebody);

    public override int GetHashCode() => HashCode.Combine(Container, Identifier, At, TaskIds[0]);
}

/// <summary>Which jobs containers had when, in one run.</summary>
internal sealed class JobTimes
{
    private readonly List<Time> _times = [];
    private readonly Dictionary<JobKey, DateTimeOffset> _ends = [];

    public void Assign(string taskId, string container, JobKey job, DateTimeOffset at) => _times.Add(new(new(job, taskId, container), at));

    public void Finish(JobKey job, DateTimeOffset at) => _ends[job] = at;

    /// <summary>The jobs that somebody may be of: one where its process or its container is known; none where no job was there.</summary>
    public IEnumerable<JobPlace> Of(Somebody somebody)
    {
        var there = _times
            .Where(time => somebody.TaskIds.Contains(time.Place.TaskId) && (somebody.Container ?? time.Place.Container) == time.Place.Container)
            .ToList();
        if (somebody.Identifier is { } identifier && there.FindLast(time => time.Place.Job.Is(identifier)) is { } own)
        {
            return [own.Place];
        }

        var running = there.Where(time => time.From <= somebody.At && !(_ends.TryGetValue(time.Place.Job, out var end) && end < somebody.At)).ToList();

        // What is told late is that of the job that was there last.
        return (running.Count > 0 ? running : there.Where(time => time.From <= somebody.At).TakeLast(1)).Select(time => time.Place);
    }

    private sealed record Time(JobPlace Place, DateTimeOffset From);
}
