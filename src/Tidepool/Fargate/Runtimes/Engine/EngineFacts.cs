using Docker.DotNet.Models;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>What an engine shows of Fargate, and what not. Pure.</summary>
internal static class EngineFacts
{
    public static RuntimeFacts Of(SystemInfoResponse info, EngineLimits limits, bool taskLimits, bool podman) => new()
    {
        Name = "docker",
        Mode = $"{(podman ? "Podman" : "engine")} {info.ServerVersion}",
        OwnersEnforced = true,
        NotExercised =
        [
            "Pulling: images are those that the engine has; nothing is pulled from a registry.",
            "Writable layers: they are measured, and no limit holds for them; that of the task's disk holds for volumes and images.",
            .. taskLimits
                ? Array.Empty<string>()
                : ["Limits of the task hold for each container, not for all together: Tidepool may make no control group for it here."],
            .. limits is { Cpu: true, Memory: true }
                ? Array.Empty<string>()
                : ["Limits of cpu or memory: this engine cannot enforce them all."],
            "The network: no VPC, no security groups; a task reaches the world through this machine, and no other task.",
            "The end of a health check that takes too long: it has failed, and goes on until its container ends.",
            "The order of lines between a container's standard output and standard error.",
            .. podman
                ?
                [
                    "The content of a VOLUME, and its owner and mode: Podman tells none; a volume there is empty, and the image's user's with mode 0755.",
                    "OutOfMemoryError: Podman does not tell that memory was the reason; the exit code is 137.",
                    "A read-only root file system: Podman leaves /tmp and /run writable.",
                ]
                : Array.Empty<string>(),
            "The task role: its keys are the upstream's, or made up; no one here looks at what it may do.",
        ],
    };
}
