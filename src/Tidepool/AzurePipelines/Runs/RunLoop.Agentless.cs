using System.Globalization;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>Jobs that run on the service, without an agent (<c>pool: server</c>). Of their tasks only Delay is here.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/phases#agentless-jobs</remarks>
internal sealed partial class RunLoop
{
    private const string Server = "server";

    private void RunOnService(LegNode leg)
    {
        var now = _clock.GetUtcNow();
        Begin(leg, now, Server);
        NextStep(leg, "Succeeded");
    }

    /// <summary>Goes on with the first step after the current one whose condition holds.</summary>
    /// <param name="leg">The leg.</param>
    /// <param name="status">How the job stands: what <c>succeeded()</c> and its kin look at.</param>
    private void NextStep(LegNode leg, string status)
    {
        while (leg.Result is null)
        {
            leg.StepIndex++;
            if (leg.StepIndex >= leg.Steps.Count)
            {
                FinishLeg(leg, Enum.Parse<NodeResult>(status), reason: null);
                return;
            }

            var step = leg.Steps[leg.StepIndex];
            if (!Holds(leg, step, status))
            {
                Change(leg, RecordStates.Completed, NodeResult.Skipped, error: null);
                continue;
            }

            Change(leg, RecordStates.InProgress, result: null, error: null);
            var (delay, error) = Delay(leg, step);
            if (error is null)
            {
                leg.StepEnd = Timer(delay, () => Post(() => EndStep(leg, status)));
                return;
            }

            Change(leg, RecordStates.Completed, NodeResult.Failed, error);
            status = step.ContinueOnError ? "SucceededWithIssues" : "Failed";
        }
    }

    private void EndStep(LegNode leg, string status)
    {
        if (leg.Result is null)
        {
            leg.StepEnd?.Dispose();
            Change(leg, RecordStates.Completed, NodeResult.Succeeded, error: null);
            NextStep(leg, status);
            AdvanceLegs(leg.Job);
        }
    }

    private static bool Holds(LegNode leg, PipelineStep step, string status)
    {
        var variables = leg.Plan!.Variables.Select(variable => KeyValuePair.Create(variable.Key, variable.Value.Value));
        try
        {
            return Expression.Parse(step.Condition ?? "succeeded()").Evaluate(ExpressionContext.ForStep(status, variables)).IsTrue;
        }
        catch (ExpressionException)
        {
            return false;
        }
    }

    /// <summary>How long a Delay waits; other tasks have an error.</summary>
    private static (TimeSpan Delay, string? Error) Delay(LegNode leg, PipelineStep step)
    {
        const string input = "delayForMinutes";
        if (!step.TaskName.Equals("Delay", StringComparison.OrdinalIgnoreCase))
        {
            return (default, $"Task {step.TaskName} runs on Azure DevOps, and needs what is not here: people who answer, or services that it calls. "
                + "Of the tasks of agentless jobs, only Delay is offered.");
        }

        var text = Macros.Expand(step.Inputs.GetValueOrDefault(input, "0"), name => leg.Plan!.Variables.GetValueOrDefault(name)?.Value).Trim();
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes) && minutes <= TimeSpan.MaxValue.TotalMinutes / 2
            ? (TimeSpan.FromMinutes(minutes), null)
            : (default, $"{input} of task {step.TaskName} is '{text}', and no number of minutes.");
    }

    private void Change(LegNode leg, string state, NodeResult? result, string? error)
    {
        var before = Main.Find(leg.StepIds[leg.StepIndex]);
        var now = _clock.GetUtcNow();
        Record(new()
        {
            Id = leg.StepIds[leg.StepIndex],
            State = state,
            StartTime = state == RecordStates.InProgress ? now : null,
            FinishTime = state == RecordStates.Completed ? now : null,
            Result = result?.ToWire(),
            Issues = error is null ? null : [new() { Type = "error", Message = _mask.Apply(error) }],
        });
        Tell(leg, before, Main.Find(leg.StepIds[leg.StepIndex])!);
    }
}
