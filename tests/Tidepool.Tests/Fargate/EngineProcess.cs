using System.Diagnostics;
using System.Text.Json;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate;

/// <summary>A local Fargate in a process of its own: this test program, started again, as the user and in the namespace that a test needs.</summary>
public sealed class EngineProcess
{
    private const string FolderVariable = "TIDEPOOL_TEST_ENGINE";
    private const string SocketVariable = "TIDEPOOL_TEST_ENGINE_SOCKET";
    private const string AgentVariable = "TIDEPOOL_TEST_ENGINE_AGENT";
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
            var definition = await fargate.RegisterTaskDefinitionAsync(
                FargateRig.Definition(
                    FargateRig.Container("agent-1", $"id -u; stat -c %u:%g:%a /shared-storage; echo x > /shared-storage/x; (setsid {Marker} &); {FargateRig.Wait}") with
                    {
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
            Write(folder!, new(null, fargate.Runtime, fargate.DescribeVolumes(arn), Log("agent-1"), Log("agent-2")));
            await Condition.UntilAsync(() => File.Exists(Path.Combine(folder!, "stop")), "the word to stop");
            report = new("stopped", fargate.Runtime, [], "", "");
        }
        catch (ProblemException e)
        {
            report = new(e.Message, null, [], "", "");
        }

        Write(folder!, report);
    }

    /// <summary>Starts the process for a folder, with a container engine.</summary>
    internal static Process Start(string folder, string programFolder, Uri engine, string agentBinary, params string[] under) =>
        Start(folder, programFolder, new Dictionary<string, string> { [SocketVariable] = engine.OriginalString, [AgentVariable] = agentBinary }, under);

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
        var options = FargateRig.Options(Path.Combine(folder, "environments", "one"));
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
public sealed record EngineReport(string? Problem, RuntimeFacts? Facts, IReadOnlyList<VolumeFacts> Volumes, string FirstLog, string SecondLog);
