namespace Tidepool.Tasks;

public static partial class TaskDefinitionRules
{
    private static IEnumerable<TaskDefinitionViolation> ContainersViolations(RegisterTaskDefinitionRequest request)
    {
        var containers = request.ContainerDefinitions;
        if (containers.Count > MaxContainers)
        {
            yield return new(
                "TASK015", "$.containerDefinitions",
                "Too many containers",
                $"Keep {MaxContainers} containers or fewer; there are {containers.Count}.");
        }

        if (containers.Count == 0)
        {
            // Inferred text.
            yield return new("TASK015", "$.containerDefinitions", "Container list cannot be empty.", "Add a container.");
        }
        else if (!containers.Any(container => container.IsEssential))
        {
            // Inferred text; the rule is stated by AWS.
            yield return new(
                "TASK015", "$.containerDefinitions[*].essential",
                "At least one container must be essential.",
                "Remove essential: false from the container whose end is the end of the task.");
        }

        for (var i = 0; i < containers.Count; i++)
        {
            var path = $"$.containerDefinitions[{i}]";
            if (containers.Take(i).Any(other => other.Name == containers[i].Name))
            {
                // Inferred text.
                yield return new(
                    "TASK010", $"{path}.name",
                    $"Container names must be unique; '{containers[i].Name}' is used twice.",
                    "Give each container its own name.");
            }

            foreach (var violation in ContainerViolations(containers[i], path)
                .Concat(UnsupportedInContainer(containers[i], path))
                .Concat(MountViolations(request, containers[i], path))
                .Concat(DependencyViolations(request, containers[i], path)))
            {
                yield return violation;
            }
        }

        if (ContainerOrder.Cycle(containers) is { } cycle)
        {
            // Inferred text; that cycles are refused is stated by AWS.
            yield return new(
                "TASK016", "$.containerDefinitions[*].dependsOn",
                $"Container dependencies have a cycle: {string.Join(" -> ", cycle)}.",
                "Remove one of these dependencies.");
        }
    }

    private static IEnumerable<TaskDefinitionViolation> ContainerViolations(ContainerDefinition container, string path)
    {
        if (!EcsName.IsValid(container.Name))
        {
            yield return new(
                "TASK010", $"{path}.name",
                "Container.name contains invalid characters.",
                "Use 1 to 255 letters, digits, underscores and hyphens.");
        }

        if (container.Image.Length == 0)
        {
            yield return new("TASK010", $"{path}.image", "Container.image should not be null or empty.", "Name an image.");
        }

        if (container.StopTimeout is < 2 or > 120)
        {
            // Inferred text; the maximum of 120 on Fargate is stated by AWS, the minimum of 2 with startTimeout's.
            yield return new(
                "TASK017", $"{path}.stopTimeout",
                $"stopTimeout of {container.StopTimeout} s is outside of 2 to 120 s.",
                "Set 2 to 120; without it Fargate waits 30 s.");
        }

        if (container.StartTimeout is < 2 or > 120)
        {
            yield return new(
                "TASK017", $"{path}.startTimeout",
                $"startTimeout of {container.StartTimeout} s is outside of 2 to 120 s.",
                "Set 2 to 120, or remove it.");
        }

        if (container.RestartPolicy is { RestartAttemptPeriod: < 60 or > 1800 } restart)
        {
            yield return new(
                "TASK017", $"{path}.restartPolicy.restartAttemptPeriod",
                $"restartAttemptPeriod of {restart.RestartAttemptPeriod} s is outside of 60 to 1800 s.",
                "Set 60 to 1800; without it Fargate takes 300.");
        }

        if (container.RestartPolicy?.IgnoredExitCodes is { Count: > 50 } ignored)
        {
            yield return new(
                "TASK017", $"{path}.restartPolicy.ignoredExitCodes",
                $"There are {ignored.Count} ignored exit codes; 50 are allowed.",
                "Keep 50 or fewer.");
        }

        foreach (var violation in HealthViolations(container, path).Concat(LogViolations(container, path)).Concat(VariableViolations(container, path)))
        {
            yield return violation;
        }
    }

    private static IEnumerable<TaskDefinitionViolation> HealthViolations(ContainerDefinition container, string path)
    {
        if (container.HealthCheck is not { } check)
        {
            yield break;
        }

        // Inferred texts; that the command starts so, and the ranges, are stated by AWS.
        // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
        if (check.Command is not ["CMD" or "CMD-SHELL", { Length: > 0 }, ..])
        {
            yield return new(
                "TASK017", $"{path}.healthCheck.command",
                "Health check command must start with CMD or CMD-SHELL, and what is to be run must follow.",
                "Write [\"CMD-SHELL\", \"test -e /tmp/ready\"], or [\"CMD\", \"/bin/test\", \"-e\", \"/tmp/ready\"].");
        }

        foreach (var (value, field, least, most, ordinary) in new[]
        {
            (check.Interval, "interval", 5, 300, $"without it ECS takes {HealthCheck.DefaultInterval} s"),
            (check.Timeout, "timeout", 2, 60, $"without it ECS takes {HealthCheck.DefaultTimeout} s"),
            (check.Retries, "retries", 1, 10, $"without it ECS takes {HealthCheck.DefaultRetries}"),
            (check.StartPeriod, "startPeriod", 0, 300, "without it there is none"),
        })
        {
            if (value < least || value > most)
            {
                yield return new(
                    "TASK017", $"{path}.healthCheck.{field}",
                    $"Health check {field} of {value} is outside of {least} to {most}.",
                    $"Set {least} to {most}; {ordinary}.");
            }
        }
    }

    private static IEnumerable<TaskDefinitionViolation> LogViolations(ContainerDefinition container, string path)
    {
        if (container.LogConfiguration is not { } log)
        {
            yield break;
        }

        if (log.LogDriver is not ("awslogs" or "splunk" or "awsfirelens"))
        {
            // Inferred text; the list is stated by AWS.
            yield return new(
                "TASK018", $"{path}.logConfiguration.logDriver",
                $"Fargate does not support log driver '{log.LogDriver}'.",
                "Use awslogs, splunk or awsfirelens.");
        }

        if (log.LogDriver is "awslogs")
        {
            foreach (var option in new[] { "awslogs-group", "awslogs-region", "awslogs-stream-prefix" }
                .Where(option => log.Options?.ContainsKey(option) is not true))
            {
                // Inferred text; that Fargate requires the three is stated by AWS.
                yield return new(
                    "TASK018", $"{path}.logConfiguration.options",
                    $"Log driver awslogs requires option '{option}'.",
                    $"Set {option}.");
            }
        }
    }

    private static IEnumerable<TaskDefinitionViolation> VariableViolations(ContainerDefinition container, string path)
    {
        // Inferred texts; the rules are stated by AWS. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EnvironmentFile.html
        if (container.EnvironmentFiles.Count > 10)
        {
            yield return new(
                "TASK017", $"{path}.environmentFiles", $"There are {container.EnvironmentFiles.Count} environment files; 10 are allowed.", "Keep 10 or fewer.");
        }

        foreach (var file in container.EnvironmentFiles.Where(file => file.Type is not "s3" || !file.Value.StartsWith("arn:", StringComparison.Ordinal)
            || !file.Value.Contains('/') || !file.Value.EndsWith(".env", StringComparison.Ordinal)))
        {
            yield return new(
                "TASK018", $"{path}.environmentFiles",
                $"Invalid environment file '{file.Value}' of type '{file.Type}'.",
                "Use type s3 and the ARN of an object whose name ends in .env, as in arn:aws:s3:::bucket/agents.env.");
        }

        var names = container.Environment.Select(variable => variable.Name).ToHashSet();
        var seen = new HashSet<string>();
        foreach (var secret in container.Secrets.Where(secret => names.Contains(secret.Name) || !seen.Add(secret.Name)))
        {
            // Text from memory; not confirmed by AWS.
            yield return new(
                "TASK019", $"{path}.secrets",
                $"The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '{secret.Name}'.",
                $"Keep {secret.Name} once, in environment or in secrets.");
        }
    }

    private static bool IsAllowed(SystemControl control) => control is { Namespace: { } name, Value: not null }
        && (IpcControls.Contains(name) || name.StartsWith("fs.mqueue.", StringComparison.Ordinal) || name.StartsWith("net.", StringComparison.Ordinal));

    private static IEnumerable<TaskDefinitionViolation> UnsupportedInContainer(ContainerDefinition container, string path)
    {
        if (container.Privileged is true)
        {
            yield return new(
                "TASK014", $"{path}.privileged",
                "Fargate requires that the 'privileged' setting be 'false'",
                "Remove privileged.");
        }

        foreach (var (isSet, at, field) in new[]
        {
            (container.LinuxParameters?.Devices.Count > 0, "linuxParameters.devices", "devices"),
            (container.LinuxParameters?.SharedMemorySize is not null, "linuxParameters.sharedMemorySize", "sharedMemorySize"),
            (container.LinuxParameters?.Tmpfs.Count > 0, "linuxParameters.tmpfs", "tmpfs"),
            (container.LinuxParameters?.MaxSwap is not null, "linuxParameters.maxSwap", "maxSwap"),
            (container.LinuxParameters?.Swappiness is not null, "linuxParameters.swappiness", "swappiness"),
            (container.DockerSecurityOptions.Count > 0, "dockerSecurityOptions", "dockerSecurityOptions"),
            (container.DisableNetworking is true, "disableNetworking", "disableNetworking"),
            (container.ExtraHosts.Count > 0, "extraHosts", "extraHosts"),
            (container.ResourceRequirements.Count > 0, "resourceRequirements", "resourceRequirements"),
        })
        {
            if (isSet)
            {
                yield return Unsupported($"{path}.{at}", field);
            }
        }

        if (container.DnsServers.Count > 0)
        {
            yield return new(
                "TASK014", $"{path}.dnsServers",
                "DNS servers are not supported on container when networkMode=awsvpc",
                "Remove dnsServers.");
        }

        if (container.DnsSearchDomains.Count > 0)
        {
            // Inferred from the text for dnsServers.
            yield return new(
                "TASK014", $"{path}.dnsSearchDomains",
                "DNS search domains are not supported on container when networkMode=awsvpc",
                "Remove dnsSearchDomains.");
        }

        if (container.Links.Count > 0)
        {
            yield return new(
                "TASK014", $"{path}.links",
                "Links are not supported when networkMode=awsvpc.",
                "Remove links: containers of a task reach each other on 127.0.0.1.");
        }

        if (container.Hostname is not null)
        {
            // Inferred from the text for links; that hostname does not go with awsvpc is stated by AWS.
            yield return new(
                "TASK014", $"{path}.hostname",
                "Hostname is not supported on container when networkMode=awsvpc.",
                "Remove hostname.");
        }

        foreach (var control in container.SystemControls.Where(control => !IsAllowed(control)))
        {
            // Inferred text; the list is stated by AWS. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SystemControl.html
            yield return new(
                "TASK014", $"{path}.systemControls",
                $"Invalid system control '{control.Namespace}'.",
                $"Use one of {string.Join(", ", IpcControls)}, or one that starts with fs.mqueue. or net., and give it a value.");
        }

        foreach (var capability in container.LinuxParameters?.Capabilities?.Add?.Where(name => name is not "SYS_PTRACE") ?? [])
        {
            yield return new(
                "TASK014", $"{path}.linuxParameters.capabilities.add",
                $"{capability} is not allowed on Fargate.",
                "Add no capability but SYS_PTRACE.");
        }

        if (container.FirelensConfiguration?.Options?.GetValueOrDefault("config-file-type") is "s3")
        {
            yield return new(
                "TASK014", $"{path}.firelensConfiguration",
                "Fargate launch type does not support FirelensConfiguration config file from 's3'",
                "Put the file in the image and use config-file-type file.");
        }
    }
}
