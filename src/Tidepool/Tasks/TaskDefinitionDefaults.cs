using System.Globalization;

namespace Tidepool.Tasks;

/// <summary>What ECS adds to a task definition when it registers it. Pure.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html</remarks>
internal static class TaskDefinitionDefaults
{
    /// <summary>The definition as the API answers it.</summary>
    public static RegisterTaskDefinitionRequest Of(RegisterTaskDefinitionRequest request) => request with
    {
        Cpu = TaskSize.ParseCpu(request.Cpu ?? "")?.ToString(CultureInfo.InvariantCulture) ?? request.Cpu,
        Memory = TaskSize.ParseMemory(request.Memory ?? "")?.ToString(CultureInfo.InvariantCulture) ?? request.Memory,
        Volumes = [.. request.Volumes.Select(volume => volume.IsBind ? volume with { Host = volume.Host ?? new() } : volume)],
        ContainerDefinitions = [.. request.ContainerDefinitions.Select(container => Of(container, request.NetworkMode))],
    };

    private static ContainerDefinition Of(ContainerDefinition container, string? networkMode) => container with
    {
        Essential = container.IsEssential,
        HealthCheck = container.HealthCheck is not { } check ? null : check with
        {
            Interval = check.Interval ?? HealthCheck.DefaultInterval,
            Timeout = check.Timeout ?? HealthCheck.DefaultTimeout,
            Retries = check.Retries ?? HealthCheck.DefaultRetries,
        },
        PortMappings =
        [
            .. container.PortMappings.Select(port => port with
            {
                HostPort = port.HostPort ?? (networkMode is "awsvpc" ? port.ContainerPort : null),
                Protocol = port.Protocol ?? "tcp",
            }),
        ],
    };
}
