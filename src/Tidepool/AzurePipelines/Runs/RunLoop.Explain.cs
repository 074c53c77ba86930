using Tidepool.Pipelines;
using Tidepool.Pipelines.Explain;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    /// <summary>Why each node of the run stands as it does, without secrets.</summary>
    public RunExplanation Explain()
    {
        lock (_gate)
        {
            var counters = new Dictionary<string, int>(_counters.Values, StringComparer.OrdinalIgnoreCase);
            while (true)
            {
                try
                {
                    var state = State() with { Counters = counters };
                    return new()
                    {
                        Of = $"run {Facts.Number}",
                        Nodes =
                        [
                            .. RunExplainer
                                .Explain(Facts.Pipeline, (stage, job) => state with { Canceling = WasCanceling(stage.Name, job?.Name) })
                                .Select(Complete),
                        ],
                    };
                }
                catch (CounterNeededException needed)
                {
                    // A question takes no value from a counter: its first stands for it.
                    counters[needed.Prefix] = needed.Seed;
                }
            }
        }
    }

    /// <summary>Whether the run was being cancelled when the node was decided; or now, where it is not.</summary>
    private bool WasCanceling(string stage, string? job)
    {
        var node = StageNamed(stage);
        return (job is null ? node.DecidedInCancel : node.Jobs.First(one => Same(one.Definition.Name, job)).DecidedInCancel) ?? (_canceling || (job is not null && node.Canceling));
    }

    /// <summary>Adds what only the run knows: what its jobs wait for, and how those ended that did not run to their end.</summary>
    private NodeExplanation Complete(NodeExplanation node)
    {
        var stage = StageNamed(node.Stage);
        List<string> because = [.. node.Because];
        List<JobWait> waits = [];
        if (node.Job is null)
        {
            AddReason(because, stage.Result, stage.Reason);
        }
        else
        {
            var job = stage.Jobs.First(one => Same(one.Definition.Name, node.Job));
            AddReason(because, job.Result, job.Reason);
            foreach (var leg in job.Legs)
            {
                AddReason(because, leg.Result, leg.Reason is { } reason ? $"{leg.Name.Name}: {reason}" : null);
                if (leg is { Started: false, Result: null } && job is { Started: true, Result: null })
                {
                    because.Add(job.Expansion!.InTurn
                        ? $"{leg.Name.Name} waits for the hook before it"
                        : $"{leg.Name.Name} waits for its turn: at most {job.Expansion.MaxParallel} legs run at once");
                }
                else if (leg is { Request: not null, AgentName: null, Result: null, Plan: { } plan })
                {
                    waits.Add(AgentFits.Of(leg.Name.Name, [.. plan.Demands.Select(Demand.Parse)], Agents()));
                }
            }
        }

        return (node with { Because = because, Waits = waits }).Masked(_mask.Apply);
    }

    private static void AddReason(List<string> because, NodeResult? result, string? reason)
    {
        if (reason is not null && result is NodeResult.Failed or NodeResult.Canceled or NodeResult.Abandoned && !because.Contains(reason))
        {
            because.Add(reason!);
        }
    }

    private IEnumerable<(string Name, string State, IReadOnlyDictionary<string, string> Capabilities)> Agents() =>
        _pool.List(name: null, new(Capabilities: true, AssignedRequest: true), []).Select(agent => (
            agent.Name,
            agent.Enabled == false ? "disabled" : agent.Status != "online" ? "offline" : agent.AssignedRequest is null ? "online" : "busy",
            (IReadOnlyDictionary<string, string>)Pools.Capabilities.Of(
                (agent.SystemCapabilities ?? Pools.Capabilities.None).Concat(agent.UserCapabilities ?? Pools.Capabilities.None))));
}
