using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidepool.Deployment.Infrastructure;

/// <summary>
/// The settings that <c>up</c> gives to Terraform, in <c>terraform/tidepool.auto.tfvars.json</c>: Terraform reads the file by itself, so that a
/// plain <c>terraform apply</c> afterwards agrees with <c>up</c>. There is no secret in it.
/// </summary>
internal sealed record AutoVariables
{
    public const string FileName = "tidepool.auto.tfvars.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public required string AzpUrl { get; init; }
    public required string AzpPool { get; init; }

    /// <summary>The service principal that registers the agents, without its secret; null for a token.</summary>
    public (string ClientId, string TenantId)? ServicePrincipal { get; init; }

    /// <summary>Tag of the image in the deployment's own repository; null with an image of the user's own.</summary>
    public string? ImageTag { get; init; }

    /// <summary>
    /// Whether that tag was seen in the repository. Terraform then does not look for itself: it sees only whether the newest thing there has a
    /// tag, and what builders push beside an image (its parts for each platform, attestations) has none. False leaves the look to Terraform.
    /// </summary>
    public bool IsPushed { get; init; }

    /// <summary>The user's own image; null for the one in the repository.</summary>
    public string? Image { get; init; }

    /// <summary>What the last <c>up</c> wrote; null before the first.</summary>
    /// <exception cref="ProblemException">DEPLOY012: the file is not what <c>up</c> writes.</exception>
    public static AutoVariables? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var json = JsonNode.Parse(File.ReadAllText(path));
            return new AutoVariables
            {
                AzpUrl = (string?)json?["azp_url"] ?? "",
                AzpPool = (string?)json?["azp_pool"] ?? "",
                ServicePrincipal = json?["service_principal"] is JsonObject principal
                    ? ((string?)principal["client_id"] ?? "", (string?)principal["tenant_id"] ?? "")
                    : null,
                ImageTag = (string?)json?["image_tag"],
                IsPushed = (bool?)json?["image_pushed"] ?? false,
                Image = (string?)json?["image"],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ProblemException("DEPLOY012", $"{path} cannot be read: {e.Message}", "Remove the file; ./tidepool up writes it anew.");
        }
    }

    /// <summary>Writes the file aside and renames it, so that no Terraform reads half of it.</summary>
    /// <returns>Its path.</returns>
    public string Write(string folder)
    {
        var json = new JsonObject { ["azp_url"] = AzpUrl, ["azp_pool"] = AzpPool };
        if (ServicePrincipal is { } principal)
        {
            json["service_principal"] = new JsonObject { ["client_id"] = principal.ClientId, ["tenant_id"] = principal.TenantId };
        }

        if (ImageTag is not null)
        {
            json["image_tag"] = ImageTag;
        }

        if (IsPushed)
        {
            json["image_pushed"] = true;
        }

        if (Image is not null)
        {
            json["image"] = Image;
        }

        var path = Path.Combine(folder, FileName);
        var aside = $"{path}.{Environment.ProcessId}.partial";
        File.WriteAllText(aside, json.ToJsonString(Indented) + "\n");
        File.Move(aside, path, overwrite: true);
        return path;
    }
}
