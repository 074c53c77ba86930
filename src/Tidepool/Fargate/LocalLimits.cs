using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>What Fargate does and this local Fargate does not: refused by name rather than left out silently, whatever the runtime. Pure.</summary>
internal static class LocalLimits
{
    /// <summary>Every field of a task definition that would be left out.</summary>
    /// <param name="request">The task definition.</param>
    /// <param name="hasUpstream">Whether there are other AWS services to ask.</param>
    public static IReadOnlyList<Problem> Of(RegisterTaskDefinitionRequest request, bool hasUpstream) =>
    [
        .. request.ContainerDefinitions.Where(container => container.EnvironmentFiles.Count > 0 && !hasUpstream).Select(container => new Problem(
            "FARGATE003",
            $"containerDefinitions[{container.Name}].environmentFiles cannot be read: the local Fargate has no S3.",
            "Name an emulator that has one with --upstream, or remove it for the rehearsal; on AWS it is valid.")),
        .. Fields(request).Select(Unsupported),
    ];

    /// <summary>Refuses a field.</summary>
    public static Problem Unsupported(string field) => new(
        "FARGATE003", $"{field} is not supported by the local Fargate yet.", "Remove it for the rehearsal; on AWS it is valid.");

    /// <summary>What only a container engine does: containers of the sandbox each have their own processes, and this machine's network and settings.</summary>
    public static IEnumerable<Problem> OfSandbox(RegisterTaskDefinitionRequest request) =>
    [
        .. request.PidMode is null ? Array.Empty<Problem>() : [NotInSandbox("pidMode")],
        .. request.ContainerDefinitions.Where(container => container.SystemControls.Count > 0)
            .Select(container => NotInSandbox($"containerDefinitions[{container.Name}].systemControls")),
        .. request.ContainerDefinitions.Where(container => container.Interactive is true)
            .Select(container => NotInSandbox($"containerDefinitions[{container.Name}].interactive")),
    ];

    private static Problem NotInSandbox(string field) => new(
        "FARGATE003", $"{field} is not supported by the sandbox runtime.", "Take --runtime docker, or remove it for the rehearsal; on AWS it is valid.");

    private static IEnumerable<string> Fields(RegisterTaskDefinitionRequest request)
    {
        if (request.ProxyConfiguration is not null)
        {
            yield return "proxyConfiguration";
        }

        foreach (var volume in request.Volumes.Where(volume => volume.S3filesVolumeConfiguration is not null))
        {
            yield return $"volumes[{volume.Name}].s3filesVolumeConfiguration";
        }

        foreach (var container in request.ContainerDefinitions)
        {
            foreach (var (isSet, field) in new[]
            {
                (container.FirelensConfiguration is not null, "firelensConfiguration"),
                (container.CredentialSpecs.Count > 0, "credentialSpecs"),
                (container.PseudoTerminal is true, "pseudoTerminal"),
            })
            {
                if (isSet)
                {
                    yield return $"containerDefinitions[{container.Name}].{field}";
                }
            }
        }
    }
}
