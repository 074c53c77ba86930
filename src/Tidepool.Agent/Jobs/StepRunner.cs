using Tidepool.Agent.Commands;
using Tidepool.Agent.Reports;
using Tidepool.Agent.Steps;
using Tidepool.AgentProtocol;
using Tidepool.Expressions;

namespace Tidepool.Agent.Jobs;

/// <summary>Runs one step of a job: its condition, its tries, its limits, its result.</summary>
internal sealed class StepRunner(JobContext job)
{
    private const int MostRetries = 10;

    public async Task RunAsync(JobStep step, StepRecord record)
    {
        var output = job.OutputOf(record);
        var status = job.Status;
        var variables = Variables(output);
        var clock = job.Host.Clock;
        try
        {
            if (!Holds(step, status, variables, output))
            {
                record.Finish(JobStatus.Skipped, clock.GetUtcNow());
                return;
            }
        }
        catch (ExpressionException e)
        {
            output.Error($"The condition {step.Condition} of this step could not be evaluated: {e.Message}");
            Finish(record, JobStatus.Failed);
            return;
        }
        finally
        {
            output.Close();
        }

        var name = job.Secrets.Apply(variables.Fill(step.DisplayName ?? step.Name, job.Host.Environment));
        record.Update(value => value with { Name = name, State = "inProgress", StartTime = clock.GetUtcNow() });
        output.Section($"Starting: {name}");
        var result = await RunTriesAsync(step, record, output, status);
        if (result == JobStatus.Failed && step.ContinueOnError)
        {
            result = JobStatus.SucceededWithIssues;
        }
        output.Section($"Finishing: {name}");
        output.Close();
        Finish(record, result);
    }

    private async Task<JobStatus> RunTriesAsync(JobStep step, StepRecord record, StepOutput output, JobStatus status)
    {
        var retries = Math.Min(step.RetryCountOnTaskFailure, MostRetries);
        for (var tries = 1; ; tries++)
        {
            var (result, stopped) = await TryAsync(step, record, output, status);
            if (result != JobStatus.Failed || stopped || tries > retries)
            {
                return result;
            }
            var delay = TimeSpan.FromSeconds(tries * tries);
            output.Warning($"RetryHelper encountered task failure, will retry (attempt #: {tries} out of {retries}) after {delay.TotalMilliseconds:0} ms");
            try
            {
                await Task.Delay(delay, job.Host.Clock, job.Cancellation.Requested);
            }
            catch (OperationCanceledException)
            {
                return JobStatus.Canceled;
            }
        }
    }

    /// <summary>Runs the step's task once; the second value says that a limit or a cancel ended it.</summary>
    private async Task<(JobStatus Result, bool Stopped)> TryAsync(JobStep step, StepRecord record, StepOutput output, JobStatus status)
    {
        using var timeout = step.TimeoutInMinutes > 0
            ? new CancellationTokenSource(TimeSpan.FromMinutes(step.TimeoutInMinutes), job.Host.Clock)
            : new CancellationTokenSource();
        using var canceled = CancellationTokenSource.CreateLinkedTokenSource(job.Cancellation.Ended);
        using var done = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, canceled.Token, done.Token);
        using var onCancel = job.Cancellation.Requested.Register(() =>
        {
            // The condition is asked again: a step with always() goes on.
            if (!HoldsInSpiteOfCancel(step, output))
            {
                canceled.Cancel();
            }
        });

        var context = ContextOf(step, record, output, status);
        var commands = new CommandProcessor(job, context, done.Cancel);
        JobStatus result;
        try
        {
            result = await RunTaskAsync(context, commands, stop.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, above all: the step fails with the system's own words and the agent lives on.
            output.Error(e.Message);
            result = JobStatus.Failed;
        }
        if (canceled.IsCancellationRequested)
        {
            output.Error("The operation was canceled.");
            return (JobStatus.Canceled, true);
        }
        if (timeout.IsCancellationRequested)
        {
            output.Error("The task has timed out.");
            return (JobStatus.Failed, true);
        }
        return done.IsCancellationRequested
            ? (JobStatus.Succeeded.Merge(commands.Result), true)
            : (result.Merge(commands.Result), false);
    }

    private Task<JobStatus> RunTaskAsync(StepContext step, CommandProcessor commands, CancellationToken ct)
    {
        var task = step.Step.Reference;
        if (task.Id == TaskReference.CmdLine)
        {
            return new ScriptTask(job, step, commands).RunCommandLineAsync(ct);
        }
        if (task.Id == TaskReference.Bash)
        {
            return new ScriptTask(job, step, commands).RunBashAsync(ct);
        }
        if (task.Id == TaskReference.Checkout)
        {
            return new CheckoutTask(job, step).RunAsync(ct);
        }
        step.Output.Error(
            $"The task {task.Name} {task.Version} cannot run here: the built-in agent knows checkout, script and bash. Run it with Microsoft's agent.");
        return Task.FromResult(JobStatus.Failed);
    }

    private StepContext ContextOf(JobStep step, StepRecord record, StepOutput output, JobStatus status)
    {
        var variables = Variables(output);
        string Fill(string text) => variables.Fill(text, job.Host.Environment).Trim();
        string[] prepended;
        lock (job.PrependedPaths)
        {
            prepended = [.. job.PrependedPaths];
        }
        var ofStep = (step.Environment ?? new Dictionary<string, string>()).ToDictionary(variable => variable.Key, variable => Fill(variable.Value));
        return new()
        {
            Step = step,
            Record = record,
            Output = output,
            Inputs = step.Inputs.ToDictionary(input => input.Key, input => Fill(input.Value), StringComparer.OrdinalIgnoreCase),
            Environment = StepEnvironment.Build(job.Host.Environment, variables, prepended, ofStep, status, job.Marker),
            IsDebugging = job.Variables.IsTrue("system.debug"),
        };
    }

    private VariableSnapshot Variables(StepOutput output)
    {
        job.Variables.SetOwn("Agent.JobStatus", job.Status.ToString());
        return job.Variables.Expand(text => output.Warning(text));
    }

    /// <summary>Evaluates the step's condition; one that does not hold leaves its trace in the log.</summary>
    private static bool Holds(JobStep step, JobStatus status, VariableSnapshot variables, StepOutput output)
    {
        var result = Evaluate(step, status, variables);
        if (!result.IsTrue)
        {
            foreach (var line in result.Trace)
            {
                output.Write(line);
            }
        }
        return result.IsTrue;
    }

    private bool HoldsInSpiteOfCancel(JobStep step, StepOutput output)
    {
        try
        {
            return Evaluate(step, JobStatus.Canceled, Variables(output)).IsTrue;
        }
        catch (ExpressionException)
        {
            // It could be evaluated when the step began; what changed since then must not keep a cancelled step alive.
            return false;
        }
    }

    private static ExpressionResult Evaluate(JobStep step, JobStatus status, VariableSnapshot variables) =>
        Expression.Parse(string.IsNullOrWhiteSpace(step.Condition) ? "succeeded()" : step.Condition)
            .Evaluate(ExpressionContext.ForStep(status.ToString(), variables.Values));

    private void Finish(StepRecord record, JobStatus result)
    {
        record.Finish(result, job.Host.Clock.GetUtcNow());
        if (result is JobStatus.SucceededWithIssues or JobStatus.Failed)
        {
            job.Result = job.Result.Merge(result);
        }
    }
}
