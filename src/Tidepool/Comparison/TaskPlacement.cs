using Tidepool.AzurePipelines;
using Tidepool.Comparison.Access;
using Tidepool.Rehearsal;

namespace Tidepool.Comparison;

/// <summary>Chooses the task of each job of one run, among those whose agents meet its demands.</summary>
/// <param name="home">Id of the task that jobs go to when nothing else is wanted.</param>
/// <param name="apart">Jobs, with those whose task they are to keep away from; null for none.</param>
internal sealed class TaskPlacement(string home, IReadOnlyDictionary<JobKey, IReadOnlySet<JobKey>>? apart)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<JobKey, string> _chosen = [];
    private readonly HashSet<JobKey> _free = [];

    /// <summary>Jobs that could have gone to more than one task.</summary>
    public IReadOnlySet<JobKey> Free
    {
        get
        {
            lock (_gate)
            {
                return _free.ToHashSet();
            }
        }
    }

    /// <summary>Which task each job went to.</summary>
    public IReadOnlyDictionary<JobKey, string> Chosen
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<JobKey, string>(_chosen);
            }
        }
    }

    /// <summary>Says which agents may take a job: those of one task.</summary>
    public Func<IReadOnlyDictionary<string, string>, bool> Choose(string stage, string job, IReadOnlyList<IReadOnlyDictionary<string, string>> able)
    {
        lock (_gate)
        {
            var key = new JobKey(stage, job);
            var tasks = able.Select(TaskOf).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
            if (tasks.Count > 1)
            {
                _free.Add(key);
            }

            var task = tasks.Count == 0 ? null : _chosen.GetValueOrDefault(key) is { } before && tasks.Contains(before) ? before : Best(key, tasks);
            if (task is null)
            {
                return _ => true;
            }

            _chosen[key] = task;
            return agent => TaskOf(agent) == task;
        }
    }

    private string Best(JobKey key, List<string> tasks)
    {
        var writers = apart?.GetValueOrDefault(key);
        return tasks
            .OrderBy(task => writers?.Count(writer => _chosen.GetValueOrDefault(writer) == task) ?? 0)
            .ThenBy(task => task != home)
            .First();
    }

    private static string? TaskOf(IReadOnlyDictionary<string, string> agent) => agent.GetValueOrDefault(RehearsalEnvironment.TaskCapability);
}
