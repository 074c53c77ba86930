using Tidepool.Agent.Reports;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>What the steps of one job share.</summary>
internal sealed class JobContext
{
    public required AgentJobRequestMessage Request { get; init; }
    public required JobHost Host { get; init; }
    public required JobReport Report { get; init; }
    public required RecordLog Log { get; init; }
    public required JobVariables Variables { get; init; }
    public required SecretMasker Secrets { get; init; }
    public required WorkFolder Folders { get; init; }
    public required JobCancellation Cancellation { get; init; }

    /// <summary>The job's own access token.</summary>
    public required string AccessToken { get; init; }

    /// <summary>Folders that steps put before PATH; the last one counts first.</summary>
    public List<string> PrependedPaths { get; } = [];

    /// <summary>What a step left to be undone at the job's end.</summary>
    public List<Action> AtEnd { get; } = [];

    /// <summary>The worst result of the steps so far.</summary>
    public JobStatus Result { get; set; }

    /// <summary>What conditions see as Agent.JobStatus.</summary>
    public JobStatus Status => Cancellation.Requested.IsCancellationRequested ? JobStatus.Canceled : Result;

    /// <summary>
    /// Value of the environment variable that marks this job's processes. Random: another service may give another agent
    /// on this machine the same job id.
    /// </summary>
    public string Marker { get; } = $"vsts_{Guid.NewGuid()}";

    public StepOutput OutputOf(StepRecord record) => new(record, Report, Log, Secrets, Host.Clock);
}

/// <summary>What one step runs with.</summary>
internal sealed class StepContext
{
    public required JobStep Step { get; init; }
    public required StepRecord Record { get; init; }
    public required StepOutput Output { get; init; }

    /// <summary>Macros filled in, ends trimmed; names ignore case.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>All that the step's processes start with.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Whether the job runs with system.debug.</summary>
    public required bool IsDebugging { get; init; }

    /// <summary>Null where the step gives none, or an empty one.</summary>
    public string? Input(string name) => Inputs.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    public bool IsTrue(string input) => string.Equals(Input(input), "true", StringComparison.OrdinalIgnoreCase);

    public void Debug(string text)
    {
        if (IsDebugging)
        {
            Output.Write($"##[debug]{text}");
        }
    }
}
