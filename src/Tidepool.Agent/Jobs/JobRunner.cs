using Tidepool.Agent.Reports;
using Tidepool.Agent.Tasks;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>Runs one job from its message to its end.</summary>
internal sealed class JobRunner(AgentJobRequestMessage request, JobHost host, JobCancellation cancellation)
{
    private readonly TimeProvider _clock = host.Clock;

    public async Task<JobStatus> RunAsync()
    {
        var connection = request.Resources.Endpoints.Single(endpoint => endpoint.Name == JobResources.SystemConnection);
        var accessToken = connection.Authorization!.Parameters["AccessToken"];
        var url = ServiceUrl.Rewrite(connection.Url!, host.ServiceUrl, host.Agent.OnPremises).TrimEnd('/');
        var client = new WireClient(host.Http, url, Credentials.AccessToken(accessToken), _clock);
        using var report = new JobReport(new PlanClient(client, request), _clock);
        var record = new StepRecord(report, new()
        {
            Id = request.JobId,
            Type = "Job",
            Name = request.JobDisplayName,
            RefName = request.JobName,
            State = "inProgress",
            StartTime = _clock.GetUtcNow(),
            WorkerName = host.Agent.Name,
        });
        var folders = WorkFolder.Of(host.WorkFolder, request);
        var job = new JobContext
        {
            Request = request,
            Host = host,
            Report = report,
            Log = new RecordLog(report.Logs, record),
            Variables = JobVariableSources.Collect(request, host, folders, accessToken),
            Secrets = JobSecrets.Collect(request, host.Secrets),
            Folders = folders,
            Cancellation = cancellation,
            AccessToken = accessToken,
            Endpoints = new(request.Resources.Endpoints),
            Client = client,
        };
        cancellation.Report = report;

        await RunStepsAsync(job);
        var result = cancellation.Abandoned ? JobStatus.Abandoned : job.Status;
        job.Log.Close();
        record.Finish(result, _clock.GetUtcNow());
        await report.CompleteAsync(result == JobStatus.Abandoned || !UsesEvents ? null : result.ToWire());
        return result;
    }

    private bool UsesEvents => request.Plan.Version >= PlanClient.FirstVersionWithEvents;

    private async Task RunStepsAsync(JobContext job)
    {
        var initialize = NewRecord(job, Guid.NewGuid(), "Initialize job", "JobExtension_Init", 1);
        var tasks = await InitializeAsync(job, initialize);
        var order = 2;
        var runs = StepRun.Plan([.. request.Steps.Where(step => step.Enabled)], tasks ?? new Dictionary<Guid, TaskPackage>())
            .Select(run => (Run: run, Record: NewRecord(job, run.RecordId, job.Secrets.Apply(run.DisplayName), run.RefName, order++)))
            .ToList();
        var finalize = NewRecord(job, Guid.NewGuid(), "Finalize Job", "JobExtension_Final", order);

        if (tasks is not null)
        {
            var runner = new StepRunner(job);
            foreach (var (run, record) in runs)
            {
                await runner.RunAsync(run, record);
            }
        }
        else
        {
            runs.ForEach(run => run.Record.Finish(JobStatus.Skipped, _clock.GetUtcNow()));
        }
        await JobEnd.RunAsync(job, finalize);
    }

    private static StepRecord NewRecord(JobContext job, Guid id, string name, string refName, int order) => new(job.Report, new()
    {
        Id = id,
        ParentId = job.Request.JobId,
        Type = "Task",
        Name = name,
        RefName = refName,
        Order = order,
        State = "pending",
        WorkerName = job.Host.Agent.Name,
    });

    /// <summary>Makes the job's folders and fetches its tasks; null where the job cannot run.</summary>
    private async Task<IReadOnlyDictionary<Guid, TaskPackage>?> InitializeAsync(JobContext job, StepRecord record)
    {
        var output = job.OutputOf(record);
        record.Start(_clock.GetUtcNow());
        output.Section($"Starting: {request.JobDisplayName}");
        output.Write($"Agent name: '{host.Agent.Name}'");
        output.Write($"Agent machine name: '{Environment.MachineName}'");
        output.Write($"Current agent version: '{AgentVersion.InPool}' (built-in, tidepool-agent {AgentVersion.Product})");
        try
        {
            if (ContainerObstacle.Of(request) is { } obstacle)
            {
                return Fail(job, record, output, obstacle);
            }
            job.Folders.Prepare(request.Workspace?.Clean);
            var tasks = await new TaskStore(job, output).FetchAsync(request.Steps.Where(step => step.Enabled), cancellation.Requested);
            record.Finish(JobStatus.Succeeded, _clock.GetUtcNow());
            return tasks;
        }
        catch (TaskException e)
        {
            return Fail(job, record, output, e.Message);
        }
        catch (OperationCanceledException) when (cancellation.Requested.IsCancellationRequested)
        {
            output.Error("The operation was canceled.");
            record.Finish(JobStatus.Canceled, _clock.GetUtcNow());
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(job, record, output, $"The work folder {job.Folders.Root} could not be prepared: {e.Message}");
        }
        finally
        {
            output.Close();
        }
    }

    private IReadOnlyDictionary<Guid, TaskPackage>? Fail(JobContext job, StepRecord record, StepOutput output, string text)
    {
        output.Error(text);
        record.Finish(JobStatus.Failed, _clock.GetUtcNow());
        job.Result = JobStatus.Failed;
        return null;
    }
}
