using System.Collections.Concurrent;
using Tidepool.Fargate.Upstream;

namespace Tidepool.Fargate.Metadata;

/// <summary>
/// The keys of tasks' roles: those that the upstream's STS gives, else made-up ones that open nothing. They are made when a container asks
/// first, kept for the task, and made anew before they expire.
/// </summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html. How long they are valid is reported: 6 h.</remarks>
/// <param name="upstream">Where to ask; null for nowhere.</param>
/// <param name="clock">Clock of their validity.</param>
/// <param name="madeUp">Told why keys had to be made up although there is an upstream.</param>
internal sealed class TaskCredentials(UpstreamClient? upstream, TimeProvider clock, Action<string> madeUp)
{
    /// <summary>The address of the endpoint on Fargate.</summary>
    public const string AddressOnAws = "http://169.254.170.2";

    private const string CapitalsAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const string Base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private static readonly TimeSpan Validity = TimeSpan.FromHours(6);
    private static readonly TimeSpan RenewedBefore = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Role> _roles = new();

    /// <summary>Lets a task have the keys of its role; answers their path at the endpoint.</summary>
    public string Add(string taskArn, string roleArn)
    {
        var id = $"{Guid.NewGuid():D}";
        _roles[id] = new(taskArn, roleArn);
        return $"/v2/credentials/{id}";
    }

    /// <summary>Forgets a task's keys.</summary>
    public void Remove(string taskArn)
    {
        foreach (var (id, _) in _roles.Where(role => role.Value.TaskArn == taskArn))
        {
            _roles.TryRemove(id, out _);
        }
    }

    /// <summary>The keys by their id; null when no task has it.</summary>
    public async Task<RoleKeys?> GetAsync(string id, CancellationToken ct)
    {
        if (!_roles.TryGetValue(id, out var role))
        {
            return null;
        }

        await role.Turn.WaitAsync(ct);
        try
        {
            return role.Keys = role.Keys is { } keys && clock.GetUtcNow() < keys.Expiration - RenewedBefore
                ? keys
                : await MakeAsync(role, ct);
        }
        finally
        {
            role.Turn.Release();
        }
    }

    private async Task<RoleKeys> MakeAsync(Role role, CancellationToken ct)
    {
        try
        {
            return upstream is null ? MadeUp(role) : await upstream.AssumeRoleAsync(role.Arn, EcsArns.NameOf(role.TaskArn), Validity, ct);
        }
        catch (UpstreamException e)
        {
            madeUp($"The upstream gave no keys of the task role {role.Arn}, so the task gets ones that open nothing: {e.Message}");
            return MadeUp(role);
        }
    }

    // The shape of temporary keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
    private RoleKeys MadeUp(Role role) => new(
        role.Arn,
        $"ASIA{Random.Shared.GetString(CapitalsAndDigits, 16)}",
        Random.Shared.GetString(Base64, 40),
        Random.Shared.GetString(Base64, 356),
        clock.GetUtcNow() + Validity);

    private sealed record Role(string TaskArn, string Arn)
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public RoleKeys? Keys { get; set; }
    }
}
