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
            var end = await TryAsync(step, record, output, status);
            if (end.Result != JobStatus.Failed || !end.MayRetry || tries > retries)
            {
                return end.Result;
            }
            var delay = TimeSpan.FromSeconds(tries * tries);
            output.Warning(
                $"RetryHelper encountered task failure, will retry (attempt #: {tries} out of {retries}) "
                + $"after {delay.TotalMilliseconds:0} ms");
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

    private async Task<StepEnd> TryAsync(JobStep step, StepRecord record, StepOutput output, JobStatus status)
    {
        // A step with always() goes on in spite of a cancel: its condition is asked again.
        using var limits = new StepLimits(step, job.Cancellation, () => HoldsInSpiteOfCancel(step, output), job.Host.Clock);
        var context = ContextOf(step, record, output, status);
        var commands = new CommandProcessor(job, context, limits.Done);
        JobStatus result;
        try
        {
            result = await RunTaskAsync(context, commands, limits.Stop);
        }
        catch (OperationCanceledException) when (limits.Stop.IsCancellationRequested)
        {
            result = JobStatus.Canceled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, above all: the step fails with the system's own words and the agent lives on.
            output.Error(e.Message);
            result = JobStatus.Failed;
        }
        var end = limits.Judge(result, commands.Result);
        if (end.Error is { } error)
        {
            output.Error(error);
        }
        return end;
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
            $"The task {task.Name} {task.Version} cannot run here: the built-in agent knows checkout, script and bash. "
            + "Run it with Microsoft's agent.");
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
        var ofStep = (step.Environment ?? new Dictionary<string, string>())
            .ToDictionary(variable => variable.Key, variable => Fill(variable.Value));
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
