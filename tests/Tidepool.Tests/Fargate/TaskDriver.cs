using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

/// <summary>Takes every step that is due, with the time of the test.</summary>
internal sealed class TaskDriver
{
    /// <summary>When a task of these tests begins.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<TaskEffect> _effects = [];
    private DateTimeOffset _now = Start;

    public TaskDriver(double scale, params ContainerDefinition[] containers)
    {
        Times = new(scale);
        var lives = containers.Select(container => new ContainerLife(
            container, new() { ContainerArn = "arn", TaskArn = "arn", Name = container.Name, Image = container.Image })).ToArray();
        Life = new(
            new() { TaskArn = "arn", ClusterArn = "arn", TaskDefinitionArn = "arn", Group = "g", Containers = [.. lives.Select(life => life.Container)] },
            new(new() { ContainerDefinitions = containers }, "arn", 1),
            [.. lives],
            Start);
        Statuses.Add(Life.Task.LastStatus);
        Advance();
    }

    public TaskLife Life { get; private set; }

    public FargateTimes Times { get; set; }

    public List<string> Statuses { get; } = [];

    public DateTimeOffset? WakeAt => TaskLifeCycle.WakeAt(Life, _now, Times);

    public void AdvanceTo(double seconds)
    {
        while (WakeAt is { } due && due <= Start.AddSeconds(seconds))
        {
            _now = due;
            Advance();
        }

        _now = Start.AddSeconds(seconds);
        Advance();
    }

    public void Observe(Func<TaskLife, TaskLife> observation)
    {
        Life = observation(Life);
        Advance();
    }

    public void Started(string name) => Observe(life => life.WithStarted(name, "id", _now));

    public void Ended(string name, int exitCode) => Observe(life => life.WithEnded(name, exitCode, null, _now, Times));

    public void Check(string name, CommandEnd? end) => Observe(life => life.WithChecked(name, life.Of(name).Container.RestartCount, end, _now));

    public void Run(params string[] names)
    {
        Observe(life => life.WithPrepared());
        foreach (var name in names)
        {
            Started(name);
        }

        TakeEffects();
    }

    public IReadOnlyList<TaskEffect> TakeEffects()
    {
        var taken = _effects.ToArray();
        _effects.Clear();
        return taken;
    }

    private void Advance()
    {
        while (TaskLifeCycle.Next(Life, _now, Times) is { } step)
        {
            Life = step.Life;
            _effects.AddRange(step.Effects);
            if (Statuses[^1] != Life.Task.LastStatus)
            {
                Statuses.Add(Life.Task.LastStatus);
            }
        }
    }
}
