using Tidepool.Agent.Artifacts;
using Tidepool.Agent.Reports;
using Tidepool.Agent.Wire;
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

    /// <summary>The job's service connections.</summary>
    public required JobEndpoints Endpoints { get; init; }

    /// <summary>Calls the service with the job's token.</summary>
    public required WireClient Client { get; init; }

    /// <summary>The run that the job is part of.</summary>
    /// <exception cref="Commands.CommandException">The service did not say which.</exception>
    public BuildClient Build => BuildClient.Of(Client, Variables, Host.Clock);

    /// <summary>What tasks keep between their phases, by step.</summary>
    public Dictionary<Guid, JobVariables> TaskVariables { get; } = [];

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
