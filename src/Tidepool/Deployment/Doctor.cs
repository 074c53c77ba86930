using Tidepool.Deployment.Checks;

namespace Tidepool.Deployment;

/// <summary>Looks at everything a deployment needs, and changes nothing.</summary>
public static class Doctor
{
    /// <summary>How long one check may take.</summary>
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(40);

    /// <summary>Looks at all of it at once; the answer's order is always the same.</summary>
    /// <param name="root">The clone's root folder.</param>
    /// <param name="environment">The environment, see <see cref="DeploymentSettings.ProcessEnvironment"/>.</param>
    public static async Task<DoctorReport> RunAsync(
        string root, IReadOnlyDictionary<string, string> environment, TimeProvider clock, CancellationToken ct)
    {
        var reading = DeploymentSettings.Read(root, environment);
        // The parts that several checks need, a sign-in for example, end with the last check that waits for them.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var organization = new OrganizationChecks(reading, clock, stop.Token);
        using var aws = new AwsChecks(reading, environment, clock, stop.Token);
        await using var docker = new DockerChecks(environment, reading, stop.Token);
        Check[] checks =
        [
            .. new SettingsChecks(root, environment, reading).All(),
            .. new TerraformChecks(root, environment).All(),
            .. docker.All(),
            .. aws.All(),
            .. organization.All(),
        ];
        try
        {
            var results = await Task.WhenAll(checks.Select(check => LookAsync(check, clock, ct)));
            return new() { Checks = [.. results.SelectMany(rows => rows).Select(row => Masked(row, reading.Organization?.Credential.Secret))] };
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    // Texts of the far side are shown as they are, and one might repeat what it was sent.
    private static CheckResult Masked(CheckResult row, Secret? secret) =>
        secret is null ? row : row with { Seen = secret.Mask(row.Seen), Mend = row.Mend is null ? null : secret.Mask(row.Mend) };

    private static async Task<IReadOnlyList<CheckResult>> LookAsync(Check check, TimeProvider clock, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(LongestCheck, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await Task.Run(() => check.Look(either.Token), either.Token);
        }
        catch (ProblemException e)
        {
            return [check.Failed(e.Problem)];
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return
            [
                check.Failed(new(
                    "DOCTOR001",
                    $"This check had no answer within {LongestCheck.TotalSeconds:0} s.",
                    "Check the network and the proxy settings, then look again.")),
            ];
        }
    }
}
