using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate;

public sealed class StopSpecs : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-stop-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_end_of_the_environment_lets_containers_drain()
    {
        var (fargate, task) = await StartAsync("trap 'touch /tmp/drained; exit 0' TERM; echo ready; sleep 1000 & wait $!");
        var changes = fargate.ReadStateChangesAsync(FargateRig.Ct);

        await fargate.DisposeAsync();

        var last = new Dictionary<string, int?>();
        var statuses = new List<string>();
        await foreach (var change in changes)
        {
            if (change.Kind is TaskStateChangeKind.Container)
            {
                last[change.Status] = change.ExitCode;
            }
            else
            {
                statuses.Add(change.Status);
            }
        }

        Assert.Equal((0, EcsTaskStatus.Stopped), (last[EcsTaskStatus.Stopped], statuses[^1]));
        Assert.False(Directory.Exists(Path.Combine(_root, "environment")));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fargate.StopTaskAsync("c", task, null, FargateRig.Ct));
    }

    [Fact]
    public async Task In_a_hurry_it_kills_what_does_not_end()
    {
        var (fargate, _) = await StartAsync("trap '' TERM; echo ready; while :; do sleep 1; done");
        using var hurry = new CancellationTokenSource();
        var stopping = fargate.StopAsync(hurry.Token);
        Assert.False(stopping.IsCompleted);

        await hurry.CancelAsync();

        await stopping.WaitAsync(TimeSpan.FromSeconds(20), FargateRig.Ct);
        Assert.False(Directory.Exists(Path.Combine(_root, "environment")));
    }

    private async Task<(LocalFargate Fargate, string Task)> StartAsync(string script)
    {
        var fargate = await LocalFargate.StartAsync(FargateRig.Options(Path.Combine(_root, "environment")), TimeProvider.System, FargateRig.Ct);
        await fargate.CreateClusterAsync("c", FargateRig.Ct);
        await fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container("agent-1", "") with { Command = ["bash", "-c", script], StopTimeout = 120 }), FargateRig.Ct);
        var task = (await fargate.RunTaskAsync(new() { Cluster = "c", TaskDefinition = "f", NetworkConfiguration = FargateRig.Network }, FargateRig.Ct)).Tasks[0].TaskArn;
        await Condition.UntilAsync(() => fargate.LogFile(task, "agent-1") is { } log && File.Exists(log) && File.ReadAllText(log).Contains("ready", StringComparison.Ordinal), "the container");
        return (fargate, task);
    }
}
