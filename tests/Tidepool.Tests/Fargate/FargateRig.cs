using Tidepool.Fargate;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

/// <summary>A local Fargate in a folder of its own, with real sandboxed processes.</summary>
internal sealed class FargateRig : IAsyncDisposable
{
    private FargateRig(string root, LocalFargate fargate) => (Root, Fargate) = (root, fargate);

    /// <summary>Time that any single wait of a test may take.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    public static NetworkConfiguration Network { get; } = new(new AwsvpcConfiguration(["subnet-1"]));

    public string Root { get; }

    public string EnvironmentFolder => Path.Combine(Root, "environment");

    public LocalFargate Fargate { get; }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts one, in a folder of the machine's own for such or of another parent.</summary>
    public static async Task<FargateRig> StartAsync(
        Func<FargateOptions, FargateOptions>? change = null, TimeProvider? clock = null, string? parent = null)
    {
        var root = parent is null
            ? Directory.CreateTempSubdirectory("tidepool-fargate-").FullName
            : Directory.CreateDirectory(Path.Combine(parent, $"{Guid.NewGuid():n}")).FullName;
        try
        {
            var options = Options(Path.Combine(root, "environment"));
            var fargate = await LocalFargate.StartAsync(change?.Invoke(options) ?? options, clock ?? TimeProvider.System, Ct);
            await fargate.CreateClusterAsync("c", Ct);
            return new(root, fargate);
        }
        catch (ProblemException)
        {
            Directory.Delete(root, recursive: true);
            throw;
        }
    }

    /// <summary>Containers of these tests bring their own command; the agent's binary is only mounted.</summary>
    public static FargateOptions Options(string folder) => new()
    {
        EnvironmentFolder = folder,
        AgentBinary = "/bin/true",
        Secrets = new Dictionary<string, string> { ["arn:aws:secretsmanager:us-east-1:000000000000:secret:azp"] = "hunter2-of-the-deep" },
    };

    /// <summary>A container that runs a bash script; once its trap is set, SIGTERM ends it.</summary>
    public static ContainerDefinition Container(string name, string script) => new()
    {
        Name = name,
        Image = "tidepool-agent:1",
        Command = ["bash", "-c", $"trap 'exit 0' TERM; {script}"],
        MountPoints = [new("bind-mount-storage", "/shared-storage")],
        StopTimeout = 2,
        LogConfiguration = new(
            "awslogs",
            new Dictionary<string, string> { ["awslogs-group"] = "g", ["awslogs-region"] = "us-east-1", ["awslogs-stream-prefix"] = "agents" }),
    };

    /// <summary>What keeps a container running until it is stopped.</summary>
    public const string Wait = "sleep 1000 & wait $!";

    public static RegisterTaskDefinitionRequest Definition(params ContainerDefinition[] containers) => new()
    {
        Family = "f",
        Cpu = "1024",
        Memory = "2048",
        NetworkMode = "awsvpc",
        RequiresCompatibilities = ["FARGATE"],
        ExecutionRoleArn = "arn:aws:iam::000000000000:role/execution",
        Volumes = [new TaskVolume { Name = "bind-mount-storage" }],
        ContainerDefinitions = containers,
    };

    /// <summary>Registers the containers as a task definition and runs one task of it.</summary>
    public async Task<string> RunAsync(params ContainerDefinition[] containers)
    {
        var definition = await Fargate.RegisterTaskDefinitionAsync(Definition(containers), Ct);
        return await RunAsync(definition.TaskDefinitionArn);
    }

    public async Task<string> RunAsync(string definition)
    {
        var answer = await Fargate.RunTaskAsync(new() { Cluster = "c", TaskDefinition = definition, NetworkConfiguration = Network }, Ct);
        return answer.Tasks[0].TaskArn;
    }

    /// <summary>Runs a task to its end and answers what it was at last.</summary>
    public async Task<EcsTask> RunToEndAsync(params ContainerDefinition[] containers) => await StoppedAsync(await RunAsync(containers));

    public Task<EcsTask> RunningAsync(string taskArn) => UntilAsync(taskArn, task => task.LastStatus == EcsTaskStatus.Running);

    public Task<EcsTask> StoppedAsync(string taskArn) => UntilAsync(taskArn, task => task.LastStatus == EcsTaskStatus.Stopped);

    public async Task<EcsTask> UntilAsync(string taskArn, Func<EcsTask, bool> until) =>
        await Fargate.WaitForTaskAsync(taskArn, until, Ct).WaitAsync(Limit, Ct);

    public async Task<EcsTask> StopAsync(string taskArn)
    {
        await Fargate.StopTaskAsync("c", taskArn, null, Ct);
        return await StoppedAsync(taskArn);
    }

    public async Task<EcsTask> DescribeAsync(string taskArn) => (await Fargate.DescribeTasksAsync("c", [taskArn], Ct)).Tasks[0];

    /// <summary>The changes of a task so far.</summary>
    public async Task<IReadOnlyList<TaskStateChange>> ChangesAsync(string taskArn, Func<TaskStateChange, bool>? until = null)
    {
        var changes = new List<TaskStateChange>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var marker = (await DescribeAsync(taskArn)).LastStatus;
        until ??= change => change.Kind is TaskStateChangeKind.Task && change.Status == marker;
        await foreach (var change in Fargate.ReadStateChangesAsync(end.Token).WithCancellation(end.Token))
        {
            if (change.TaskArn == taskArn)
            {
                changes.Add(change);
                if (until(change))
                {
                    break;
                }
            }
        }

        return changes;
    }

    /// <summary>Waits for what the environment is to report of itself.</summary>
    public async Task NoticedAsync(string notice)
    {
        await foreach (var change in Fargate.ReadStateChangesAsync(Ct))
        {
            if (change.Kind is TaskStateChangeKind.Notice && change.Reason == notice)
            {
                return;
            }
        }
    }

    /// <summary>What a container wrote so far.</summary>
    public string Log(string taskArn, string container) =>
        Fargate.LogFile(taskArn, container) is { } file && File.Exists(file) ? File.ReadAllText(file) : "";

    /// <summary>Waits for a line of a container's output.</summary>
    public async Task<string> LogUntilAsync(string taskArn, string container, string text)
    {
        await Condition.UntilAsync(() => Log(taskArn, container).Contains(text, StringComparison.Ordinal), $"\"{text}\" in the log of {container}");
        return Log(taskArn, container);
    }

    public async ValueTask DisposeAsync()
    {
        using var hurry = new CancellationTokenSource();
        await hurry.CancelAsync();
        await Fargate.StopAsync(hurry.Token).WaitAsync(Limit, CancellationToken.None);
        Directory.Delete(Root, recursive: true);
    }
}

/// <summary>Waits for a condition, with a limit.</summary>
internal static class Condition
{
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(limit) < FargateRig.Limit, $"Waited in vain for {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, FargateRig.Ct);
        }
    }
}
