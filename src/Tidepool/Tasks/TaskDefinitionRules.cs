
namespace Tidepool.Tasks;

/// <summary>What Fargate refuses at registration, in the API's words.</summary>
/// <remarks>
/// Rules: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html.
/// The texts are those that users report from the real API; where a text is only inferred, the rule says so. Which of several
/// refusals the API names first is not confirmed by AWS: here it is the order of the task, its volumes, its containers.
/// </remarks>
public static partial class TaskDefinitionRules
{
    private const int MaxContainers = 10;

    private static readonly string[] IpcControls =
    [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
    ];

    /// <summary>Every violation, in the order in which the API would name them.</summary>
    public static IReadOnlyList<TaskDefinitionViolation> Violations(RegisterTaskDefinitionRequest request) =>
        [.. TaskViolations(request), .. VolumeViolations(request), .. ContainersViolations(request)];

    /// <summary>Passes a valid task definition.</summary>
    /// <exception cref="EcsException">The first violation, as the API answers it.</exception>
    public static void Check(RegisterTaskDefinitionRequest request)
    {
        if (Violations(request) is [var first, ..])
        {
            throw first.ToEcsException();
        }
    }

    private static IEnumerable<TaskDefinitionViolation> TaskViolations(RegisterTaskDefinitionRequest request)
    {
        if (!EcsName.IsValid(request.Family))
        {
            // Inferred: the pattern is stated by AWS, the text is not.
            yield return new(
                "TASK010", "$.family",
                "Family contains invalid characters.",
                "Use 1 to 255 letters, digits, underscores and hyphens.");
        }

        if (request.NetworkMode is not "awsvpc")
        {
            yield return new("TASK014", "$.networkMode", "Fargate only supports network mode 'awsvpc'.", "Set networkMode to awsvpc.");
        }

        foreach (var violation in SizeViolations(request))
        {
            yield return violation;
        }

        if (request.EphemeralStorage is { SizeInGiB: < 21 or > 200 } disk)
        {
            // Inferred: the range is stated by AWS, the text is not.
            yield return new(
                "TASK012", "$.ephemeralStorage.sizeInGiB", $"Ephemeral storage of {disk.SizeInGiB} GiB is outside of 21 to 200 GiB.",
                "Set 21 to 200, or remove ephemeralStorage for the 20 GiB that every task has.");
        }

        if (request.PidMode is not (null or "task"))
        {
            yield return new(
                "TASK014", "$.pidMode",
                $"Tasks using the Fargate launch type do not support pidMode '{request.PidMode}'. The supported value for pidMode is 'task'.",
                "Remove pidMode, or set it to task.");
        }

        if (request.IpcMode is not null)
        {
            yield return Unsupported("$.ipcMode", "ipcMode");
        }

        if (request.PlacementConstraints.Count > 0)
        {
            yield return Unsupported("$.placementConstraints", "constraints");
        }

        if (request.InferenceAccelerators.Count > 0)
        {
            yield return new(
                "TASK014", "$.inferenceAccelerators", "Unsupported field 'inferenceAccelerators'", "Remove inferenceAccelerators.");
        }

        if (request.ExecutionRoleArn is null
            && request.ContainerDefinitions.Any(container => container.LogConfiguration?.LogDriver is "awslogs"))
        {
            yield return new(
                "TASK018", "$.executionRoleArn", "Fargate requires task definition to have execution role ARN to support log driver awslogs",
                "Set executionRoleArn to a role with AmazonECSTaskExecutionRolePolicy.");
        }
        else if (request.ExecutionRoleArn is null && request.ContainerDefinitions.Any(container => container.Secrets.Count > 0))
        {
            // Inferred from the text above; the requirement itself is stated by AWS.
            yield return new(
                "TASK018", "$.executionRoleArn", "Fargate requires task definition to have execution role ARN to support secrets.",
                "Set executionRoleArn to a role that may read the secrets.");
        }
    }

    private static IEnumerable<TaskDefinitionViolation> SizeViolations(RegisterTaskDefinitionRequest request)
    {
        if (request.Cpu is null)
        {
            yield return new("TASK011", "$.cpu", "Fargate requires that 'cpu' be defined at the task level.", "Set cpu, as in \"1024\".");
        }

        if (request.Memory is null)
        {
            yield return new(
                "TASK011", "$.memory",
                "Fargate requires that 'memory' be defined at the task level.",
                "Set memory, as in \"2048\".");
        }

        var cpu = request.Cpu is null ? null : TaskSize.ParseCpu(request.Cpu);
        var memory = request.Memory is null ? null : TaskSize.ParseMemory(request.Memory);
        if (request.Cpu is not null && cpu is null)
        {
            yield return new("TASK011", "$.cpu", "Invalid 'cpu' setting for task.", "Write CPU units, as in \"1024\", or \"1 vCPU\".");
        }

        if (request.Memory is not null && memory is null)
        {
            // Inferred from the text for cpu.
            yield return new("TASK011", "$.memory", "Invalid 'memory' setting for task.", "Write MiB, as in \"2048\", or \"2 GB\".");
        }

        if (cpu is not { } units || memory is not { } mebibytes)
        {
            yield break;
        }

        if (TaskSize.Find(units, mebibytes) is null)
        {
            yield return new(
                "TASK011", "$.cpu",
                "No Fargate configuration exists for given values.",
                $"{units} CPU units do not go with {mebibytes} MiB. {TaskSize.Advice(units)}");
        }

        var containerCpu = request.ContainerDefinitions.Sum(container => (long)container.Cpu);
        if (containerCpu > units)
        {
            // Inferred: that the sum must fit is stated by AWS, the text is not.
            yield return new(
                "TASK011", "$.containerDefinitions[*].cpu",
                $"The containers' CPU of {containerCpu} units does not fit in the task's {units}.",
                "Lower the containers' cpu, or raise the task's.");
        }

        var containerMemory = request.ContainerDefinitions.Sum(container => (long)(container.MemoryReservation ?? container.Memory ?? 0));
        if (containerMemory > mebibytes)
        {
            yield return new(
                "TASK011", "$.containerDefinitions[*].memory",
                $"The containers' memory of {containerMemory} MiB does not fit in the task's {mebibytes} MiB.",
                "Lower the containers' memory, or raise the task's.");
        }
    }

    private static IEnumerable<TaskDefinitionViolation> VolumeViolations(RegisterTaskDefinitionRequest request)
    {
        for (var i = 0; i < request.Volumes.Count; i++)
        {
            var (volume, path) = (request.Volumes[i], $"$.volumes[{i}]");
            if (!EcsName.IsValid(volume.Name))
            {
                // Inferred text.
                yield return new(
                    "TASK013", $"{path}.name",
                    "Volume name contains invalid characters.",
                    "Use 1 to 255 letters, digits, underscores and hyphens.");
            }
            else if (request.Volumes.Take(i).Any(other => other.Name == volume.Name))
            {
                // Inferred text.
                yield return new("TASK013", $"{path}.name", $"Duplicate volume '{volume.Name}'.", "Give each volume its own name.");
            }

            if (volume.Host?.SourcePath is not null)
            {
                yield return new(
                    "TASK013", $"{path}.host.sourcePath", "Fargate compatible task definitions do not support sourcePath",
                    "Remove host: a Fargate task has no host whose folders it could mount.");
            }

            if (volume.DockerVolumeConfiguration is not null)
            {
                yield return Unsupported($"{path}.dockerVolumeConfiguration", "dockerVolumeConfiguration");
            }

            if (volume.FsxWindowsFileServerVolumeConfiguration is not null)
            {
                yield return Unsupported($"{path}.fsxWindowsFileServerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration");
            }

            foreach (var violation in volume.EfsVolumeConfiguration is { } efs
                ? FileSystemViolations(request, efs, $"{path}.efsVolumeConfiguration") : [])
            {
                yield return violation;
            }
        }

        if (request.Volumes.Count(volume => volume.ConfiguredAtLaunch is true) > 1)
        {
            // Inferred text; the limit is stated by AWS.
            yield return new(
                "TASK013", "$.volumes",
                "Only one volume may be configured at launch.",
                "Keep configuredAtLaunch on one volume.");
        }
    }

    private static TaskDefinitionViolation Unsupported(string path, string field) =>
        new("TASK014", path, $"Fargate compatible task definitions do not support {field}", $"Remove {path[(path.LastIndexOf('.') + 1)..]}.");
}
