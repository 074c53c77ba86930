using Tidepool.Deployment.Tools;
using Tidepool.Storage;

namespace Tidepool.Deployment.Infrastructure;

/// <summary>The user's Terraform in the folder of the root module.</summary>
/// <param name="folder">The root module.</param>
/// <param name="logFolder">Where the outputs of its commands are kept, one file a command.</param>
/// <param name="environment">Variables besides the inherited ones.</param>
/// <param name="progress">Hears of each resource.</param>
/// <param name="clock">Time.</param>
internal sealed class Terraform(
    string folder, string logFolder, IReadOnlyDictionary<string, string> environment, IProgress<DeploymentEvent> progress, TimeProvider clock)
{
    private bool _initialized;

    /// <summary>A folder of providers, for machines without the registry; null for the registry.</summary>
    public string? PluginFolder { get; init; }

    /// <summary>How long a command waits for the state's lock. Default one minute.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What applying with these settings would change, and what will be billed for then. The settings are not kept.</summary>
    /// <exception cref="ProblemException">Terraform failed.</exception>
    public async Task<(TerraformPlan Plan, BilledDeployment Billed)> PlanAsync(AutoVariables variables, CancellationToken ct)
    {
        await InitializeAsync(ct);
        var file = Path.Combine(logFolder, "terraform.tfplan");
        var settings = variables.Write(logFolder);
        try
        {
            var plan = await RunAsync("plan", ["plan", "-input=false", Lock, "-json", $"-out={file}", $"-var-file={settings}"], ct);
            var shown = await AskAsync(["show", "-json", file], ct);
            return shown.ExitCode == 0
                ? (plan, BilledPlan.Read(string.Join('\n', shown.Output)))
                : throw new ProblemException(TerraformProblem.Of([.. shown.Output, .. shown.Errors], "show"));
        }
        finally
        {
            File.Delete(file);
            File.Delete(settings);
        }
    }

    /// <summary>Makes what the configuration asks for.</summary>
    /// <exception cref="ProblemException">Terraform failed; what it made until then stands and is in its state.</exception>
    public async Task<TerraformPlan> ApplyAsync(CancellationToken ct)
    {
        await InitializeAsync(ct);
        return await RunAsync("apply", ["apply", "-input=false", "-auto-approve", Lock, "-json"], ct);
    }

    /// <summary>Destroys all that the state has.</summary>
    /// <exception cref="ProblemException">Terraform failed; what is left stands and is in its state.</exception>
    public async Task<TerraformPlan> DestroyAsync(CancellationToken ct)
    {
        await InitializeAsync(ct);
        return await RunAsync("destroy", ["destroy", "-input=false", "-auto-approve", Lock, "-json"], ct);
    }

    /// <summary>The outputs of what is deployed; null when nothing is.</summary>
    /// <exception cref="ProblemException">Terraform failed.</exception>
    public async Task<TerraformOutputs?> OutputsAsync(CancellationToken ct)
    {
        await InitializeAsync(ct);
        var answer = await AskAsync(["output", "-json"], ct);
        return answer.ExitCode == 0
            ? TerraformOutputs.Read(string.Join('\n', answer.Output))
            : throw new ProblemException(TerraformProblem.Of([.. answer.Output, .. answer.Errors], "output"));
    }

    /// <summary>The addresses of all resources in the state.</summary>
    /// <exception cref="ProblemException">Terraform failed.</exception>
    public async Task<IReadOnlyList<string>> ResourcesAsync(CancellationToken ct)
    {
        await InitializeAsync(ct);
        var answer = await AskAsync(["state", "list"], ct);
        return answer.ExitCode switch
        {
            0 => [.. answer.Output.Where(line => line.Length > 0 && !TerraformResource.IsDataAddress(line))],
            // Before the first apply there is no state, which is an error to this command only.
            _ when answer.Errors.Any(line => line.Contains("No state file was found", StringComparison.Ordinal)) => [],
            _ => throw new ProblemException(TerraformProblem.Of([.. answer.Output, .. answer.Errors], "state list")),
        };
    }

    private static Dictionary<string, string> Quiet => new() { ["TF_IN_AUTOMATION"] = "1", ["CHECKPOINT_DISABLE"] = "1", ["TF_CLI_ARGS"] = "" };

    private string Lock => $"-lock-timeout={LockTimeout.TotalSeconds:0}s";

    private Dictionary<string, string> Variables => Quiet.Concat(environment).ToDictionary();

    /// <summary>Installs the provider and reads the backend's settings, once.</summary>
    private async Task InitializeAsync(CancellationToken ct)
    {
        if (_initialized)
        {
            return;
        }

        // Plain text, for -json of this command is younger than the Terraform that the configuration asks for.
        var lines = new List<string>();
        var code = await StartAsync(
            "init", ["init", "-input=false", "-no-color", .. PluginFolder is null ? Array.Empty<string>() : [$"-plugin-dir={PluginFolder}"]], lines.Add, ct);
        ct.ThrowIfCancellationRequested();
        if (code != 0)
        {
            throw new ProblemException(TerraformProblem.Of(lines, "init"));
        }

        _initialized = true;
    }

    private async Task<ToolAnswer> AskAsync(IReadOnlyList<string> arguments, CancellationToken ct) =>
        await new ToolRun("terraform", arguments) { Folder = folder, Environment = Variables }.RunAsync(clock, ct) ?? throw Missing();

    private async Task<TerraformPlan> RunAsync(string command, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var stream = new TerraformStream(progress);
        var code = await StartAsync(command, arguments, stream.Read, ct);

        // Interrupted, Terraform ends the resources it has in hand, writes its state and calls it an error.
        ct.ThrowIfCancellationRequested();
        if (code != 0)
        {
            var problems = stream.Problems(command);
            foreach (var other in problems.Skip(1))
            {
                progress.Report(new ProblemSeen(other));
            }

            throw new ProblemException(problems[0]);
        }

        return stream.Plan;
    }

    private async Task<int> StartAsync(string name, IReadOnlyList<string> arguments, Action<string> onLine, CancellationToken ct) =>
        await LastingRun.RunAsync(
            "terraform", arguments, folder, Path.Combine(logFolder, $"terraform-{name}.log"), Variables, onLine, clock, ct) ?? throw Missing();

    private static ProblemException Missing() => new(
        "TERRAFORM001", "There is no terraform on the PATH.", "Install it: https://developer.hashicorp.com/terraform/install");
}
