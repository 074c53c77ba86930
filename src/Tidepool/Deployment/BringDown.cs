using Tidepool.AgentProtocol;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Infrastructure;

namespace Tidepool.Deployment;

/// <summary>How <c>tidepool down</c> is asked.</summary>
public sealed record DownOptions
{
    /// <summary>How long running jobs may go on. Default 30 minutes.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Wait for no job.</summary>
    public bool Force { get; init; }
}

/// <summary>What <c>tidepool down</c> would take away.</summary>
/// <param name="Resources">Resources in the Terraform state.</param>
/// <param name="Text">In a sentence.</param>
public sealed record DownPreview(int Resources, string Text);

/// <summary><c>tidepool down</c>: drains the agents, stops the tasks, empties the repository, destroys, and lists what is left.</summary>
public sealed class BringDown(Deployed deployed)
{
    // SIGTERM, stopTimeout of 120 s, and what ECS needs around it.
    private static readonly TimeSpan TasksLimit = TimeSpan.FromSeconds(240);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);
    private const int ImagesACall = 100;

    private readonly DeploymentPhases _phases = new(deployed.Progress, deployed.Clock);
    private readonly HashSet<int> _disabled = [];
    private TerraformOutputs? _outputs;
    private TaskAgentPool? _pool;
    private bool _poolOutOfReach;

    /// <summary>What is there to take away.</summary>
    public async Task<DownPreview> PreviewAsync(CancellationToken ct)
    {
        var resources = await deployed.Terraform.ResourcesAsync(ct);
        _outputs = resources.Count == 0 ? null : await deployed.FindOutputsAsync(ct);
        return new DownPreview(resources.Count, _outputs is null
            ? $"{resources.Count} resources of the Terraform state"
            : $"{resources.Count} resources in {_outputs.Region}: the service {_outputs.ServiceName} with its {_outputs.DesiredCount} tasks, "
                + $"their agents in the pool {_outputs.AzpPool}, the token, the logs{(_outputs.RepositoryName is null ? "" : " and all images")}");
    }

    /// <summary>Does it all. Asked twice, the second finds nothing to do.</summary>
    public async Task<DownReport> RunAsync(DownOptions options, CancellationToken ct)
    {
        var report = new DownReport();
        try
        {
            if (await PreviewAsync(ct) is { Resources: 0 })
            {
                return report with { Standing = ["Nothing is deployed: the Terraform state is empty."] };
            }

            var removed = new List<string>();
            if (_outputs is { } outputs && await deployed.Ecs.DescribeServiceAsync(outputs.ClusterName, outputs.ServiceName, ct) is { Status: "ACTIVE" })
            {
                var ours = (await deployed.TasksAsync(outputs, ct)).Select(task => task.TaskId).ToHashSet();
                await DrainAsync(outputs, ours, options, ct);
                await StopTasksAsync(outputs, ct);
                removed = await RemoveAgentsAsync(outputs, ours, ct);
            }

            report = report with { RemovedAgents = removed };
            if (_outputs?.RepositoryName is { } repository)
            {
                report = report with { RemovedImages = await EmptyAsync(repository, ct) };
            }

            await DestroyAsync(ct);
            report = report with { Left = await LeftAsync(ct) };
        }
        catch (Exception e) when (e is ProblemException || (e is OperationCanceledException && ct.IsCancellationRequested))
        {
            await LetWorkAgainAsync();
            report = report with
            {
                Interrupted = e is OperationCanceledException,
                Problems = e is ProblemException { Problem: var problem } ? [problem] : [],
                Standing = await StandingAsync(),
            };
        }

        return report with { Phases = _phases.Reports };
    }

    private Task DrainAsync(TerraformOutputs outputs, HashSet<string> ours, DownOptions options, CancellationToken ct) =>
        _phases.RunAsync("agents", options.Force ? "kept from new jobs" : "kept from new jobs; running ones come to their end", async () =>
        {
            try
            {
                _pool = await deployed.Organization.GetPoolAsync(outputs.AzpPool, ct);
            }
            catch (ProblemException e) when (options.Force)
            {
                // Whose organization or token is gone must not pay for ever.
                deployed.Progress.Report(new ProblemSeen(e.Problem));
                _poolOutOfReach = true;
                return new PhaseOutcome<bool>(false, "the pool is out of reach; going on without it", false);
            }

            var agents = await deployed.AgentsAsync(outputs, _pool.Id, ours, ct);
            foreach (var agent in agents.Where(agent => agent.Enabled != false))
            {
                if (await deployed.Organization.SetEnabledAsync(_pool.Id, agent.Id, enabled: false, ct))
                {
                    _disabled.Add(agent.Id);
                }
            }

            var until = deployed.Clock.GetUtcNow() + options.Drain;
            var told = new HashSet<string>();
            using var timer = new PeriodicTimer(LookInterval, deployed.Clock);
            while (!options.Force)
            {
                var busy = (await deployed.AgentsAsync(outputs, _pool.Id, ours, ct))
                    .Select(DeploymentStatus.ToReport)
                    .Where(agent => agent is { Status: "online", Job: not null })
                    .ToArray();
                if (busy.Length == 0)
                {
                    break;
                }

                foreach (var agent in busy.Where(agent => told.Add($"{agent.Name} {agent.Job}")))
                {
                    deployed.Progress.Report(new Said($"{agent.Name} runs {agent.Job}"));
                }

                if (deployed.Clock.GetUtcNow() >= until)
                {
                    throw new ProblemException(
                        "DEPLOY006",
                        $"After {options.Drain.TotalMinutes:0.#} minutes {string.Join(", ", busy.Select(agent => $"{agent.Name} still runs {agent.Job}"))}.",
                        "Wait for it or cancel it in Azure Pipelines, then run ./tidepool down again; with --force it does not wait.");
                }

                await timer.WaitForNextTickAsync(ct);
            }

            return new PhaseOutcome<bool>(true, $"{agents.Count} agents take no jobs", _disabled.Count > 0);
        });

    private Task StopTasksAsync(TerraformOutputs outputs, CancellationToken ct) =>
        _phases.RunAsync("tasks", "stopped; agents leave the pool by themselves", async () =>
    {
        await deployed.Ecs.UpdateServiceAsync(outputs.ClusterName, outputs.ServiceName, new ServiceUpdate { DesiredCount = 0 }, ct);

        // ECS may have begun to stop them: those are listed among the stopped ones already.
        string[] tasks = [.. (await deployed.TasksAsync(outputs, ct)).Where(task => task.LastStatus != "STOPPED").Select(task => task.TaskArn)];

        // A task that protects itself from scale-in would stay otherwise; its jobs are waited for, or not wanted any more.
        foreach (var task in tasks)
        {
            await deployed.Ecs.StopTaskAsync(outputs.ClusterName, task, "tidepool down", ct);
        }

        var until = deployed.Clock.GetUtcNow() + TasksLimit;
        using var timer = new PeriodicTimer(LookInterval, deployed.Clock);
        while (deployed.Clock.GetUtcNow() < until
            && (await deployed.Ecs.DescribeTasksAsync(outputs.ClusterName, tasks, ct)).Any(task => task.LastStatus != "STOPPED"))
        {
            await timer.WaitForNextTickAsync(ct);
        }

        return new PhaseOutcome<bool>(true, $"{tasks.Length} stopped", tasks.Length > 0);
    });

    private Task<List<string>> RemoveAgentsAsync(TerraformOutputs outputs, HashSet<string> ours, CancellationToken ct) =>
        _phases.RunAsync("pool", $"agents that are still in {outputs.AzpPool}", async () =>
        {
            var removed = new List<string>();
            if (_pool is null)
            {
                return new PhaseOutcome<List<string>>(removed, "not looked at", false);
            }

            foreach (var agent in await deployed.AgentsAsync(outputs, _pool.Id, ours, ct))
            {
                if (await deployed.Organization.RemoveAgentAsync(_pool.Id, agent.Id, ct))
                {
                    removed.Add(agent.Name);
                }
            }

            return new PhaseOutcome<List<string>>(removed, $"{removed.Count} removed", removed.Count > 0);
        });

    private Task<int> EmptyAsync(string repository, CancellationToken ct) => _phases.RunAsync("images", $"in {repository}", async () =>
    {
        if (await deployed.Ecr.DescribeRepositoryAsync(repository, ct) is null)
        {
            return new PhaseOutcome<int>(0, "there is no repository", false);
        }

        var digests = (await deployed.Ecr.ListImagesAsync(repository, ct)).Select(image => image.ImageDigest).OfType<string>().Distinct().ToArray();
        foreach (var some in digests.Chunk(ImagesACall))
        {
            await deployed.Ecr.DeleteImagesAsync(repository, some, ct);
        }

        return new PhaseOutcome<int>(digests.Length, $"{digests.Length} removed", digests.Length > 0);
    });

    private Task DestroyAsync(CancellationToken ct) => _phases.RunAsync("infrastructure", "terraform destroy in terraform/", async () =>
    {
        var done = await deployed.Terraform.DestroyAsync(ct);
        File.Delete(Path.Combine(deployed.TerraformFolder, AutoVariables.FileName));
        return new PhaseOutcome<bool>(true, done.ToString(), !done.ChangesNothing);
    });

    private Task<IReadOnlyList<string>> LeftAsync(CancellationToken ct) => _phases.RunAsync("left", "a look at what is still there", async () =>
    {
        var left = new List<string>(await deployed.Terraform.ResourcesAsync(ct));
        if (_outputs is { } outputs)
        {
            foreach (var group in outputs.LogGroups.Values)
            {
                if ((await deployed.Logs.NewestStreamsAsync(group, 1, ct)).Count > 0)
                {
                    left.Add($"log group {group}: aws logs delete-log-group --log-group-name {group}");
                }
            }

            if (await deployed.Secrets.DescribeAsync(outputs.TokenSecretArn, ct) is { } secret)
            {
                left.Add($"secret {secret.Name}{(secret.DeletedDate is null ? "" : ", which AWS deletes by itself")}: "
                    + $"aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {secret.Name}");
            }

            if (outputs.RepositoryName is { } repository && await deployed.Ecr.DescribeRepositoryAsync(repository, ct) is not null)
            {
                left.Add($"repository {repository}: kept, for it was there before (existing_repository)");
            }

            if (_poolOutOfReach)
            {
                left.Add($"agents in the pool {outputs.AzpPool}, which was not reached: remove those that stay offline in the organization's settings");
            }

            if (_pool is { } pool)
            {
                left.AddRange((await deployed.AgentsAsync(outputs, pool.Id, new HashSet<string>(), ct)).Select(agent =>
                    $"agent {agent.Name} in the pool {pool.Name}: remove it in the organization's settings"));
            }
        }

        return new PhaseOutcome<IReadOnlyList<string>>(left, left.Count == 0 ? "nothing" : $"{left.Count} things", false);
    });

    /// <summary>Agents that were kept from jobs and go on may take them again.</summary>
    private async Task LetWorkAgainAsync()
    {
        if (_pool is null || _phases.IsDone("agents"))
        {
            return;
        }

        try
        {
            foreach (var id in _disabled)
            {
                await deployed.Organization.SetEnabledAsync(_pool.Id, id, enabled: true, CancellationToken.None);
            }
        }
        catch (ProblemException e)
        {
            deployed.Progress.Report(new ProblemSeen(e.Problem));
        }
    }

    private async Task<IReadOnlyList<string>> StandingAsync()
    {
        try
        {
            var count = (await deployed.Terraform.ResourcesAsync(CancellationToken.None)).Count;
            return
            [
                count == 0 ? "Nothing stands: the Terraform state is empty." : $"{count} resources stand, as the Terraform state has them.",
                _phases.IsDone("tasks") ? "The tasks are stopped."
                    : _phases.IsDone("agents") ? "The agents take no jobs, and their tasks may be stopping."
                    : "The agents may take jobs as before.",
                "To go on: ./tidepool down. To bring it back: ./tidepool up.",
            ];
        }
        catch (ProblemException e)
        {
            return [$"What stands could not be read: {e.Problem.What}"];
        }
    }
}
