namespace Tidepool.Tasks;

// What containers refer to: volumes, and each other.
public static partial class TaskDefinitionRules
{
    private static IEnumerable<TaskDefinitionViolation> MountViolations(
        RegisterTaskDefinitionRequest request, ContainerDefinition container, string path)
    {
        for (var i = 0; i < container.MountPoints.Count; i++)
        {
            var (mount, at) = (container.MountPoints[i], $"{path}.mountPoints[{i}]");
            if (!request.Volumes.Any(volume => volume.Name == mount.SourceVolume))
            {
                yield return new(
                    "TASK013", $"{at}.sourceVolume",
                    $"Unknown volume '{mount.SourceVolume}'.",
                    $"Declare it in volumes: {{\"name\": \"{mount.SourceVolume}\"}}.");
            }

            if (mount.ContainerPath is not ['/', _, ..])
            {
                // Inferred text.
                yield return new(
                    "TASK013", $"{at}.containerPath",
                    $"Mount path '{mount.ContainerPath}' is not an absolute path.",
                    "Write an absolute path, as in /shared-storage.");
            }
            else if (container.MountPoints.Take(i).Any(other => other.ContainerPath == mount.ContainerPath))
            {
                // Inferred text.
                yield return new(
                    "TASK013", $"{at}.containerPath",
                    $"Two mounts at '{mount.ContainerPath}'.",
                    "Give each mount its own path.");
            }
        }

        var others = request.ContainerDefinitions.Where(other => other != container).Select(other => other.Name).ToHashSet();
        foreach (var from in container.VolumesFrom.Where(from => !others.Contains(from.SourceContainer ?? "")))
        {
            // Inferred text.
            yield return new(
                "TASK013", $"{path}.volumesFrom",
                $"Unknown container '{from.SourceContainer}'.",
                "Name another container of this task definition.");
        }
    }

    private static IEnumerable<TaskDefinitionViolation> DependencyViolations(
        RegisterTaskDefinitionRequest request, ContainerDefinition container, string path)
    {
        for (var i = 0; i < container.DependsOn.Count; i++)
        {
            var (dependency, at) = (container.DependsOn[i], $"{path}.dependsOn[{i}]");
            var target = request.ContainerDefinitions.FirstOrDefault(other => other.Name == dependency.ContainerName);
            if (target is null)
            {
                // Inferred texts; the rules are stated by AWS.
                yield return new(
                    "TASK016", $"{at}.containerName",
                    $"Unknown container '{dependency.ContainerName}'.",
                    "Name another container of this task definition.");
            }
            else if (dependency.Condition is "COMPLETE" or "SUCCESS" && target.IsEssential)
            {
                yield return new(
                    "TASK016", $"{at}.condition",
                    $"Condition {dependency.Condition} cannot be on '{target.Name}', which is essential.",
                    $"Set essential to false on {target.Name}, or use START.");
            }
            else if (dependency.Condition is "HEALTHY" && target.HealthCheck is null)
            {
                yield return new(
                    "TASK016", $"{at}.condition",
                    $"Condition HEALTHY needs a health check on '{target.Name}'.",
                    $"Add healthCheck to {target.Name}; the image's own is not used by ECS.");
            }

            if (dependency.Condition is not ("START" or "COMPLETE" or "SUCCESS" or "HEALTHY"))
            {
                yield return new(
                    "TASK016", $"{at}.condition",
                    $"Unknown condition '{dependency.Condition}'.",
                    "Use START, COMPLETE, SUCCESS or HEALTHY.");
            }
        }
    }
}
