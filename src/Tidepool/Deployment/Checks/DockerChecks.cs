using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Checks;

/// <summary>The engine that builds the agent image, and whether it can for the tasks' processor.</summary>
internal sealed partial class DockerChecks(IReadOnlyDictionary<string, string> environment, SettingsReading reading, CancellationToken stopping)
    : IAsyncDisposable
{
    private readonly Lazy<Task<ProgramRun?>> _engine = new(() => ProgramRun.OfAsync(
        "docker", ["version", "--format", "{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}"], "/", environment, stopping));

    public IEnumerable<Check> All() =>
    [
        new("docker", "Docker engine", "https://docs.docker.com/engine/install/", EngineAsync),
        new("docker-platform", "platform of the image", "https://docs.docker.com/build/building/multi-platform/", PlatformAsync),
        new("image-support", "support of the image", "docs/image.md", Support),
    ];

    /// <summary>Waits until the program that both checks ask has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_engine.IsValueCreated)
        {
            await _engine.Value.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<CheckResult> EngineAsync(Check check, CancellationToken ct) => await _engine.Value.WaitAsync(ct) switch
    {
        null => check.Failed(new(
            "DOCTOR006",
            "There is no docker on the PATH, so no image can be built.",
            "Install a Docker engine, or give an image of your own: tidepool up --image.")),
        { ExitCode: 0, Output: var version } => check.Ok($"version {version.Trim().Replace(" ", ", ", StringComparison.Ordinal)}"),
        var run => check.Failed(new(
            "DOCTOR006",
            $"The Docker engine does not answer: {run.FirstError}",
            "Start it, or point DOCKER_HOST to one; or give an image of your own: tidepool up --image.")),
    };

    private async Task<CheckResult> PlatformAsync(Check check, CancellationToken ct)
    {
        if (reading.Terraform is not { } terraform)
        {
            return check.Skipped("terraform.tfvars does not say for which processor");
        }

        if (await _engine.Value.WaitAsync(ct) is not { ExitCode: 0 } engine)
        {
            return check.Skipped("no Docker engine answers");
        }

        var wanted = terraform.CpuArchitecture == "ARM64" ? "linux/arm64" : "linux/amd64";
        var own = engine.Output.Trim().Split(' ')[^1];
        var built = await ProgramRun.OfAsync("docker", ["buildx", "inspect"], "/", environment, ct) is { ExitCode: 0 } buildx
            ? Platform().Matches(string.Join('\n', Platforms().Matches(buildx.Output).Select(match => match.Value))).Select(match => match.Value).ToHashSet()
            : [];
        built.Add(own);
        return own == wanted ? check.Ok($"{wanted}, as the engine itself")
            : built.Contains(wanted) ? check.Ok($"{wanted} by emulation or another builder; the engine itself is {own}, so the build takes longer")
            : check.Failed(new(
                "DOCTOR007",
                $"Tasks run on {terraform.CpuArchitecture}, and the engine builds {string.Join(", ", built.Order(StringComparer.Ordinal))} only.",
                terraform.CpuArchitecture == "ARM64"
                    ? "Install emulation (docker run --privileged --rm tonistiigi/binfmt --install arm64), or set cpu_architecture = \"X86_64\"."
                    : "Install emulation (docker run --privileged --rm tonistiigi/binfmt --install amd64), or set cpu_architecture = \"ARM64\"."));
    }

    // Source of the list: https://learn.microsoft.com/azure/devops/pipelines/agents/linux-agent (Alpine x64 only, seen in November 2026).
    private Task<CheckResult> Support(Check check, CancellationToken ct) => Task.FromResult(reading.Terraform?.CpuArchitecture switch
    {
        null => check.Skipped("terraform.tfvars does not say for which processor"),
        "ARM64" => check.Note(
            "Microsoft's agent has a package for Alpine on ARM64, and Microsoft's list of supported systems does not have Alpine on ARM64",
            "For a supported system build the image on Debian, or set cpu_architecture = \"X86_64\"."),
        _ => check.Ok("Microsoft's list of supported systems has Alpine on x64"),
    });

    [GeneratedRegex(@"(?m)^\s*Platforms:.*$")]
    private static partial Regex Platforms();

    [GeneratedRegex("linux/(amd64|arm64)(?![/a-z0-9])")]
    private static partial Regex Platform();
}
