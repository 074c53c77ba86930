using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Deployment.Infrastructure;

/// <summary>One line of Terraform's machine-readable output.</summary>
/// <remarks>Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui (format 1.x; unknown types are to be passed over)</remarks>
internal sealed record TerraformMessage
{
    /// <summary><c>version</c>, <c>planned_change</c>, <c>change_summary</c>, <c>apply_start</c>, <c>apply_progress</c>, <c>apply_complete</c>, <c>apply_errored</c>, <c>diagnostic</c> and more.</summary>
    public string? Type { get; init; }

    [JsonPropertyName("@message")]
    public string? Text { get; init; }
    public TerraformHook? Hook { get; init; }
    public TerraformChange? Change { get; init; }
    public TerraformChanges? Changes { get; init; }
    public TerraformDiagnostic? Diagnostic { get; init; }

    /// <summary>Null for a line that is none: a plugin that crashed, or Terraform itself, writes plain text.</summary>
    public static TerraformMessage? Read(string line)
    {
        if (!line.StartsWith('{'))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(line, TerraformJson.Default.TerraformMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What a resource's operation says of itself.</summary>
internal sealed record TerraformHook(TerraformResource? Resource, string? Action, [property: JsonPropertyName("elapsed_seconds")] int? ElapsedSeconds);

/// <summary>A change that the plan has.</summary>
internal sealed record TerraformChange(TerraformResource? Resource, string? Action);

internal sealed record TerraformResource([property: JsonPropertyName("addr")] string Address)
{
    /// <summary>A data source is only read.</summary>
    public bool IsData => IsDataAddress(Address);

    public static bool IsDataAddress(string address) =>
        address.StartsWith("data.", StringComparison.Ordinal)
        || address.Replace("module.data.", "", StringComparison.Ordinal).Contains(".data.", StringComparison.Ordinal);
}

/// <summary>How much a plan or an apply changes.</summary>
internal sealed record TerraformChanges(int Add, int Change, int Remove, string? Operation);

/// <summary>An error or a warning in Terraform's own words.</summary>
internal sealed record TerraformDiagnostic(string? Severity, string? Summary, string? Detail, string? Address);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TerraformMessage))]
[JsonSerializable(typeof(Dictionary<string, TerraformOutput>))]
internal sealed partial class TerraformJson : JsonSerializerContext;

/// <summary>One output as <c>terraform output -json</c> gives it.</summary>
internal sealed record TerraformOutput(JsonElement Value);
