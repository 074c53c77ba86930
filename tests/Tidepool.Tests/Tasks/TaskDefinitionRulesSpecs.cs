using Tidepool.Tasks;

namespace Tidepool.Tests.Tasks;

public sealed class TaskDefinitionRulesSpecs
{
    private static readonly ContainerDefinition Container = new() { Name = "agent-1", Image = "tidepool-agent:1" };

    private static readonly RegisterTaskDefinitionRequest Valid = new()
    {
        Family = "agents",
        Cpu = "1024",
        Memory = "2048",
        NetworkMode = "awsvpc",
        RequiresCompatibilities = ["FARGATE"],
        ExecutionRoleArn = "arn:aws:iam::000000000000:role/execution",
        Volumes = [new TaskVolume { Name = "shared", Host = new() }],
        ContainerDefinitions = [Container with { MountPoints = [new("shared", "/shared-storage")] }],
    };

    public static TheoryData<string, RegisterTaskDefinitionRequest> Refusals { get; } = new()
    {
        { "No Fargate configuration exists for given values.", Valid with { Cpu = "256", Memory = "8192" } },
        { "Invalid 'cpu' setting for task.", Valid with { Cpu = "lots" } },
        { "Fargate requires that 'cpu' be defined at the task level.", Valid with { Cpu = null } },
        { "Fargate requires that 'memory' be defined at the task level.", Valid with { Memory = null } },
        { "Fargate only supports network mode 'awsvpc'.", Valid with { NetworkMode = "host" } },
        { "Fargate only supports network mode 'awsvpc'.", Valid with { NetworkMode = null } },
        { "Ephemeral storage of 20 GiB is outside of 21 to 200 GiB.", Valid with { EphemeralStorage = new(20) } },
        { "Ephemeral storage of 201 GiB is outside of 21 to 200 GiB.", Valid with { EphemeralStorage = new(201) } },
        { "Fargate compatible task definitions do not support ipcMode", Valid with { IpcMode = "task" } },
        { "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.", Valid with { PidMode = "host" } },
        { "Fargate compatible task definitions do not support constraints", Valid with { PlacementConstraints = [new("memberOf", "x")] } },
        { "Unsupported field 'inferenceAccelerators'", Valid with { InferenceAccelerators = [new("d", "t")] } },
        { "Fargate compatible task definitions do not support sourcePath", WithVolume(new() { Host = new("/var/cache") }) },
        { "Fargate compatible task definitions do not support dockerVolumeConfiguration", WithVolume(new() { DockerVolumeConfiguration = new("task") }) },
        { "EFS volumes require a fileSystemId.", WithVolume(new() { EfsVolumeConfiguration = new("") }) },
        { "Invalid 'transitEncryption' setting 'on' for EFS volume.", WithVolume(new() { EfsVolumeConfiguration = new("fs-1", TransitEncryption: "on") }) },
        {
            "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.",
            WithVolume(new() { EfsVolumeConfiguration = new("fs-1", "/x", "ENABLED", null, new("fsap-1")) })
        },
        {
            "EFS access points require TransitEncryption to be enabled.",
            WithVolume(new() { EfsVolumeConfiguration = new("fs-1", "/", "DISABLED", null, new("fsap-1")) })
        },
        {
            "EFS IAM authorization requires TransitEncryption to be enabled.",
            WithVolume(new() { EfsVolumeConfiguration = new("fs-1", AuthorizationConfig: new(null, "ENABLED")) }) with { TaskRoleArn = "arn:aws:iam::000000000000:role/task" }
        },
        {
            "EFS IAM authorization requires a task role.",
            WithVolume(new() { EfsVolumeConfiguration = new("fs-1", TransitEncryption: "ENABLED", AuthorizationConfig: new(null, "ENABLED")) })
        },
        {
            "TransitEncryptionPort requires that TransitEncryption is enabled",
            WithVolume(new() { EfsVolumeConfiguration = new("fs-1", TransitEncryptionPort: 20049) })
        },
        { "Unknown volume 'NAME'.", With(new() { MountPoints = [new("NAME", "/shared-storage")] }) },
        { "Mount path 'shared' is not an absolute path.", With(new() { MountPoints = [new("shared", "shared")] }) },
        { "Fargate requires that the 'privileged' setting be 'false'", With(new() { Privileged = true }) },
        { "Fargate compatible task definitions do not support devices", With(new() { LinuxParameters = new() { Devices = [new("/dev/fuse")] } }) },
        { "Fargate compatible task definitions do not support sharedMemorySize", With(new() { LinuxParameters = new() { SharedMemorySize = 128 } }) },
        { "Fargate compatible task definitions do not support tmpfs", With(new() { LinuxParameters = new() { Tmpfs = [new("/t", 64)] } }) },
        { "Fargate compatible task definitions do not support maxSwap", With(new() { LinuxParameters = new() { MaxSwap = 1 } }) },
        { "Fargate compatible task definitions do not support dockerSecurityOptions", With(new() { DockerSecurityOptions = ["label:x"] }) },
        { "SYS_ADMIN is not allowed on Fargate.", With(new() { LinuxParameters = new() { Capabilities = new(Add: ["SYS_PTRACE", "SYS_ADMIN"]) } }) },
        { "DNS servers are not supported on container when networkMode=awsvpc", With(new() { DnsServers = ["8.8.8.8"] }) },
        { "Invalid system control 'kernel.panic'.", With(new() { SystemControls = [new("kernel.panic", "1")] }) },
        { "Invalid environment file 'arn:aws:s3:::b/agents.txt' of type 's3'.", With(new() { EnvironmentFiles = [new("arn:aws:s3:::b/agents.txt", "s3")] }) },
        { "Links are not supported when networkMode=awsvpc.", With(new() { Links = ["other"] }) },
        { "Fargate launch type does not support FirelensConfiguration config file from 's3'", With(new() { FirelensConfiguration = new("fluentbit", new Dictionary<string, string> { ["config-file-type"] = "s3" }) }) },
        { "stopTimeout of 121 s is outside of 2 to 120 s.", With(new() { StopTimeout = 121 }) },
        { "restartAttemptPeriod of 59 s is outside of 60 to 1800 s.", With(new() { RestartPolicy = new(true, null, 59) }) },
        { "Health check interval of 4 is outside of 5 to 300.", With(new() { HealthCheck = new(["CMD", "true"], Interval: 4) }) },
        { "Health check timeout of 61 is outside of 2 to 60.", With(new() { HealthCheck = new(["CMD", "true"], Timeout: 61) }) },
        { "Health check retries of 11 is outside of 1 to 10.", With(new() { HealthCheck = new(["CMD", "true"], Retries: 11) }) },
        { "Health check startPeriod of 301 is outside of 0 to 300.", With(new() { HealthCheck = new(["CMD", "true"], StartPeriod: 301) }) },
        { "Health check command must start with CMD or CMD-SHELL, and what is to be run must follow.", With(new() { HealthCheck = new(["true"]) }) },
        { "Fargate does not support log driver 'json-file'.", With(new() { LogConfiguration = new("json-file") }) },
        { "Log driver awslogs requires option 'awslogs-stream-prefix'.", With(new() { LogConfiguration = Logs("awslogs-group", "awslogs-region") }) },
        {
            "Fargate requires task definition to have execution role ARN to support log driver awslogs",
            With(new() { LogConfiguration = Logs("awslogs-group", "awslogs-region", "awslogs-stream-prefix") }) with { ExecutionRoleArn = null }
        },
        { "Too many containers", Valid with { ContainerDefinitions = [.. Enumerable.Range(1, 11).Select(i => Container with { Name = $"agent-{i}" })] } },
        { "At least one container must be essential.", With(new() { Essential = false }) },
        { "Container names must be unique; 'agent-1' is used twice.", Valid with { ContainerDefinitions = [Container, Container with { Cpu = 1 }] } },
        { "Container.image should not be null or empty.", Valid with { ContainerDefinitions = [Container with { Image = "" }] } },
        {
            "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'A'.",
            With(new() { Environment = [new("A", "1")], Secrets = [new("A", "arn")] })
        },
        { "Condition SUCCESS cannot be on 'init', which is essential.", Dependent(new("init", "SUCCESS"), Container with { Name = "init" }) },
        { "Condition HEALTHY needs a health check on 'init'.", Dependent(new("init", "HEALTHY"), Container with { Name = "init" }) },
        { "Unknown container 'nobody'.", Dependent(new("nobody", "START"), Container with { Name = "init" }) },
        {
            "Container dependencies have a cycle: agent-1 -> init -> agent-1.",
            Dependent(new("init", "START"), Container with { Name = "init", DependsOn = [new("agent-1", "START")] })
        },
        { "The containers' CPU of 2048 units does not fit in the task's 1024.", With(new() { Cpu = 2048 }) },
        { "The containers' memory of 4096 MiB does not fit in the task's 2048 MiB.", With(new() { Memory = 4096 }) },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Fargate_refuses_at_registration_with_this_text(string message, RegisterTaskDefinitionRequest request)
    {
        var refusal = Assert.Throws<EcsException>(() => TaskDefinitionRules.Check(request));

        Assert.Equal(EcsErrorType.ClientException, refusal.Type);
        Assert.Equal(message, refusal.Message);
    }

    [Fact]
    public void A_valid_definition_passes() => TaskDefinitionRules.Check(Valid);

    [Fact]
    public void Every_violation_is_told_with_its_path_and_mend()
    {
        var violations = TaskDefinitionRules.Violations(Valid with
        {
            Memory = "8192",
            Cpu = "256",
            Volumes = [new TaskVolume { Name = "shared", Host = new("/x") }],
            ContainerDefinitions = [Container with { StopTimeout = 900, MountPoints = [new("other", "/o")] }],
        });

        Assert.Equal(
            [
                "TASK011: $.cpu: No Fargate configuration exists for given values. 256 CPU units do not go with 8192 MiB. Use 512, 1024 or 2048 MiB.",
                "TASK013: $.volumes[0].host.sourcePath: Fargate compatible task definitions do not support sourcePath Remove host: a Fargate task has no host whose folders it could mount.",
                "TASK017: $.containerDefinitions[0].stopTimeout: stopTimeout of 900 s is outside of 2 to 120 s. Set 2 to 120; without it Fargate waits 30 s.",
                "TASK013: $.containerDefinitions[0].mountPoints[0].sourceVolume: Unknown volume 'other'. Declare it in volumes: {\"name\": \"other\"}.",
            ],
            violations.Select(violation => violation.ToProblem().ToString()));
    }

    private static LogConfiguration Logs(params string[] options) => new("awslogs", options.ToDictionary(option => option, _ => "x"));

    private static RegisterTaskDefinitionRequest WithVolume(TaskVolume volume) => Valid with { Volumes = [volume with { Name = "shared" }] };

    private static RegisterTaskDefinitionRequest With(ContainerDefinition container) =>
        Valid with { ContainerDefinitions = [container with { Name = Container.Name, Image = Container.Image }] };

    private static RegisterTaskDefinitionRequest Dependent(ContainerDependency dependency, ContainerDefinition other) =>
        Valid with { ContainerDefinitions = [Container with { DependsOn = [dependency] }, other] };
}
