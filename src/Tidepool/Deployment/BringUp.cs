using System.Text.RegularExpressions;
using Tidepool.AgentProtocol;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Images;
using Tidepool.Deployment.Infrastructure;
using Tidepool.Storage;

namespace Tidepool.Deployment;

/// <summary>How <c>tidepool up</c> is asked.</summary>
public sealed record UpOptions
{
    /// <summary>An image of the user's own; null to build one and push it to the deployment's repository.</summary>
    public string? Image { get; init; }

    /// <summary>How long to wait for the agents. Default 15 minutes: a service's circuit breaker takes up to three starts.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(15);
}

/// <summary>
/// <c>tidepool up</c>: checks, infrastructure, secret, image, service, agents. Each phase finds out what is there already, so that a run
/// that was cut short is gone on with by running it again, and one with nothing to do changes nothing.
/// </summary>
public sealed partial class BringUp(string root, IReadOnlyDictionary<string, string> environment, IProgress<DeploymentEvent> progress, TimeProvider clock)
{
    // With an image of the user's own nothing is built.
    private static readonly string[] ChecksOfImage = ["docker", "docker-platform", "image-support"];

    private readonly DeploymentPhases _phases = new(progress, clock);
    private Deployed? _deployed;

    /// <summary>What would be made, and what it costs a month. Changes nothing.</summary>
    public async Task<PlanReport> PlanAsync(UpOptions options, CancellationToken ct)
    {
        var report = new PlanReport();
        try
        {
            CheckImage(options.Image);
            var settings = DeploymentSettings.Load(root, environment);
            var terraform = Deployed.TerraformOf(root, environment, progress, clock);
            var (plan, billed) = await _phases.RunAsync("plan", "what terraform/ would make", async () =>
            {
                var tag = await TagAsync(settings, options, ct);
                var isPushed = AutoVariables.Read(Deployed.FolderOf(root)) is { IsPushed: true } last && last.ImageTag == tag;
                var planned = await terraform.PlanAsync(VariablesOf(settings, options.Image, tag, isPushed), ct);
                return new PhaseOutcome<(TerraformPlan, BilledDeployment)>(planned, planned.Plan.AsPlan(), false);
            });
            var cost = MonthlyCost.Of(billed, Prices.Listed);
            report = report with
            {
                Changes = [.. plan.Resources.Select(change => new PlannedChange(change.Action, change.Address))],
                Cost = new CostReport(
                    cost.Region,
                    cost.Currency,
                    cost.Total,
                    [.. cost.Lines.Select(line => new CostLineReport(
                        line.Item, line.Quantity, line.Price.Unit, line.Price.Value, line.Monthly, line.IsEstimate, line.Price.Source.ToString(), $"{line.Price.Date:yyyy-MM-dd}", line.Price.Remark))],
                    MonthlyCost.NotCounted),
            };
        }
        catch (Exception e) when (Ends(e, ct))
        {
            report = report with { Interrupted = e is OperationCanceledException, Problems = ProblemsOf(e), NothingTried = true };
        }

        return report with { Phases = _phases.Reports };
    }

    /// <summary>Does it all.</summary>
    public async Task<UpReport> RunAsync(UpOptions options, CancellationToken ct)
    {
        var report = new UpReport();
        try
        {
            CheckImage(options.Image);
            await CheckAsync(options, ct);
            _deployed = await Deployed.OpenAsync(root, environment, progress, clock, ct);
            var tag = await TagAsync(_deployed.Settings, options, ct);
            var outputs = await InfrastructureAsync(options, tag, ct);
            report = report with
            {
                Region = outputs.Region,
                Cluster = outputs.ClusterName,
                Service = outputs.ServiceName,
                Pool = outputs.AzpPool,
                Image = outputs.Image,
            };
            var isNewToken = await SecretAsync(outputs, ct);
            await ImageAsync(outputs, tag, ct);
            outputs = await ServiceAsync(outputs, options, tag, isNewToken, ct);
            report = report with { Image = outputs.Image };
            report = report with { Agents = await AgentsAsync(outputs, options, ct) };
        }
        catch (Exception e) when (Ends(e, ct))
        {
            report = report with
            {
                Interrupted = e is OperationCanceledException,
                Problems = ProblemsOf(e),
                NothingTried = !_phases.IsDone("checks"),
                Standing = await StandingAsync(),
            };
        }
        finally
        {
            _deployed?.Dispose();
        }

        return report with { Phases = _phases.Reports };
    }

    /// <summary>As Terraform checks it, but before its settings are written: there a wrong one would stand in the way of down.</summary>
    private static void CheckImage(string? image)
    {
        if (image is not null && !ImageName().IsMatch(image))
        {
            throw new ProblemException(
                "DEPLOY014", $"--image is '{image}'.", "Name it with a tag or a digest, as in repository/agent:7 or repository/agent@sha256:…");
        }
    }

    // The same in terraform/variables.tf.
    [GeneratedRegex("""^[^\s":@]+(:[0-9]+/[^\s":@]+)?((:[A-Za-z0-9_][A-Za-z0-9_.-]*)(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$""")]
    private static partial Regex ImageName();

    private static bool Ends(Exception e, CancellationToken ct) =>
        e is ProblemException or ProblemsException || (e is OperationCanceledException && ct.IsCancellationRequested);

    private static IReadOnlyList<Problem> ProblemsOf(Exception e) => e switch
    {
        ProblemException one => [one.Problem],
        ProblemsException many => many.Problems,
        _ => [],
    };

    private Task CheckAsync(UpOptions options, CancellationToken ct) => _phases.RunAsync("checks", "what a deployment needs (tidepool doctor shows each)", async () =>
    {
        var report = await Doctor.RunAsync(root, environment, clock, ct);
        var checks = report.Checks.Where(check => options.Image is null || !ChecksOfImage.Contains(check.Name)).ToArray();
        foreach (var check in checks.Where(check => check.Status == CheckStatus.Warning))
        {
            progress.Report(new Said($"{check.Code}: {check.Seen} {check.Mend}"));
        }

        var failed = checks.Where(check => check.Status == CheckStatus.Failed).Select(check => new Problem(check.Code!, check.Seen, check.Mend!)).ToArray();
        return failed.Length == 0
            ? new PhaseOutcome<bool>(true, $"{checks.Count(check => check.Status is CheckStatus.Ok)} in order", false)
            : throw new ProblemsException(failed);
    });

    private Task<TerraformOutputs> InfrastructureAsync(UpOptions options, string? tag, CancellationToken ct) =>
        _phases.RunAsync("infrastructure", "terraform apply in terraform/", async () =>
        {
            // A tag that is not in the repository yet would take the running tasks away until it is: the old one stays until then.
            await _deployed!.FindOutputsAsync(ct);
            var before = AutoVariables.Read(_deployed.TerraformFolder)?.ImageTag;
            var named = before is null || await IsPushedAsync(tag, ct) ? tag : before;
            VariablesOf(_deployed.Settings, options.Image, named, await IsPushedAsync(named, ct)).Write(_deployed.TerraformFolder);
            var done = await _deployed.Terraform.ApplyAsync(ct);
            return new PhaseOutcome<TerraformOutputs>(await _deployed.OutputsAsync(ct), done.ToString(), !done.ChangesNothing);
        });

    private async Task<bool> IsPushedAsync(string? tag, CancellationToken ct) =>
        tag is not null
        && await _deployed!.Terraform.OutputsAsync(ct) is { RepositoryName: { } repository } && await _deployed.Ecr.DescribeImageAsync(repository, tag, ct) is not null;

    private Task<bool> SecretAsync(TerraformOutputs outputs, CancellationToken ct) => _phases.RunAsync("secret", $"the token in {outputs.TokenSecretName}", async () =>
    {
        var isNew = await new TokenSecret(_deployed!.Secrets, outputs.TokenSecretArn).PutAsync(_deployed.Settings.Credential.Secret, ct);
        return new PhaseOutcome<bool>(isNew, isNew ? "put" : "the same as before", isNew);
    });

    private Task ImageAsync(TerraformOutputs outputs, string? tag, CancellationToken ct) => _phases.RunAsync("image", "docker build and push", async () =>
    {
        if (tag is null || outputs is not { RepositoryName: { } repository, RepositoryUrl: { } url })
        {
            return new PhaseOutcome<bool>(true, $"{outputs.Image}, your own", false);
        }

        var reference = $"{url}:{tag}";
        if (await _deployed!.Ecr.DescribeImageAsync(repository, tag, ct) is not null)
        {
            return new PhaseOutcome<bool>(true, $"{tag} is in the repository", false);
        }

        progress.Report(new Said($"building {reference}"));
        await _deployed.Docker.BuildAsync(root, PlatformOf(outputs.CpuArchitecture), reference, ct);
        progress.Report(new Said($"pushing {reference}"));
        await _deployed.Docker.PushAsync(reference, await _deployed.Ecr.GetLoginAsync(ct), ct);
        return await _deployed.Ecr.DescribeImageAsync(repository, tag, ct) is not null
            ? new PhaseOutcome<bool>(true, $"{tag} built and pushed", true)
            : throw new ProblemException("DEPLOY005", $"docker pushed {reference}, and ECR does not have it.", "See where docker pushed it to; then run ./tidepool up again.");
    });

    private Task<TerraformOutputs> ServiceAsync(TerraformOutputs outputs, UpOptions options, string? tag, bool isNewToken, CancellationToken ct) =>
        _phases.RunAsync("service", $"the tasks of {outputs.ServiceName}", async () =>
        {
            var wanted = VariablesOf(_deployed!.Settings, options.Image, tag, isPushed: true);
            var changed = false;
            var hadTasks = outputs.DesiredCount > 0;
            if (outputs.WaitingFor.Count > 0 || AutoVariables.Read(_deployed.TerraformFolder) != wanted)
            {
                wanted.Write(_deployed.TerraformFolder);
                changed = !(await _deployed.Terraform.ApplyAsync(ct)).ChangesNothing;
                outputs = await _deployed.OutputsAsync(ct);
            }

            if (outputs.WaitingFor.Count > 0)
            {
                throw new ProblemException(
                    "DEPLOY010",
                    $"Terraform starts no task, for it finds no {string.Join(" and no ", outputs.WaitingFor)}.",
                    "terraform -chdir=terraform output waiting_for shows what is missing; put it there, then run ./tidepool up again.");
            }

            if (isNewToken && hadTasks && !changed)
            {
                // Containers read the secret when they start.
                await _deployed.Ecs.UpdateServiceAsync(outputs.ClusterName, outputs.ServiceName, new ServiceUpdate { ForceNewDeployment = true }, ct);
                changed = true;
            }

            return new PhaseOutcome<TerraformOutputs>(outputs, $"{outputs.DesiredCount} task{(outputs.DesiredCount == 1 ? "" : "s")} asked for", changed);
        });

    private Task<IReadOnlyList<AgentReport>> AgentsAsync(TerraformOutputs outputs, UpOptions options, CancellationToken ct) =>
        _phases.RunAsync("agents", $"online in the pool {outputs.AzpPool}", async () =>
        {
            IReadOnlyList<AgentReport> agents = [.. (await new AgentWait(_deployed!, outputs).RunAsync(options.Limit, ct)).Select(DeploymentStatus.ToReport)];
            return new PhaseOutcome<IReadOnlyList<AgentReport>>(agents, $"{agents.Count} online", false);
        });

    private async Task<string?> TagAsync(DeploymentSettings settings, UpOptions options, CancellationToken ct) =>
        options.Image is null ? await BuildContext.TagAsync(root, PlatformOf(settings.Terraform.CpuArchitecture), clock, ct) : null;

    private static AutoVariables VariablesOf(DeploymentSettings settings, string? image, string? tag, bool isPushed) => new()
    {
        AzpUrl = settings.OrganizationUrl.ToString().TrimEnd('/'),
        AzpPool = settings.Pool,
        ServicePrincipal = settings.Credential is OrganizationCredential.ServicePrincipal principal ? (principal.ClientId, principal.TenantId) : null,
        Image = image,
        ImageTag = image is null ? tag : null,
        IsPushed = image is null && tag is not null && isPushed,
    };

    private static string PlatformOf(string cpuArchitecture) => cpuArchitecture == "X86_64" ? "linux/amd64" : "linux/arm64";

    /// <summary>What the phases left, and how to go on.</summary>
    private async Task<IReadOnlyList<string>> StandingAsync()
    {
        if (_phases.Unfinished is null or "checks" || _deployed is null)
        {
            return ["Nothing was changed."];
        }

        var standing = new List<string>();
        try
        {
            var count = (await _deployed.Terraform.ResourcesAsync(CancellationToken.None)).Count;
            standing.Add(count == 0 ? "Nothing stands: the Terraform state is empty." : $"{count} resources stand, as the Terraform state has them.");
        }
        catch (ProblemException e)
        {
            standing.Add($"What stands could not be read: {e.Problem.What}");
        }

        if (_phases.IsDone("secret"))
        {
            standing.Add("The token is in its secret.");
        }

        if (_phases.IsDone("image"))
        {
            standing.Add("The image is there.");
        }

        if (_phases.IsDone("service"))
        {
            standing.Add("The service asks for its tasks, and goes on trying without this program.");
        }

        standing.Add("To go on: ./tidepool up (what is done is not done again). To take all away: ./tidepool down.");
        return standing;
    }
}
