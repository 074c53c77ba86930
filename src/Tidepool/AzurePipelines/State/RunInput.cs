using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.State;

/// <summary>Something from outside that changes a run. The same inputs at the same times make the same run.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "input")]
[JsonDerivedType(typeof(Assigned), "assigned")]
[JsonDerivedType(typeof(Received), "received")]
[JsonDerivedType(typeof(Requeued), "requeued")]
[JsonDerivedType(typeof(Finished), "finished")]
[JsonDerivedType(typeof(Records), "records")]
[JsonDerivedType(typeof(TimelineAdded), "timeline")]
[JsonDerivedType(typeof(LogAdded), "log")]
[JsonDerivedType(typeof(LogGrew), "lines")]
[JsonDerivedType(typeof(Attached), "attached")]
[JsonDerivedType(typeof(Canceled), "canceled")]
[JsonDerivedType(typeof(TimedOut), "timedOut")]
[JsonDerivedType(typeof(StepEnded), "stepEnded")]
[JsonDerivedType(typeof(StageRetried), "stageRetried")]
[JsonDerivedType(typeof(StageReleased), "stageReleased")]
[JsonDerivedType(typeof(StageCanceled), "stageCanceled")]
internal abstract record RunInput
{
    private RunInput()
    {
    }

    /// <summary>News of a leg's job request.</summary>
    public sealed record Assigned(Guid Leg, string AgentName, IReadOnlyDictionary<string, string> Capabilities) : RunInput;

    public sealed record Received(Guid Leg) : RunInput;

    public sealed record Requeued(Guid Leg) : RunInput;

    public sealed record Finished(Guid Leg, NodeResult Result, string? Reason) : RunInput;

    /// <summary>What an agent says of records.</summary>
    public sealed record Records(Guid TimelineId, IReadOnlyList<TimelineRecord> Sent) : RunInput;

    public sealed record TimelineAdded(Guid TimelineId) : RunInput;

    public sealed record LogAdded(string? Path) : RunInput;

    /// <summary>A log has more lines; the text is in its file.</summary>
    public sealed record LogGrew(int LogId, long Lines) : RunInput;

    public sealed record Attached(Guid TimelineId, Guid RecordId, string Type, string Name, byte[] Content) : RunInput;

    public sealed record Canceled : RunInput;

    /// <summary>A leg ran longer than it may.</summary>
    public sealed record TimedOut(Guid Leg, string Reason) : RunInput;

    /// <summary>A step of an agentless job is over.</summary>
    public sealed record StepEnded(Guid Leg, string Status) : RunInput;

    public sealed record StageRetried(string Stage, bool AllJobs) : RunInput;

    public sealed record StageReleased(string Stage) : RunInput;

    public sealed record StageCanceled(string Stage) : RunInput;
}
