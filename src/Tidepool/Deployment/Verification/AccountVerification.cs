using System.Globalization;
using Tidepool.Deployment.Aws;
using Tidepool.Storage;
using Tidepool.Storage.Probes;

namespace Tidepool.Deployment.Verification;

/// <summary>The verification of storage in a user's account.</summary>
public sealed class AccountVerification : IDisposable
{
    private readonly AwsConnection _connection;
    private readonly AccountTarget _target;
    private readonly IProgress<DeploymentEvent> _progress;
    private readonly TimeProvider _clock;

    private AccountVerification(AwsConnection connection, AccountTarget target, IProgress<DeploymentEvent> progress, TimeProvider clock) =>
        (_connection, _target, _progress, _clock) = (connection, target, progress, clock);

    /// <summary>Finds the account, and what of it is used; makes nothing.</summary>
    /// <param name="root">The clone's root: what is deployed from it is used where the options say nothing.</param>
    /// <param name="environment">See <see cref="DeploymentSettings.ProcessEnvironment"/>.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="progress">Hears of each probe; may be called from any thread.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Ends the look.</param>
    /// <exception cref="ProblemException">There are no credentials, or something is neither said nor to be found.</exception>
    public static async Task<AccountVerification> OpenAsync(
        string root,
        IReadOnlyDictionary<string, string> environment,
        AccountOptions options,
        IProgress<DeploymentEvent> progress,
        TimeProvider clock,
        CancellationToken ct)
    {
        var outputs = options is { Cluster: not null, Service: null } || !Directory.Exists(Path.Combine(root, "terraform", ".terraform"))
            ? null
            : await Deployed.TerraformOf(root, environment, progress, clock).OutputsAsync(ct);

        // Faults of settings that are not needed here are not told.
        var settings = DeploymentSettings.Read(root, environment).Terraform;
        var aws = settings?.ToAwsOptions(environment) ?? new AwsOptions { Environment = environment };
        var connection = await AwsConnection.OpenAsync(outputs is null ? aws : aws with { Region = outputs.Region }, clock, ct);
        AccountTarget? target = null;
        try
        {
            target = await AccountTarget.FindAsync(
                connection, options, outputs is null ? null : (outputs.ClusterName, outputs.ServiceName), StorageVerification.NewId(), clock, ct);
            return new(connection, target, progress, clock);
        }
        finally
        {
            if (target is null)
            {
                connection.Dispose();
            }
        }
    }

    /// <summary>What would be made, what it costs, and what is not tried, in lines.</summary>
    public IReadOnlyList<string> Preview(IReadOnlyList<Probe> probes)
    {
        var (place, setting) = (_target.Place, _target.Setting);
        var cost = VerificationCost.Of(probes, setting, place.AssignPublicIp, Prices.Listed);
        return
        [
            $"In {setting.Region}, cluster {place.Cluster}, with {_connection.CredentialsSource}, all named {setting.Id} and tagged tidepool:verify-storage:",
            $"  log group {setting.LogGroup}",
            $"  {cost.TaskDefinitions} task definitions, {cost.Tasks - cost.LargeTasks} tasks of 0.25 vCPU and 0.5 GB{(cost.LargeTasks == 0 ? "" : $", {cost.LargeTasks} of 1 vCPU and 2 GB")}, {cost.Services} service{(cost.Services == 1 ? "" : "s")}"
                + (cost.EbsVolumes == 0 ? "" : $", {cost.EbsVolumes} EBS volumes of 1 GiB, {cost.Snapshots} snapshot{(cost.Snapshots == 1 ? "" : "s")}"),
            $"  image {setting.Image}; subnets {string.Join(", ", place.Subnets)}; {(place.AssignPublicIp ? "with" : "without")} a public address",
            string.Create(
                CultureInfo.InvariantCulture,
                $"  about {cost.Amount:0.00} {cost.Currency} at list prices of {cost.Region}, if no task takes more than {VerificationCost.MinutesOfTask} minutes{(cost.LargeTasks == 0 ? "" : $", a large one {VerificationCost.MinutesOfLargeTask}")}"),
            "  All of it is removed at the end, also after Ctrl-C; what cannot be is listed.",
        ];
    }

    /// <summary>Runs probes.</summary>
    /// <exception cref="ProblemException">The image or the roles cannot be used: nothing was tried.</exception>
    public Task<VerificationReport> RunAsync(IReadOnlyList<Probe> probes, CancellationToken ct) =>
        UseAsync((place, setting) => new StorageVerification(place, setting, _progress, _clock).RunAsync(probes, ct));

    /// <summary>Hands over the account as a place for probes.</summary>
    public Task<T> UseAsync<T>(Func<VerificationPlace, ProbeSetting, Task<T>> use) => use(_target.Place, _target.Setting);

    public void Dispose() => _connection.Dispose();
}
