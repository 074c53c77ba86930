using Docker.DotNet.Models;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>What an engine shows of Fargate, and what not. Pure.</summary>
internal static class EngineFacts
{
    public static RuntimeFacts Of(SystemInfoResponse info, EngineLimits limits) => new()
    {
        Name = "docker",
        Mode = $"engine {info.ServerVersion}",
        OwnersEnforced = true,
        NotExercised =
        [
            "Pulling: images are those that the engine has; nothing is pulled from a registry.",
            "Writable layers: they are measured, and no limit holds for them; that of the task's disk holds for volumes and images.",
            "Limits of the task hold for each container, not for all together: the engine knows no task.",
            .. limits is { Cpu: true, Memory: true }
                ? Array.Empty<string>()
                : ["Limits of cpu or memory: this engine cannot enforce them all."],
            "The network: no VPC, no security groups; a task reaches the world through this machine, and no other task.",
            "The end of a health check that takes too long: it has failed, and goes on until its container ends.",
            "The order of lines between a container's standard output and standard error.",
            "The task role: there is no credentials endpoint.",
        ],
    };
}
