using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Upstream;

/// <summary>Reads the secrets of a task at its start: from what the environment was given, then from the upstream's services.</summary>
/// <param name="known">Values by their <c>valueFrom</c>.</param>
/// <param name="upstream">Where else to look; null for nowhere.</param>
internal sealed class TaskSecrets(IReadOnlyDictionary<string, string> known, UpstreamClient? upstream)
{
    private const string Initialization =
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ";

    /// <summary>Values of all the secrets of a task, by their <c>valueFrom</c>.</summary>
    /// <exception cref="TaskStartException">One could not be read; holds the stopped reason.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(TaskDefinition definition, CancellationToken ct)
    {
        var values = new Dictionary<string, string>();
        foreach (var valueFrom in definition.ContainerDefinitions.SelectMany(container => container.Secrets).Select(secret => secret.ValueFrom).Distinct())
        {
            values[valueFrom] = known.TryGetValue(valueFrom, out var value) ? value : await ReadAsync(valueFrom, ct);
        }

        return values;
    }

    // The prefixes are what users report; what follows them is from memory of real messages.
    private Task<string> ReadAsync(string valueFrom, CancellationToken ct) => SecretReference.Parse(valueFrom) switch
    {
        SecretReference.Secret secret => ReadSecretAsync(secret, valueFrom, ct),
        SecretReference.Parameter parameter => ReadParameterAsync(parameter, valueFrom, ct),
        var other => throw new InvalidOperationException($"Unhandled {nameof(SecretReference)} {other}."),
    };

    private async Task<string> ReadSecretAsync(SecretReference.Secret secret, string valueFrom, CancellationToken ct)
    {
        const string Asm = Initialization + "unable to retrieve secret from asm: ";
        try
        {
            if (upstream is null)
            {
                throw new UpstreamException("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
            }

            var members = new JsonObject { ["SecretId"] = secret.Arn };
            if (secret.Stage is not null)
            {
                members["VersionStage"] = secret.Stage;
            }

            if (secret.VersionId is not null)
            {
                members["VersionId"] = secret.VersionId;
            }

            var answer = await upstream.AskAsync("secretsmanager", "secretsmanager.GetSecretValue", members, secret.Region, ct);
            var value = UpstreamClient.TextOf(answer, "SecretString");
            return secret.JsonKey is not { } key
                ? value
                : MemberOf(value, key)
                    ?? throw new TaskStartException($"{Asm}retrieved secret from Secrets Manager did not contain json key {key}");
        }
        catch (UpstreamException e)
        {
            throw new TaskStartException(
                $"{Asm}service call has been retried 1 time(s): failed to fetch secret {valueFrom} from secrets manager: {e.Message}");
        }
    }

    private async Task<string> ReadParameterAsync(SecretReference.Parameter parameter, string valueFrom, CancellationToken ct)
    {
        const string Ssm = Initialization + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): ";
        try
        {
            // /name of an ARN is name, unless it has more segments.
            string[] names = parameter.Region is null ? [parameter.Name] : [parameter.Name, parameter.Name[1..]];
            var answer = upstream is null
                ? []
                : await upstream.AskAsync(
                    "ssm",
                    "AmazonSSM.GetParameters",
                    new() { ["Names"] = new JsonArray([.. names]), ["WithDecryption"] = true },
                    parameter.Region,
                    ct);
            return answer["Parameters"] is JsonArray and [JsonObject first, ..]
                ? UpstreamClient.TextOf(first, "Value")
                : throw new TaskStartException($"{Ssm}invalid parameters: {valueFrom}");
        }
        catch (UpstreamException e)
        {
            throw new TaskStartException($"{Ssm}{e.Message}");
        }
    }

    private static string? MemberOf(string value, string key)
    {
        try
        {
            return (JsonText.Parse(Encoding.UTF8.GetBytes(value)) as JsonObject)?[key]?.ToString();
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }
}
