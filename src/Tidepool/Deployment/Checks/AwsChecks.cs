using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Checks;

/// <summary>AWS: who asks, in which account and region, and what stands there.</summary>
internal sealed class AwsChecks : IDisposable
{
    private readonly SettingsReading _reading;
    private readonly Lazy<Task<AwsConnection>> _connection;
    private readonly Lazy<Task<CallerIdentity>> _identity;

    /// <param name="stopping">Ends what several checks wait for.</param>
    public AwsChecks(SettingsReading reading, IReadOnlyDictionary<string, string> environment, TimeProvider clock, CancellationToken stopping)
    {
        _reading = reading;
        _connection = new(() => AwsConnection.OpenAsync(reading.Terraform!.ToAwsOptions(environment), clock, stopping));
        _identity = new(async () => await new IdentityClient(await _connection.Value).GetCallerIdentityAsync(stopping));
    }

    public IEnumerable<Check> All() =>
    [
        new("aws", "AWS credentials", "https://docs.aws.amazon.com/sdkref/latest/guide/access.html", WhoAsync),
        new("aws-cluster", "ECS cluster", "docs/deploy.md", ClusterAsync),
        new("aws-quota", "Fargate quota", "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html", QuotaAsync),
    ];

    public void Dispose()
    {
        if (_connection is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true } opened })
        {
            opened.Result.Dispose();
        }
    }

    private async Task<CheckResult> WhoAsync(Check check, CancellationToken ct)
    {
        if (_reading.Terraform is null)
        {
            return check.Skipped("terraform.tfvars does not say which");
        }

        var identity = await _identity.Value.WaitAsync(ct);
        var connection = await _connection.Value.WaitAsync(ct);
        return check.Ok($"account {identity.Account} as {identity.Arn}, region {connection.Region}, by {connection.CredentialsSource}");
    }

    private async Task<CheckResult> ClusterAsync(Check check, CancellationToken ct)
    {
        if (await OrNullAsync(ct) is not { } connection)
        {
            return check.Skipped("AWS did not say who asks");
        }

        var name = _reading.Terraform!.ClusterName;
        return await new EcsClient(connection).DescribeClusterAsync(name, ct) switch
        {
            { Status: "ACTIVE" } cluster => check.Ok(
                $"{cluster.ClusterName} is there: {cluster.RunningTasksCount} tasks running, {cluster.ActiveServicesCount} services"),
            _ => check.Note($"{connection.Region} has no cluster {name} yet; Terraform makes it"),
        };
    }

    private async Task<CheckResult> QuotaAsync(Check check, CancellationToken ct) =>
        await OrNullAsync(ct) is not { } connection ? check.Skipped("AWS did not say who asks")
        : await new QuotasClient(connection).FargateCpusAsync(ct) is { } cpus
            ? check.Ok(FormattableString.Invariant($"{cpus:0.##} vCPUs of Fargate On-Demand at once in {connection.Region}"))
            : check.Note("the account's quota of Fargate vCPUs cannot be seen with these credentials (servicequotas:GetServiceQuota)");

    /// <summary>The connection, once AWS has accepted it.</summary>
    private async Task<AwsConnection?> OrNullAsync(CancellationToken ct)
    {
        if (_reading.Terraform is null)
        {
            return null;
        }

        try
        {
            await _identity.Value.WaitAsync(ct);
            return await _connection.Value.WaitAsync(ct);
        }
        catch (ProblemException)
        {
            // The check of the credentials says it.
            return null;
        }
    }
}
