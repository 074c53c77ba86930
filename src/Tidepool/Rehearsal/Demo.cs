using System.Globalization;
using Tidepool.AzurePipelines;
using Tidepool.Fargate;
using Tidepool.Pipelines;

namespace Tidepool.Rehearsal;

/// <summary>The demonstration: one pipeline, four scenarios, what a bind mount keeps and what it loses.</summary>
public sealed class Demo
{
    /// <summary>The demonstration's pipeline, relative to the repository's root.</summary>
    public const string PipelineFile = "pipelines/bind-mount.yml";

    private readonly RehearsalEnvironment _environment;
    private readonly RehearsalOptions _options;
    private readonly IProgress<RehearsalEvent> _progress;
    private readonly PipelineSource _source;

    /// <summary>Volumes by task id, as they were while their task ran.</summary>
    private readonly Dictionary<string, VolumeFacts> _volumes = [];

    /// <summary>The task that Build is pinned to.</summary>
    private string _firstTask = "";

    private Demo(RehearsalEnvironment environment, RehearsalOptions options, IProgress<RehearsalEvent> progress, PipelineSource source) =>
        (_environment, _options, _progress, _source) = (environment, options, progress, source);

    /// <summary>Runs every scenario on a fresh environment, reports, and then calls <paramref name="keepUntil"/> before all is taken down.</summary>
    /// <exception cref="ProblemException">The environment could not be started.</exception>
    public static async Task<RehearsalReport> RunAsync(
        RehearsalOptions options,
        TimeProvider clock,
        IProgress<RehearsalEvent> progress,
        Func<RehearsalEnvironment, RehearsalReport, Task> keepUntil,
        CancellationToken ct)
    {
        if (options.Agents < 2)
        {
            throw new ProblemException(
                "REHEARSAL003",
                $"The demonstration hands over between agents of one task, and --agents is {options.Agents}.",
                "Use --agents 2 or more.");
        }

        var (startedAt, began) = (clock.GetUtcNow(), clock.GetTimestamp());
        var phases = new Phases(clock, progress);
        var source = PipelineFiles.Source(options.RepositoryFolder, PipelineFile, new Dictionary<string, string>());
        await using var environment = await phases.RunAsync(
            "start the services", () => RehearsalEnvironment.StartAsync(options, clock, progress, ct));
        var demo = new Demo(environment, options, progress, source);
        await phases.RunAsync("agents online", async () => demo.MoveTo((await environment.WaitForServiceAgentsAsync(options.Tasks, ct))[0]));
        var scenarios = new List<ScenarioReport>();
        foreach (var scenario in DemoScenario.All)
        {
            progress.Report(new ScenarioStarted(scenario.Name, scenario.What));
            scenarios.Add(await phases.RunAsync(scenario.Name, () => demo.TryAsync(scenario, ct)));
            progress.Report(new ScenarioFinished(scenarios[^1]));
        }

        var report = environment.Report(startedAt, clock.GetElapsedTime(began), scenarios, phases.Finished);
        await keepUntil(environment, report);
        return report;
    }

    private async Task<ScenarioReport> TryAsync(DemoScenario scenario, CancellationToken ct)
    {
        var buildTask = _firstTask;
        var secondTask = scenario.Event == DemoEvent.SecondTask ? await StartSecondTaskAsync(ct) : null;
        int? restarts = null;
        var run = _environment.QueueRun(
            _source with
            {
                Parameters = new Dictionary<string, string>
                {
                    ["pool"] = _environment.Pipelines.Pool,
                    ["agents"] = _options.Agents.ToString(CultureInfo.InvariantCulture),
                    ["buildOn"] = Demand(buildTask),
                    ["deployOn"] = scenario.Event == DemoEvent.TaskReplaced ? RehearsalEnvironment.TaskCapability : Demand(secondTask ?? buildTask),
                },
            },
            new(),
            async (stage, seen, stageCt) =>
            {
                switch (stage, scenario.Event)
                {
                    case ("Deploy", DemoEvent.TaskReplaced):
                        await ReplaceFirstTaskAsync(stageCt);
                        break;
                    case ("Deploy", DemoEvent.ContainerRestarted):
                        restarts = await _environment.CrashContainerAsync(
                            buildTask, DemoVerdict.Output(DemoVerdict.Job(seen, "Build"), "pack.peer") ?? "", stageCt);
                        break;
                }
            });
        var snapshot = await _environment.FollowAsync(run, ct);
        foreach (var agent in _environment.Pipelines.Agents)
        {
            // Those that were kept from the job of a replaced task.
            _environment.Pipelines.SetEnabled(agent.Name, true);
        }

        var verdict = DemoVerdict.Of(snapshot);
        if (secondTask is not null)
        {
            await _environment.Fargate.StopTaskAsync(RehearsalEnvironment.Cluster, secondTask, "The scenario is over.", ct);
            await _environment.Fargate.WaitForTaskAsync(secondTask, task => task.LastStatus == EcsTaskStatus.Stopped, ct);
        }

        var taskArns = await _environment.ListTasksAsync(ct);
        return new ScenarioReport
        {
            Name = scenario.Name,
            Expected = scenario.ExpectedOn(_options.Storage),
            Observed = verdict.Observed,
            Reason = verdict.Reason,
            Run = RunReports.Of(snapshot, taskArns),
            Proof = Prove(snapshot, taskArns, restarts),
        };
    }

    private static string Demand(string taskArn) => $"{RehearsalEnvironment.TaskCapability} -equals {RehearsalEnvironment.TaskId(taskArn)}";

    private void MoveTo(string taskArn)
    {
        _firstTask = taskArn;
        RememberVolume(taskArn);
    }

    private async Task<string> StartSecondTaskAsync(CancellationToken ct)
    {
        var task = await _environment.RunTaskAsync(ct);
        await _environment.WaitForAgentsAsync(task, ct);
        RememberVolume(task);
        return task;
    }

    /// <summary>Stops the first task. The service starts another, which is the first from then on and the only one that takes jobs.</summary>
    private async Task ReplaceFirstTaskAsync(CancellationToken ct)
    {
        var before = await _environment.ListTasksAsync(ct);
        await _environment.Fargate.StopTaskAsync(RehearsalEnvironment.Cluster, _firstTask, "The demonstration replaces the task.", ct);
        var stopped = await _environment.Fargate.WaitForTaskAsync(_firstTask, task => task.LastStatus == EcsTaskStatus.Stopped, ct);
        _progress.Report(new Said($"stopped on purpose: {stopped.StopCode}, {stopped.StoppedReason}"));
        var replacement = (await _environment.WaitForServiceTasksAsync(1, before, ct))[0];
        await _environment.WaitForAgentsAsync(replacement, ct);
        foreach (var other in _environment.Pipelines.Agents.Where(agent => agent.SystemCapabilities?.GetValueOrDefault(RehearsalEnvironment.TaskCapability) != RehearsalEnvironment.TaskId(replacement)))
        {
            _environment.Pipelines.SetEnabled(other.Name, false);
        }

        MoveTo(replacement);
    }

    private void RememberVolume(string taskArn) =>
        _volumes[RehearsalEnvironment.TaskId(taskArn)] = _environment.Fargate.DescribeVolumes(taskArn)[0];

    private ScenarioProof Prove(RunSnapshot run, IReadOnlyList<string> taskArns, int? restarts)
    {
        var (build, control, deploy) = (DemoVerdict.Job(run, "Build"), DemoVerdict.Job(run, "Control"), DemoVerdict.Job(run, "Deploy"));
        return new ScenarioProof
        {
            Path = DemoVerdict.Output(build, "pack.artifact"),
            BuiltSha256 = DemoVerdict.Output(build, "pack.sha256"),
            Control = DemoVerdict.Output(control, "deploy.artifact"),
            Sha256 = DemoVerdict.Output(deploy, "deploy.sha256"),
            Listing = DemoVerdict.Output(deploy, "deploy.listing"),
            Build = Volume(build, taskArns),
            Deploy = Volume(deploy, taskArns),
            Restarts = restarts,
            Owners = _environment.Fargate.Runtime.OwnersEnforced ? "enforced" : "not enforced",
        };
    }

    private VolumeProof? Volume(JobSnapshot? job, IReadOnlyList<string> taskArns) =>
        job?.AgentCapabilities is { } capabilities
        && capabilities.TryGetValue(RehearsalEnvironment.TaskCapability, out var id)
        && taskArns.FirstOrDefault(arn => RehearsalEnvironment.TaskId(arn) == id) is { } taskArn
        && _volumes.TryGetValue(id, out var volume)
            ? new VolumeProof
            {
                TaskArn = taskArn,
                Container = capabilities.GetValueOrDefault(RehearsalEnvironment.ContainerCapability) ?? "",
                Volume = volume.Name,
                Device = volume.Device,
                Inode = volume.Inode,
                SeenInode = ulong.TryParse(DemoVerdict.Output(job, "deploy.inode"), CultureInfo.InvariantCulture, out var seen) ? seen : null,
                BornAt = volume.BornAt,
            }
            : null;
}
