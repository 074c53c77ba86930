using System.Text.RegularExpressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>
/// Traps of a folder that the agents of one ECS task share: another task has another one, and an agent sees what its neighbour is
/// writing.
/// </summary>
/// <remarks>
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html for what a task shares. That deployment jobs
/// have trouble with demands is what users report: https://github.com/MicrosoftDocs/azure-devops-docs/issues/11403 and 4486, not
/// confirmed by Microsoft.
/// </remarks>
internal sealed partial class SharedStorageTraps
{
    private const string TaskCapability = "FARGATE_TASK";

    /// <summary>What makes a folder one run's own.</summary>
    private static readonly string[] OfOneRun = ["$(Build.BuildId)", "$(Build.BuildNumber)", "$(System.JobId)", "$(Agent.Name)", "$(Agent.Id)"];

    private static readonly string[] WorkVariables = ["AZP_WORK", "VSTS_AGENT_INPUT_WORK", "AGENT_WORKFOLDER", "AGENT_WORK"];

    private readonly List<LintFinding> _findings = [];
    private readonly LintedGraph _graph;
    private readonly string _shared;
    private readonly Regex _mention;
    private readonly Dictionary<LintedJob, IReadOnlyDictionary<string, string>> _outputs = [];

    public SharedStorageTraps(LintedGraph graph, string shared)
    {
        (_graph, _shared) = (graph, shared);
        _mention = new Regex($@"(?<![\w./-]){Regex.Escape(shared)}(?![\w-])", RegexOptions.CultureInvariant);
    }

    public IEnumerable<LintFinding> Inspect()
    {
        var users = _graph.Jobs.Where(j => j.Steps.Any(s => Mentions(j, s.Step))).ToList();
        foreach (var job in _graph.Jobs)
        {
            CheckPins(job, users);
            CheckWorkFolder(job);
            foreach (var (step, _) in job.Steps)
            {
                CheckWrites(job, step);
            }
        }
        return _findings;
    }

    private void CheckPins(LintedJob job, List<LintedJob> users)
    {
        var before = _graph.AllBefore(job).FirstOrDefault(users.Contains);
        foreach (var (step, pool) in job.Steps)
        {
            var demands = pool?.Demands ?? [];
            var pinned = demands.FirstOrDefault(IsPin);
            if (pinned is not null && job.Job.Deployment is not null)
            {
                Add(
                    LintRule.PinnedDeployment,
                    pool!.Position,
                    TaskCapability,
                    $"Deployment job {job.Job.Name} is pinned by the demand {pinned}; demands of deployment jobs are reported to be ignored, or "
                    + "to fail without a word.",
                    "Make it an ordinary job, and let a deployment job after it only record the deployment.");
                return;
            }
            if (before is null || pinned is not null || pool?.VmImage is not null || !Mentions(job, step))
            {
                continue;
            }
            var any = demands.Any(d => d.StartsWith(TaskCapability, StringComparison.OrdinalIgnoreCase));
            Add(
                LintRule.NotPinned,
                step.Position,
                Snippet(job, step),
                $"Job {job.Job.Name} uses {_shared} after job {before.Job.Name} did, and nothing pins it to the same task: on another one the folder "
                + $"is another{(any ? $" ({TaskCapability} alone only asks that there is a task)" : "")}.",
                $"Let job {before.Job.Name} set its task as an output and demand it here, as in {TaskCapability} -equals $(buildTask); or use a pipeline "
                + "artifact.");
            return;
        }
    }

    private static bool IsPin(string demand) =>
        Demand.TryParse(demand, out var parsed)
            ? parsed.Operator == DemandOperator.Equals && parsed.Name.Equals(TaskCapability, StringComparison.OrdinalIgnoreCase)
            : demand.Contains(TaskCapability, StringComparison.OrdinalIgnoreCase);

    private void CheckWorkFolder(LintedJob job)
    {
        foreach (var variable in _graph.VariablesOf(job).Where(v => WorkVariables.Contains(v.Name, StringComparer.OrdinalIgnoreCase)))
        {
            if (_mention.IsMatch(_graph.Expand(job, variable.Value)))
            {
                AddWork(variable.Position, variable.Value, $"The agent's work folder is set to {variable.Value}, where the agents of a task share it.");
            }
        }
        foreach (var (step, _) in job.Steps)
        {
            foreach (var folder in new[] { "workingDirectory", "path" }.Select(i => step.Inputs.GetValueOrDefault(i)).OfType<string>())
            {
                var full = _graph.Expand(job, folder);
                if (IsOwn(step, folder) && _mention.Match(full) is { Success: true, Index: 0 } && !OfOneRun.Any(o => full.Contains(o, StringComparison.OrdinalIgnoreCase)))
                {
                    AddWork(step.Position, folder, $"The step works in {full}, which every agent of the task and every run share.");
                }
            }
        }
    }

    /// <summary>Of the inputs named path, only a checkout's is a folder to work in.</summary>
    private static bool IsOwn(PipelineStep step, string folder) =>
        step.Inputs.GetValueOrDefault("workingDirectory") == folder || step.TaskName == "Checkout";

    private void AddWork(SourcePosition position, string snippet, string what) => Add(
        LintRule.SharedWorkFolder,
        position,
        snippet,
        what,
        "Work in the agent's own folder and hand over whole files, or in a folder of the run, as in " + _shared + "/$(Build.BuildId).");

    private void CheckWrites(LintedJob job, PipelineStep step)
    {
        if (ScriptText.Of(step) is not { } script)
        {
            return;
        }
        var commands = ShellWrites.Of(Resolve(job, step, script)).ToList();
        var moved = commands.Where(c => c.IsMove).SelectMany(c => c.Sources).ToList();
        foreach (var write in commands.Where(c => IsShared(c.Target)))
        {
            if (write.IsMove && !write.Sources.Any(IsShared))
            {
                AddWrite(step, write, $"mv brings {write.Target} from another file system, which is a copy: who looks meanwhile sees half a file.");
            }
            else if (!write.IsMove && !moved.Any(m => m == write.Target || write.Target.StartsWith($"{m.TrimEnd('/')}/", StringComparison.Ordinal)))
            {
                AddWrite(step, write, $"{write.Command} writes {write.Target} where others read it: who looks meanwhile sees half a file.");
            }
        }
    }

    private void AddWrite(PipelineStep step, ShellWrite write, string what) => Add(
        LintRule.NotAtomic,
        _graph.Files.Locate(step.Position, write.Line) is var at && at != step.Position ? at : step.Position,
        write.Command,
        what,
        $"Write under another name in {_shared} and rename it with mv when it is whole.");

    private bool IsShared(string path) => _mention.Match(path) is { Success: true, Index: 0 };

    private bool Mentions(LintedJob job, PipelineStep step) =>
        step.Inputs.Values.Concat(step.Environment.Values).Any(v => _mention.IsMatch(Resolve(job, step, v)));

    /// <summary>The text of the step that leads to the shared path, to find its line.</summary>
    private string Snippet(LintedJob job, PipelineStep step)
    {
        var texts = step.Inputs.Values.Concat(step.Environment.Values).SelectMany(v => v.Split('\n'));
        var line = texts.FirstOrDefault(t => _mention.IsMatch(Resolve(job, step, t))) ?? "";
        return line.Contains(_shared, StringComparison.Ordinal) ? _shared : line.Trim();
    }

    /// <summary>A script with the variables put in that the file writes, as macros and as the shell's.</summary>
    private string Resolve(LintedJob job, PipelineStep step, string text)
    {
        var expanded = _graph.Expand(job, text);
        if (!expanded.Contains('$', StringComparison.Ordinal))
        {
            return expanded;
        }
        if (!_outputs.TryGetValue(job, out var outputs))
        {
            _outputs.Add(job, outputs = new OutputTexts(_graph).Of(job));
        }
        expanded = Macros.Expand(expanded, outputs.GetValueOrDefault);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in _graph.VariablesOf(job).Where(v => !v.IsSecret && RuntimeText.ExpressionOf(v.Value) is null))
        {
            values[variable.Name.Replace('.', '_').ToUpperInvariant()] = _graph.Expand(job, variable.Value);
        }
        foreach (var (name, value) in outputs)
        {
            values[name.Replace('.', '_').ToUpperInvariant()] = value;
        }
        foreach (var (name, value) in step.Environment)
        {
            values[name] = Macros.Expand(_graph.Expand(job, value), outputs.GetValueOrDefault);
        }
        return ShellVariable().Replace(expanded, m => values.GetValueOrDefault(m.Groups["name"].Value, m.Value));
    }

    private void Add(LintRule rule, SourcePosition position, string snippet, string what, string mend) => _findings.Add(
        new LintFinding(rule, snippet.Length == 0 ? position : _graph.Files.Locate(position, snippet), what, mend));

    [GeneratedRegex(@"\$(?:\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?<name>[A-Za-z_][A-Za-z0-9_]*))", RegexOptions.CultureInvariant)]
    private static partial Regex ShellVariable();
}
