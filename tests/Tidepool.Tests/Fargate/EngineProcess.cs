using System.Diagnostics;
using System.Text.Json;
using Tidepool.Fargate;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate;

/// <summary>A local Fargate in a process of its own: this test program, started again, as the user and in the namespace that a test needs.</summary>
public sealed class EngineProcess
{
    private const string FolderVariable = "TIDEPOOL_TEST_ENGINE";
    private const string SocketVariable = "TIDEPOOL_TEST_ENGINE_SOCKET";
    private const string AgentVariable = "TIDEPOOL_TEST_ENGINE_AGENT";
    private const string FileSystemVariable = "TIDEPOOL_TEST_ENGINE_EFS";
    private const string EbsVariable = "TIDEPOOL_TEST_ENGINE_EBS";
    private const string Marker = "sleep 1000";

    // Passes only inside of the container, as its user.
    private const string Check =
        """[ "$(id -u) $PWD" = "1000 /home/agent" ] && [ -n "$AWS_REGION" ] && [ -e /shared-storage/x ] && grep -q 'trap .exit 0. TERM' /proc/1/cmdline""";

    /// <summary>Not a test: what the started process does. It runs one task until it is killed or told to stop.</summary>
    [Fact(Explicit = true)]
    public async Task Run()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, "Only for the processes that other tests start.");
        EngineReport report;
        try
        {
            await using var fargate = await LocalFargate.StartAsync(Options(folder!), TimeProvider.System, FargateRig.Ct);
            await fargate.CreateClusterAsync("c", FargateRig.Ct);
            var kept = Environment.GetEnvironmentVariable(EbsVariable) is null ? "" : await KeepAsync(fargate, folder!);
            var definition = await fargate.RegisterTaskDefinitionAsync(
                FargateRig.Definition(
                    FargateRig.Container("agent-1", $"id -u; stat -c %u:%g:%a /shared-storage; cat /shared-storage/cache/index 2> /dev/null; echo x > /shared-storage/x; (setsid {Marker} &); {FargateRig.Wait}") with
                    {
                        Image = Environment.GetEnvironmentVariable(SocketVariable) is null ? "tidepool/with-volume" : "tidepool-agent:1",
                        HealthCheck = new(["CMD-SHELL", Check], Interval: 5),
                    },
                    FargateRig.Container("agent-2", $"stat -c %u:%g:%a /data; (echo x > /data/x) 2>&1; cat /data/x 2>&1; readlink /proc/1/fd/*; tr '\\0' ' ' < /proc/1/environ; echo; {FargateRig.Wait}") with
                    {
                        MountPoints = [new("other", "/data")],
                    }) with
                {
                    Volumes = [new() { Name = "bind-mount-storage" }, new() { Name = "other" }],
                },
                FargateRig.Ct);
            var answer = await fargate.RunTaskAsync(new() { Cluster = "c", TaskDefinition = definition.TaskDefinitionArn, NetworkConfiguration = FargateRig.Network }, FargateRig.Ct);
            var arn = answer.Tasks[0].TaskArn;
            await fargate.WaitForTaskAsync(
                arn, task => task.LastStatus == EcsTaskStatus.Running && task.Containers[0].HealthStatus == EcsHealthStatus.Healthy, FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);
            string Log(string container) => fargate.LogFile(arn, container) is { } file && File.Exists(file) ? File.ReadAllText(file) : "";
            await Condition.UntilAsync(() => Log("agent-1").Count(c => c is '\n') >= 2 && Log("agent-2").Contains("AWS_REGION", StringComparison.Ordinal), "the containers' output");
            var fileSystem = Environment.GetEnvironmentVariable(FileSystemVariable) is null ? "" : await FileSystemTask.RunAsync(fargate, Options(folder!));
            Write(folder!, new(null, fargate.Runtime, fargate.DescribeVolumes(arn), Log("agent-1"), kept + Log("agent-2")) { FileSystemLog = fileSystem });
            await Condition.UntilAsync(() => File.Exists(Path.Combine(folder!, "stop")), "the word to stop");
            report = new("stopped", fargate.Runtime, [], "", "");
        }
        catch (ProblemException e)
        {
            report = new(e.Message, null, [], "", "");
        }

        Write(folder!, report);
    }

    // What a task sees in a volume from a snapshot of one that was kept of another task.
    private static async Task<string> KeepAsync(LocalFargate fargate, string folder)
    {
        var definition = await fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container("agent-1", "stat -c %u:%g:%a /data /data/x; id -G; cat /data/x; echo kept >> /data/x") with
            {
                User = "agent",
                MountPoints = [new("v", "/data")],
            }) with
            {
                Volumes = [new() { Name = "v", ConfiguredAtLaunch = true }],
            },
            FargateRig.Ct);
        async Task<EcsTask> RunAsync(TaskManagedEbsVolume volume)
        {
            var answer = await fargate.RunTaskAsync(
                new()
                {
                    Cluster = "c",
                    TaskDefinition = definition.TaskDefinitionArn,
                    NetworkConfiguration = FargateRig.Network,
                    VolumeConfigurations = [new("v", volume)],
                },
                FargateRig.Ct);
            return await fargate.WaitForTaskAsync(answer.Tasks[0].TaskArn, task => task.LastStatus is EcsTaskStatus.Stopped, FargateRig.Ct);
        }

        var kept = await RunAsync(new() { RoleArn = "arn:aws:iam::000000000000:role/r", SizeInGiB = 1, TerminationPolicy = new(false) });
        var volume = kept.Attachments.SelectMany(attachment => attachment.Details).Single(detail => detail.Name == "volumeId").Value!;
        var storage = new EbsStorage(Path.Combine(folder, "storage"), Path.Combine(folder, "environments"), TimeProvider.System);
        var snapshot = await storage.SnapshotAsync(volume, null, null, FargateRig.Ct);
        var second = await RunAsync(new() { RoleArn = "arn:aws:iam::000000000000:role/r", SnapshotId = snapshot.SnapshotId });
        await storage.RemoveAsync([volume, snapshot.SnapshotId], FargateRig.Ct);
        return $"{second.StoppedReason}\n{File.ReadAllText(fargate.LogFile(second.TaskArn, "agent-1")!)}";
    }

    /// <summary>Starts the process for a folder, with an EBS volume before all else.</summary>
    internal static Process StartWithEbs(string folder, string programFolder, params string[] under) =>
        Start(folder, programFolder, new Dictionary<string, string> { [EbsVariable] = "yes" }, under);

    /// <summary>Starts the process for a folder, with a container engine.</summary>
    internal static Process Start(string folder, string programFolder, Uri engine, string agentBinary, params string[] under) =>
        Start(folder, programFolder, new Dictionary<string, string> { [SocketVariable] = engine.OriginalString, [AgentVariable] = agentBinary }, under);

    /// <summary>Starts the process for a folder, with a task that uses an EFS file system as well.</summary>
    internal static Process StartWithFileSystem(string folder, string programFolder, params string[] under) =>
        Start(folder, programFolder, new Dictionary<string, string> { [FileSystemVariable] = "1" }, under);

    /// <summary>Starts the process for a folder.</summary>
    internal static Process Start(string folder) => Start(folder, AppContext.BaseDirectory);

    /// <summary>Starts the process for a folder, from a folder with the test program, under a command that takes it as its last arguments.</summary>
    internal static Process Start(string folder, string programFolder, params string[] under) =>
        Start(folder, programFolder, new Dictionary<string, string>(), under);

    private static Process Start(string folder, string programFolder, IReadOnlyDictionary<string, string> variables, string[] under)
    {
        string[] command = [.. under, Path.Combine(programFolder, "Tidepool.Tests"), "-explicit", "only", "-method", $"{typeof(EngineProcess).FullName}.{nameof(Run)}"];
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment[FolderVariable] = folder;
        foreach (var (name, value) in variables)
        {
            info.Environment[name] = value;
        }

        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Waits for what the process reports; null stands for its first report.</summary>
    internal static async Task<EngineReport> ReportAsync(string folder, Process process)
    {
        var file = Path.Combine(folder, "report");
        await Condition.UntilAsync(() => File.Exists(file) || process.HasExited, "the engine's report");
        Assert.True(File.Exists(file), "The engine ended without a report.");
        var report = JsonSerializer.Deserialize<EngineReport>(await File.ReadAllTextAsync(file, FargateRig.Ct))!;
        File.Delete(file);
        return report;
    }

    /// <summary>Tells the process to stop, and waits for its end.</summary>
    internal static async Task StopAsync(string folder, Process process)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "stop"), "", FargateRig.Ct);
        Assert.Equal("stopped", (await ReportAsync(folder, process)).Problem);
        await process.WaitForExitAsync(FargateRig.Ct).WaitAsync(FargateRig.Limit, FargateRig.Ct);
    }

    private static FargateOptions Options(string folder)
    {
        var options = FargateRig.Options(Path.Combine(folder, "environments", "one")) with { StorageFolder = Path.Combine(folder, "storage") };
        return Environment.GetEnvironmentVariable(SocketVariable) is { } socket
            ? options with { Engine = new(socket), AgentBinary = Environment.GetEnvironmentVariable(AgentVariable)! }
            : options;
    }

    private static void Write(string folder, EngineReport report)
    {
        var file = Path.Combine(folder, "report");
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(report));
        File.Move(file + ".new", file, overwrite: true);
    }
}

/// <summary>What the started process saw.</summary>
public sealed record EngineReport(string? Problem, RuntimeFacts? Facts, IReadOnlyList<VolumeFacts> Volumes, string FirstLog, string SecondLog)
{
    /// <summary>What the task with a file system wrote, and why one of another user could not start.</summary>
    public string FileSystemLog { get; init; } = "";
}
