using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

public sealed class RefusalSpecs
{
    [Fact]
    public async Task Operations_refuse_in_the_words_of_the_API()
    {
        await using var rig = await FargateRig.StartAsync();
        var fargate = rig.Fargate;
        var definition = FargateRig.Definition(FargateRig.Container("agent-1", "exit 0"));
        await fargate.RegisterTaskDefinitionAsync(definition, FargateRig.Ct);
        await fargate.RegisterTaskDefinitionAsync(definition with { Family = "ec2", Cpu = null, RequiresCompatibilities = ["EC2"] }, FargateRig.Ct);
        RunTaskRequest run = new() { Cluster = "c", TaskDefinition = "f", NetworkConfiguration = FargateRig.Network };

        await Refused(EcsErrorType.ClientException, "No Fargate configuration exists for given values.", () => fargate.RegisterTaskDefinitionAsync(definition with { Memory = "1024" }, FargateRig.Ct));
        await Refused(EcsErrorType.InvalidParameterException, "Network Configuration must be provided when networkMode 'awsvpc' is specified.", () => fargate.RunTaskAsync(run with { NetworkConfiguration = null }, FargateRig.Ct));
        await Refused(EcsErrorType.InvalidParameterException, "Task definition does not support launch_type FARGATE", () => fargate.RunTaskAsync(run with { TaskDefinition = "ec2:1" }, FargateRig.Ct));
        await Refused(EcsErrorType.InvalidParameterException, "No Container Instances were found in your cluster.", () => fargate.RunTaskAsync(run with { LaunchType = "EC2" }, FargateRig.Ct));
        await Refused(EcsErrorType.ClientException, "TaskDefinition not found.", () => fargate.RunTaskAsync(run with { TaskDefinition = "f:2" }, FargateRig.Ct));
        await Refused(EcsErrorType.ClusterNotFoundException, "Cluster not found.", () => fargate.RunTaskAsync(run with { Cluster = "d" }, FargateRig.Ct));
        await Refused(EcsErrorType.InvalidParameterException, "The referenced task was not found.", () => fargate.StopTaskAsync("c", new('0', 32), null, FargateRig.Ct));
        await Refused(EcsErrorType.InvalidParameterException, "taskId length should be one of [32,36]", () => fargate.StopTaskAsync("c", "none", null, FargateRig.Ct));
        await Refused(EcsErrorType.InvalidParameterException, "taskId length should be one of [32,36]", () => fargate.DescribeTasksAsync("c", ["None"], FargateRig.Ct));
        await Refused(EcsErrorType.ServiceNotFoundException, "Service not found.", () => fargate.UpdateServiceAsync(new() { Cluster = "c", Service = "s" }, FargateRig.Ct));
        CreateServiceRequest service = new() { Cluster = "c", ServiceName = "s", TaskDefinition = "f", NetworkConfiguration = FargateRig.Network };
        await Refused(EcsErrorType.InvalidParameterException, "Desired count exceeds limit.", () => fargate.CreateServiceAsync(service with { DesiredCount = 5001 }, FargateRig.Ct));
        await fargate.CreateServiceAsync(service, FargateRig.Ct);
        await Refused(EcsErrorType.InvalidParameterException, "Creation of service was not idempotent.", () => fargate.CreateServiceAsync(service, FargateRig.Ct));
        Assert.Equal("MISSING", Assert.Single((await fargate.DescribeTasksAsync("c", [new('0', 32)], FargateRig.Ct)).Failures).Reason);
        Assert.Equal("MISSING", Assert.Single((await fargate.DescribeServicesAsync("c", ["none"], FargateRig.Ct)).Failures).Reason);
    }

    [Fact]
    public async Task Revisions_of_a_family_count_up()
    {
        await using var rig = await FargateRig.StartAsync();
        var definition = FargateRig.Definition(FargateRig.Container("agent-1", "exit 0"));
        await rig.Fargate.RegisterTaskDefinitionAsync(definition, FargateRig.Ct);
        var second = await rig.Fargate.RegisterTaskDefinitionAsync(definition, FargateRig.Ct);

        Assert.Equal((2, "arn:aws:ecs:us-east-1:000000000000:task-definition/f:2"), (second.Revision, second.TaskDefinitionArn));
    }

    [Fact]
    public async Task An_image_that_the_sandbox_does_not_know_is_refused_by_name()
    {
        await using var rig = await FargateRig.StartAsync();

        var problem = await Assert.ThrowsAsync<ProblemException>(
            () => rig.RunAsync(FargateRig.Container("agent-1", "exit 0") with { Image = "docker.io/library/nginx:latest" }));

        Assert.Equal(
            "FARGATE004: The sandbox runtime cannot run image docker.io/library/nginx:latest of container agent-1. "
            + "Use one that it knows by its description: tidepool-agent, tidepool/with-volume, tidepool/without-volume and tidepool/as-root, of any registry.",
            problem.Message);
    }

    [Fact]
    public async Task Where_registration_takes_any_image_the_task_fails_as_for_one_that_cannot_be_pulled()
    {
        await using var rig = await FargateRig.StartAsync(options => options with { RefuseUnknownImages = false });

        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "exit 0") with { Image = "nginx" });

        Assert.Equal(
            (EcsStopCode.TaskFailedToStart, "CannotPullContainerError: the sandbox runtime cannot run nginx; it runs tidepool-agent, tidepool/with-volume, tidepool/without-volume and tidepool/as-root, of any registry."),
            (stopped.StopCode, stopped.StoppedReason));
    }

    [Theory]
    [InlineData("tidepool-agent", true)]
    [InlineData("tidepool-agent:1.2", true)]
    [InlineData("000000000000.dkr.ecr.us-east-1.amazonaws.com/ci/tidepool-agent@sha256:00", true)]
    [InlineData("localhost:5000/tidepool-agent", true)]
    [InlineData("public.ecr.aws/x/tidepool/with-volume:2", true)]
    [InlineData("tidepool/as-root", true)]
    [InlineData("my-tidepool-agent", false)]
    [InlineData("tidepool-agent/other", false)]
    [InlineData("with-volume", false)]
    [InlineData("mytidepool/with-volume", false)]
    public void An_image_is_known_by_its_repository(string image, bool known) => Assert.Equal(known, ImageDescription.Find(image) is not null);

    [Fact]
    public async Task A_missing_secret_keeps_the_task_from_starting()
    {
        await using var rig = await FargateRig.StartAsync();
        const string Arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:none";

        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "exit 0") with { Secrets = [new("AZP_TOKEN", Arn)] });

        Assert.Equal(EcsStopCode.TaskFailedToStart, stopped.StopCode);
        Assert.Equal(
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
            + "unable to retrieve secret from asm: service call has been retried 1 time(s): "
            + $"failed to fetch secret {Arn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
            stopped.StoppedReason);
        Assert.Null(stopped.StartedAt);
        Assert.Empty(rig.Fargate.DescribeVolumes(stopped.TaskArn));
    }

    [Fact]
    public async Task What_the_local_Fargate_does_not_do_is_refused_rather_than_left_out()
    {
        await using var rig = await FargateRig.StartAsync();

        var problem = await Assert.ThrowsAsync<ProblemException>(
            () => rig.RunAsync(FargateRig.Container("agent-1", "exit 0") with { FirelensConfiguration = new("fluentbit") }));

        Assert.Equal(
            "FARGATE003: containerDefinitions[agent-1].firelensConfiguration is not supported by the local Fargate yet. Remove it for the rehearsal; on AWS it is valid.",
            problem.Message);
    }

    [Theory]
    [InlineData("pidMode")]
    [InlineData("containerDefinitions[agent-1].systemControls")]
    [InlineData("containerDefinitions[agent-1].interactive")]
    public async Task What_only_an_engine_does_is_refused_by_the_sandbox(string field)
    {
        await using var rig = await FargateRig.StartAsync();
        var container = FargateRig.Container("agent-1", "exit 0");
        var definition = FargateRig.Definition(container);
        definition = field switch
        {
            "pidMode" => definition with { PidMode = "task" },
            "containerDefinitions[agent-1].interactive" => FargateRig.Definition(container with { Interactive = true }),
            _ => FargateRig.Definition(container with { SystemControls = [new("net.core.somaxconn", "1024")] }),
        };

        var problem = await Assert.ThrowsAsync<ProblemException>(() => rig.Fargate.RegisterTaskDefinitionAsync(definition, FargateRig.Ct));

        Assert.Equal(
            $"FARGATE003: {field} is not supported by the sandbox runtime. Take --runtime docker, or remove it for the rehearsal; on AWS it is valid.", problem.Message);
    }

    [Fact]
    public async Task A_wait_for_what_never_comes_ends_with_the_tasks_reason()
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", "exit 3"));
        await rig.StoppedAsync(task);

        var problem = await Assert.ThrowsAsync<ProblemException>(() => rig.RunningAsync(task));

        Assert.Equal(
            $"FARGATE005: Task {task[^32..]} stopped: EssentialContainerExited: Essential container in task exited. Look at the containers' exit codes, reasons and logs.",
            problem.Message);
    }

    [Fact]
    public async Task Without_bubblewrap_the_package_is_named()
    {
        var problem = await Assert.ThrowsAsync<ProblemException>(() => SandboxProbe.FindAsync("/no/such/folder", FargateRig.Ct));

        Assert.Equal(
            "SANDBOX001: There is no bwrap in PATH, which the sandbox is made with. Install the package bubblewrap, as in: sudo apt-get install bubblewrap",
            problem.Message);
    }

    [Fact]
    public async Task Without_the_agents_binary_the_build_is_named()
    {
        var problem = await Assert.ThrowsAsync<ProblemException>(
            () => LocalFargate.StartAsync(FargateRig.Options("/nowhere") with { AgentBinary = "/no/such/agent" }, TimeProvider.System, FargateRig.Ct));

        Assert.Equal(
            "SANDBOX003: There is no agent binary at /no/such/agent. Build it: dotnet publish src/Tidepool.Agent -c Release -o artifacts/agent", problem.Message);
    }

    [Fact]
    public async Task The_runtime_says_what_it_does_not_exercise()
    {
        await using var rig = await FargateRig.StartAsync();

        Assert.Equal("sandbox", rig.Fargate.Runtime.Name);
        Assert.Equal(
            ["The image", "Limits", "The network", "The writable layer", "setuid programs", "The task role", "EBS volumes"],
            rig.Fargate.Runtime.NotExercised.Select(line => line.Split(':')[0]).Where(line => line is not "Owners"));
    }

    private static async Task Refused(EcsErrorType type, string message, Func<Task> operation)
    {
        var refusal = await Assert.ThrowsAsync<EcsException>(operation);
        Assert.Equal((type, message), (refusal.Type, refusal.Message));
    }
}
