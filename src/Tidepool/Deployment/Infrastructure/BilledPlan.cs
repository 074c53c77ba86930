using System.Globalization;
using System.Text.Json;
using Tidepool.Storage;

namespace Tidepool.Deployment.Infrastructure;

/// <summary>Reads from a plan what will be billed for.</summary>
/// <remarks>Source: https://developer.hashicorp.com/terraform/internals/json-format (values that are not known yet are left out)</remarks>
internal static class BilledPlan
{
    /// <param name="json">The answer of <c>terraform show -json PLAN</c>.</param>
    public static BilledDeployment Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var resources = root.GetProperty("planned_values").TryGetProperty("root_module", out var module) ? Resources(module).ToArray() : [];
        var task = Values("aws_ecs_task_definition").FirstOrDefault();
        var service = Values("aws_ecs_service").FirstOrDefault();
        return new BilledDeployment
        {
            // Not the service's desired count: that is 0 until the image and the token are there.
            Tasks = Variable(root, "tasks", 1),
            AgentsPerTask = Variable(root, "agents", 2),
            CpuUnits = Number(task, "cpu", 1024),
            MemoryMiB = Number(task, "memory", 2048),
            IsArm = Text(First(task, "runtime_platform"), "cpu_architecture") == "ARM64",
            IsSpot = Items(service, "capacity_provider_strategy").Any(strategy => Text(strategy, "capacity_provider") == "FARGATE_SPOT"),
            EphemeralStorageGiB = Number(First(task, "ephemeral_storage"), "size_in_gib", MonthlyCost.FreeEphemeralGiB),
            EbsGiB = Number(First(First(service, "volume_configuration"), "managed_ebs_volume"), "size_in_gb", 0),
            HasEfs = Values("aws_efs_file_system").Any(),
            HasPublicAddress = First(service, "network_configuration") is { ValueKind: JsonValueKind.Object } network
                && network.TryGetProperty("assign_public_ip", out var assigned) && assigned.ValueKind == JsonValueKind.True,
            NatGateways = Values("aws_nat_gateway").Count(),
            Secrets = Values("aws_secretsmanager_secret").Count(),
            HasRepository = Values("aws_ecr_repository").Any(),
        };

        IEnumerable<JsonElement> Values(string type) => resources
            .Where(resource => Text(resource, "type") == type && Text(resource, "mode") == "managed")
            .Select(resource => resource.GetProperty("values"));
    }

    private static IEnumerable<JsonElement> Resources(JsonElement module) =>
        Items(module, "resources").Concat(Items(module, "child_modules").SelectMany(Resources));

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];

    private static JsonElement First(JsonElement of, string name) => Items(of, name).FirstOrDefault();

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int Variable(JsonElement root, string name, int otherwise) =>
        root.TryGetProperty("variables", out var variables) && variables.TryGetProperty(name, out var variable) ? Number(variable, "value", otherwise) : otherwise;

    // Terraform keeps some numbers of AWS as text.
    private static int Number(JsonElement of, string name, int otherwise) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value)
            && int.TryParse(value.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
