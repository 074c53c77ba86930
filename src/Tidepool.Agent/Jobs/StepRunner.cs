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
    private const string Skipping = "Skipping step due to condition evaluation.";

    private readonly StepTasks _tasks = new(job);

    public async Task RunAsync(StepRun run, StepRecord record)
    {
        var output = job.OutputOf(record);
        var status = job.Status;
        var variables = Variables(output);
        var clock = job.Host.Clock;
        try
        {
            if (!Holds(run, status, variables, output))
            {
                record.Update(value => value with { ResultCode = Skipping });
                record.Finish(JobStatus.Skipped, clock.GetUtcNow());
                return;
            }
        }
        catch (ExpressionException e)
        {
            output.Error($"The condition {run.Condition} of this step could not be evaluated: {e.Message}");
            Finish(record, JobStatus.Failed);
            return;
        }
        finally
        {
            output.Close();
        }

        var name = job.Secrets.Apply(variables.Fill(run.DisplayName, job.Host.Environment));
        record.Update(value => value with { Name = name, State = "inProgress", StartTime = clock.GetUtcNow() });
        output.Section($"Starting: {name}");
        var result = await RunTriesAsync(run, record, output, status);
        if (result == JobStatus.Failed && run.Step.ContinueOnError)
        {
            result = JobStatus.SucceededWithIssues;
        }
        output.Section($"Finishing: {name}");
        output.Close();
        Finish(record, result);
    }

    private async Task<JobStatus> RunTriesAsync(StepRun run, StepRecord record, StepOutput output, JobStatus status)
    {
        var retries = run.Step.RetryCountOnTaskFailure;
        if (retries > MostRetries)
        {
            output.Warning(
                $"The maximum allowed number of attempts is {MostRetries} but got {retries}. Retry attempts count will be decreased to {MostRetries}.");
            retries = MostRetries;
        }
        for (var tries = 1; ; tries++)
        {
            var end = await TryAsync(run, record, output, status);
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

    private async Task<StepEnd> TryAsync(StepRun run, StepRecord record, StepOutput output, JobStatus status)
    {
        // A step with always() goes on in spite of a cancel: its condition is asked again.
        using var limits = new StepLimits(run.Step, job.Cancellation, () => HoldsInSpiteOfCancel(run, output), job.Host.Clock);
        var context = ContextOf(run, record, output, status, limits.Stop);
        var commands = new CommandProcessor(job, context, limits.Done);
        JobStatus result;
        try
        {
            result = (ContainerObstacle.Of(run.Step) ?? context.Obstacle()) is { } obstacle
                ? context.Fail(obstacle)
                : await _tasks.RunAsync(run, context, commands, limits.Stop);
        }
        catch (OperationCanceledException) when (limits.Stop.IsCancellationRequested)
        {
            result = JobStatus.Canceled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CommandException)
        {
            // A full disk, above all: the step fails with the system's own words and the agent lives on.
            result = context.Fail(e.Message);
        }
        var uploaded = await context.Background.FinishAsync(output);
        var end = limits.Judge(uploaded ? result : result.Merge(JobStatus.Failed), commands.Result);
        if (end.Error is { } error)
        {
            output.Error(error);
        }
        return end;
    }

    private StepContext ContextOf(StepRun run, StepRecord record, StepOutput output, JobStatus status, CancellationToken stop)
    {
        var step = run.Step;
        foreach (var (name, value) in OfStep(run, record))
        {
            job.Variables.SetOwn(name, value);
        }
        var variables = Variables(output);
        string Fill(string text) => variables.Fill(text, job.Host.Environment).Trim();
        string[] prepended;
        lock (job.PrependedPaths)
        {
            prepended = [.. job.PrependedPaths];
        }
        var ofStep = (step.Environment ?? new Dictionary<string, string>())
            .ToDictionary(variable => variable.Key, variable => Fill(variable.Value));
        var inputs = (run.Package?.Definition.Inputs ?? []).ToDictionary(input => input.Name, input => Fill(input.Default), StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in step.Inputs.Where(input => !string.IsNullOrWhiteSpace(input.Key)))
        {
            inputs[name.Trim()] = Fill(value);
        }
        if (!job.TaskVariables.TryGetValue(step.Id, out var ofTask))
        {
            job.TaskVariables.Add(step.Id, ofTask = new());
        }
        return new()
        {
            Step = step,
            Record = record,
            Output = output,
            Variables = variables,
            Inputs = inputs,
            Environment = StepEnvironment.Build(job.Host.Environment, variables, prepended, ofStep, status, job.Marker),
            TaskVariables = ofTask,
            Policy = new(step.Target, run.Package?.Definition.Restrictions),
            DeclaredOutputs = run.Package?.Definition.Outputs ?? new HashSet<string>(),
            Stop = stop,
            IsDebugging = job.Variables.IsTrue("system.debug"),
        };
    }

    /// <summary>What a step's task can ask about the step itself.</summary>
    private IEnumerable<(string Name, string Value)> OfStep(StepRun run, StepRecord record) =>
    [
        ("Task.DisplayName", record.Value.Name ?? run.DisplayName),
        ("System.TaskDisplayName", record.Value.Name ?? run.DisplayName),
        ("System.TaskInstanceId", $"{run.Step.Id}"),
        ("System.TaskInstanceName", run.Step.Name),
    ];

    private VariableSnapshot Variables(StepOutput output)
    {
        job.Variables.SetOwn("Agent.JobStatus", job.Status.ToString());
        return job.Variables.Expand(text => output.Warning(text));
    }

    /// <summary>Evaluates the step's condition; one that does not hold leaves its trace in the log.</summary>
    private static bool Holds(StepRun run, JobStatus status, VariableSnapshot variables, StepOutput output)
    {
        var result = Evaluate(run, status, variables);
        if (!result.IsTrue)
        {
            output.Write(Skipping);
            foreach (var line in result.Trace)
            {
                output.Write(line);
            }
        }
        return result.IsTrue;
    }

    private bool HoldsInSpiteOfCancel(StepRun run, StepOutput output)
    {
        var holds = false;
        try
        {
            holds = Evaluate(run, JobStatus.Canceled, Variables(output)).IsTrue;
        }
        catch (ExpressionException)
        {
            // It could be evaluated when the step began; what changed since then must not keep a cancelled step alive.
        }
        if (!holds)
        {
            output.Error("The Operation will be canceled. The next steps may not contain expected logs.");
        }
        return holds;
    }

    private static ExpressionResult Evaluate(StepRun run, JobStatus status, VariableSnapshot variables) =>
        Expression.Parse(run.Condition).Evaluate(ExpressionContext.ForStep(status.ToString(), variables.Values));

    private void Finish(StepRecord record, JobStatus result)
    {
        record.Finish(result, job.Host.Clock.GetUtcNow());
        if (result is JobStatus.SucceededWithIssues or JobStatus.Failed)
        {
            job.Result = job.Result.Merge(result);
        }
    }
}
