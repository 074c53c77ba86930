using System.Diagnostics;
using Tidepool.Comparison;
using Tidepool.Comparison.Access;
using Tidepool.Fargate;
using Tidepool.Rehearsal;
using Tidepool.Tests.Agent;
using Tidepool.Tests.Fargate;

namespace Tidepool.Tests.Comparison;

/// <summary>A repository with one pipeline in it, and a folder for the environments that it is compared in.</summary>
internal sealed class ComparedPipeline : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly string _root = Directory.CreateTempSubdirectory("tidepool-verdict-").FullName;

    private string Repository => Path.Combine(_root, "repository");

    private string State => Path.Combine(_root, "state");

    /// <summary>Compares storages for a pipeline, and sees that nothing is left.</summary>
    public static async Task<PipelineReport> CompareAsync(string yaml, CostReport? cost = null)
    {
        using var compared = new ComparedPipeline();
        return await compared.RunAsync(await compared.WriteAsync(yaml), cost, new Ignored(), FargateRig.Ct);
    }

    /// <summary>The same for a pipeline of this repository.</summary>
    public static async Task<PipelineReport> CompareOwnAsync(string file)
    {
        using var compared = new ComparedPipeline();
        return await compared.RunAsync(Path.Combine(Clone.Root, file), cost: null, new Ignored(), FargateRig.Ct);
    }

    /// <summary>Writes the pipeline into a new repository.</summary>
    public async Task<string> WriteAsync(string yaml)
    {
        Directory.CreateDirectory(Repository);
        var file = Path.Combine(Repository, "azure-pipelines.yml");
        await File.WriteAllTextAsync(file, yaml, FargateRig.Ct);
        await GitAsync("init", "--quiet", "--initial-branch", "main");
        await GitAsync("add", "--all");
        await GitAsync("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "x");
        return file;
    }

    public async Task<PipelineReport> RunAsync(string file, CostReport? cost, IProgress<RehearsalEvent> progress, CancellationToken ct, RunInputs? inputs = null, Func<RehearsalOptions, RehearsalOptions>? change = null, AccessMeans best = AccessMeans.Mounts)
    {
        Directory.CreateDirectory(State);
        try
        {
            var options = new RehearsalOptions
            {
                RepositoryFolder = Path.GetDirectoryName(file)!,
                AgentBinary = await AgentBinary.GetAsync(),
                ContainerTemplate = Path.Combine(Clone.Root, "terraform", "agent-container.json.tftpl"),
                StateFolder = State,
                Runtime = RuntimeWish.Sandbox,
            };
            return await PipelineComparison.RunAsync(
                change?.Invoke(options) ?? options, new() { Path = file, Inputs = inputs ?? new() }, cost, best, TimeProvider.System, progress, ct).WaitAsync(Limit, FargateRig.Ct);
        }
        finally
        {
            Assert.Empty(Directory.GetDirectories(State));
            Assert.DoesNotContain(await File.ReadAllLinesAsync("/proc/self/mountinfo", CancellationToken.None), line => line.Contains(State, StringComparison.Ordinal));
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private async Task GitAsync(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = Repository })!;
        await git.WaitForExitAsync(FargateRig.Ct);
        Assert.Equal(0, git.ExitCode);
    }

    internal sealed class Ignored : IProgress<RehearsalEvent>
    {
        public void Report(RehearsalEvent value)
        {
            // Nobody watches.
        }
    }
}
