namespace Tidepool.Fargate.Upstream;

/// <summary>What a secret's <c>valueFrom</c> says. Pure.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html</remarks>
internal abstract record SecretReference
{
    private const int PartsOfSecretArn = 7;

    /// <summary>A secret of Secrets Manager.</summary>
    /// <param name="Arn">Its ARN.</param>
    /// <param name="Region">The ARN's Region.</param>
    /// <param name="JsonKey">The member of its value to take; null for the whole value.</param>
    /// <param name="Stage">Staging label of the version; null for AWSCURRENT.</param>
    /// <param name="VersionId">Id of the version; null for the one that the stage says.</param>
    public sealed record Secret(string Arn, string Region, string? JsonKey, string? Stage, string? VersionId) : SecretReference;

    /// <summary>A parameter of Systems Manager.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Region">Its Region; null for the task's.</param>
    public sealed record Parameter(string Name, string? Region) : SecretReference;

    /// <summary>Reads <c>ARN[:json-key:version-stage:version-id]</c>, the ARN of a parameter, or a parameter's name.</summary>
    public static SecretReference Parse(string valueFrom)
    {
        const string Resource = "parameter";
        var parts = valueFrom.Split(':');
        return parts switch
        {
            ["arn", _, "secretsmanager", var region, _, "secret", _, .. var rest] => new Secret(
                string.Join(':', parts[..PartsOfSecretArn]), region, At(rest, 0), At(rest, 1), At(rest, 2)),

            // The slash after "parameter" is part of a name in a hierarchy, and none of a plain one, which the ARN cannot tell apart.
            ["arn", _, "ssm", var region, _, var resource, ..] when resource.StartsWith($"{Resource}/", StringComparison.Ordinal) =>
                new Parameter(string.Join(':', parts[5..])[Resource.Length..], region),
            _ => new Parameter(valueFrom, null),
        };
    }

    private static string? At(string[] parts, int index) => parts.ElementAtOrDefault(index) is { Length: > 0 } part ? part : null;
}
