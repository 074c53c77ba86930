using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>What Fargate does and this local Fargate does not: refused by name rather than left out silently. Pure.</summary>
internal static class LocalLimits
{
    /// <summary>Every field of a task definition that would be left out, and every image that cannot be run.</summary>
    public static IReadOnlyList<Problem> Of(RegisterTaskDefinitionRequest request, bool images, SandboxUsers users) =>
    [
        .. Unsupported(request, users).Select(Unsupported),
        .. images
            ? request.ContainerDefinitions.Where(container => ImageDescription.Find(container.Image) is null).Select(container => new Problem(
                "FARGATE004",
                $"The sandbox runtime cannot run image {container.Image} of container {container.Name}.",
                "Use Tidepool's own image: any repository whose name ends in /tidepool-agent."))
            : [],
    ];

    /// <summary>Something that Fargate does and this one does not.</summary>
    public static Problem Unsupported(string what) =>
        new("FARGATE003", $"{what} is not supported by the local Fargate yet.", "Remove it for the rehearsal; on AWS it is valid.");

    private static IEnumerable<string> Unsupported(RegisterTaskDefinitionRequest request, SandboxUsers users)
    {
        if (request.ProxyConfiguration is not null)
        {
            yield return "proxyConfiguration";
        }

        if (request.PidMode is not null)
        {
            yield return "pidMode";
        }

        foreach (var volume in request.Volumes.Where(volume => !volume.IsBind))
        {
            yield return $"volumes[{volume.Name}] (EFS, EBS and S3 Files)";
        }

        foreach (var container in request.ContainerDefinitions)
        {
            foreach (var (isSet, field) in new[]
            {
                (container.HealthCheck is not null, "healthCheck"),
                (container.DependsOn.Any(dependency => dependency.Condition is "HEALTHY"), "dependsOn HEALTHY"),
                (container.EnvironmentFiles.Count > 0, "environmentFiles"),
                (container.FirelensConfiguration is not null, "firelensConfiguration"),
                (container.SystemControls.Count > 0, "systemControls"),
                (container.CredentialSpecs.Count > 0, "credentialSpecs"),
                (container.Interactive is true, "interactive"),
                (container.PseudoTerminal is true, "pseudoTerminal"),

                // bubblewrap itself would be PID 1 then, as the job's own user, and its memory holds the container's secrets.
                (container.LinuxParameters?.InitProcessEnabled is true && users == SandboxUsers.SingleUid, "linuxParameters.initProcessEnabled"),
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
