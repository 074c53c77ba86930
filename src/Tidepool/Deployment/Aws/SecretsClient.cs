namespace Tidepool.Deployment.Aws;

/// <summary>A secret's metadata; its value is never read.</summary>
/// <param name="DeletedDate">Set while the secret waits to be deleted.</param>
/// <param name="VersionIdsToStages">Which version has which stage; <c>AWSCURRENT</c> is what tasks get.</param>
public sealed record SecretDescription(
    string ARN,
    string Name,
    DateTimeOffset? LastChangedDate,
    DateTimeOffset? DeletedDate,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? VersionIdsToStages)
{
    /// <summary>Whether the secret holds a value that tasks can get.</summary>
    public bool HasValue => VersionIdsToStages?.Values.Any(stages => stages.Contains("AWSCURRENT")) ?? false;
}

/// <summary>One version of a secret.</summary>
public sealed record SecretVersion(string VersionId, IReadOnlyList<string>? VersionStages, DateTimeOffset? CreatedDate);

/// <summary>Secrets Manager, as far as Tidepool needs it: it writes values and reads metadata.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html</remarks>
public sealed class SecretsClient(AwsConnection connection)
{
    private const string NotFound = "ResourceNotFoundException";

    /// <summary>Reads what is known of a secret.</summary>
    /// <param name="secretId">Name or ARN.</param>
    /// <returns>Null where there is none.</returns>
    public async Task<SecretDescription?> DescribeAsync(string secretId, CancellationToken ct)
    {
        var (reply, refusal) = await connection.TryCallAsync<SecretDescription>(
            AwsService.Secrets, "DescribeSecret", new { SecretId = secretId }, AwsJson.Pascal, ct);
        return refusal is null or { Code: NotFound } ? reply : throw refusal.ToException();
    }

    /// <summary>Lists the versions that have a stage, of every page.</summary>
    public async Task<IReadOnlyList<SecretVersion>> ListVersionsAsync(string secretId, CancellationToken ct)
    {
        var versions = new List<SecretVersion>();
        string? next = null;
        do
        {
            var reply = await connection.CallAsync<VersionsReply>(
                AwsService.Secrets, "ListSecretVersionIds", new { SecretId = secretId, NextToken = next }, AwsJson.Pascal, ct);
            versions.AddRange(reply.Versions ?? []);
            next = reply.NextToken;
        }
        while (!string.IsNullOrEmpty(next));
        return versions;
    }

    /// <summary>Gives the secret a new current value; running tasks keep what they got at their start.</summary>
    /// <returns>The new version's id.</returns>
    public Task<string> PutValueAsync(string secretId, Secret value, CancellationToken ct) =>
        // One token for all tries, so that a try whose answer was lost makes no second version.
        PutValueAsync(secretId, value, Guid.NewGuid().ToString(), ct);

    /// <summary>Gives the secret a new current value under a version id of the caller's, 32 to 64 characters.</summary>
    /// <returns>The version's id. One that has this value already stays as it is, current or not.</returns>
    public async Task<string> PutValueAsync(string secretId, Secret value, string versionId, CancellationToken ct)
    {
        var request = new { SecretId = secretId, SecretString = value.Reveal(), ClientRequestToken = versionId };
        return (await connection.CallAsync<PutReply>(AwsService.Secrets, "PutSecretValue", request, AwsJson.Pascal, ct)).VersionId;
    }

    private sealed record VersionsReply(IReadOnlyList<SecretVersion>? Versions, string? NextToken);

    private sealed record PutReply(string VersionId);
}
