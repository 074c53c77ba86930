using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

/// <summary>Carries out what the planner decides, with jobs that end as a test says.</summary>
internal sealed class RunSimulation(Pipeline pipeline)
{
    private static readonly Dictionary<string, string> NoOutputs = [];

    private readonly List<string> _started = [];
    private readonly List<NodeDecision> _finished = [];

    /// <summary>How jobs end, by name; others succeed.</summary>
    public Dictionary<string, NodeResult> Results { get; init; } = [];

    /// <summary>Outputs of jobs, by name.</summary>
    public Dictionary<string, Dictionary<string, string>> Outputs { get; init; } = [];

    /// <summary>The job or stage while which the run is cancelled.</summary>
    public string? CancelDuring { get; init; }

    public RunState State { get; private set; } = new() { StartTime = DateTimeOffset.UnixEpoch };

    public IReadOnlyList<string> Started => _started;

    public IReadOnlyList<NodeDecision> Finished => _finished;

    public static Pipeline Read(string yaml) =>
        PipelineReader.Read("/azure-pipelines.yml", yaml, new Dictionary<string, string>(), new Dictionary<string, string>());

    public RunSimulation With(Dictionary<string, string> variables)
    {
        State = State with { Variables = variables };
        return this;
    }

    public RunSimulation Run()
    {
        List<(string Stage, string Job, JobPlan Plan)> running = [];
        while (true)
        {
            foreach (var decision in RunPlanner.Decide(pipeline, State))
            {
                if (decision is { Action: NodeAction.Start, Job: not null })
                {
                    var stage = pipeline.Stages.Single(s => s.Name == decision.Stage);
                    var job = stage.Jobs.Single(j => j.Name == decision.Job);
                    running.Add((stage.Name, job.Name, RunPlanner.Plan(pipeline, stage, job, State)));
                }
                Apply(decision);
            }
            if (running.Count == 0)
            {
                return this;
            }
            var (stageName, jobName, plan) = running[0];
            running.RemoveAt(0);
            var canceled = CancelDuring == jobName || CancelDuring == stageName;
            State = State with { Canceling = State.Canceling || canceled };
            var result = canceled ? NodeResult.Canceled : Results.GetValueOrDefault(jobName, NodeResult.Succeeded);
            End(stageName, jobName, RunPlanner.JobResult(plan, result), Outputs.GetValueOrDefault(jobName, NoOutputs));
        }
    }

    public NodeResult? ResultOf(string node) =>
        State.Stages.GetValueOrDefault(node)?.Result
        ?? State.Stages.Values.Select(s => s.Jobs.GetValueOrDefault(node)?.Result).FirstOrDefault(r => r is not null);

    private void Apply(NodeDecision decision)
    {
        if (decision.Action == NodeAction.Start)
        {
            _started.Add(decision.Job ?? decision.Stage);
        }
        else
        {
            _finished.Add(decision);
        }
        if (decision.Job is not null)
        {
            End(decision.Stage, decision.Job, decision.Result, NoOutputs);
            return;
        }
        var jobs = State.Stages.GetValueOrDefault(decision.Stage)?.Jobs ?? new Dictionary<string, JobState>();
        var state = new StageState(decision.Result, jobs);
        State = State with { Stages = new Dictionary<string, StageState>(State.Stages) { [decision.Stage] = state } };
    }

    private void End(string stage, string job, NodeResult? result, IReadOnlyDictionary<string, string> outputs)
    {
        var old = State.Stages[stage];
        var jobs = new Dictionary<string, JobState>(old.Jobs) { [job] = new JobState(result, outputs) };
        State = State with { Stages = new Dictionary<string, StageState>(State.Stages) { [stage] = old with { Jobs = jobs } } };
    }
}
