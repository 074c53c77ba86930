using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Tidepool.Deployment.Tests;

/// <summary>Terraform in a copy of <c>terraform/</c> that is removed at the end, with a data folder and a state of its own.</summary>
internal sealed class TerraformProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly string[] NotCopied = [".terraform", ".terraform.lock.hcl", "terraform.tfvars", "terraform.tfstate.d"];
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tidepool-terraform-");
    private readonly IReadOnlyDictionary<string, string?> _environment;

    /// <param name="environment">Variables over those of this process; null removes one.</param>
    private TerraformProcess(IReadOnlyDictionary<string, string?> environment)
    {
        _environment = environment;
        Copy(Path.Combine(Clone.Root, "terraform"), Folder);
    }

    /// <summary>The copy.</summary>
    public string Folder => Path.Combine(_root.FullName, "terraform");

    /// <summary>Copies the configuration and runs <c>terraform init</c> there; the test is skipped where Terraform is not installed.</summary>
    public static async Task<TerraformProcess> InitializedAsync(IReadOnlyDictionary<string, string?> environment)
    {
        Assert.SkipUnless(Installed.Has("terraform"), "terraform is not installed.");
        var terraform = new TerraformProcess(environment);
        try
        {
            await terraform.InitAsync();
            return terraform;
        }
        catch
        {
            terraform.Dispose();
            throw;
        }
    }

    /// <summary>Runs <c>terraform init</c> from the provider mirror, if there is one.</summary>
    /// <param name="options">Options before the command, as <c>-chdir</c>.</param>
    public Task<Outcome> InitAsync(params string[] options) =>
        SucceedAsync([.. options, "init", "-input=false", "-no-color", .. ProviderMirror.Folder is { } mirror ? new[] { $"-plugin-dir={mirror}" } : []]);

    /// <summary>The outputs, by name.</summary>
    public async Task<JsonObject> OutputAsync() => JsonNode.Parse((await SucceedAsync("output", "-json")).Output)!.AsObject();

    /// <summary>Runs to the end and demands success.</summary>
    public async Task<Outcome> SucceedAsync(params string[] arguments)
    {
        var outcome = await RunAsync(arguments);
        Assert.True(outcome.ExitCode == 0, $"terraform {string.Join(' ', arguments)} ended with {outcome.ExitCode}:\n{outcome.Output}\n{outcome.Error}");
        return outcome;
    }

    /// <summary>Runs to the end.</summary>
    public async Task<Outcome> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("terraform", arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("TF_VAR_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        // A file that is named and not there makes every command warn.
        if (start.Environment.TryGetValue("TF_CLI_CONFIG_FILE", out var configuration) && !File.Exists(configuration))
        {
            start.Environment.Remove("TF_CLI_CONFIG_FILE");
        }

        start.Environment["TF_DATA_DIR"] = Path.Combine(_root.FullName, "data");
        start.Environment["TF_IN_AUTOMATION"] = "1";
        start.Environment["CHECKPOINT_DISABLE"] = "1";
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new Outcome(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            var name = Path.GetFileName(file);
            if (!NotCopied.Contains(name) && !name.Contains(".auto.tfvars", StringComparison.Ordinal) && !name.Contains(".tfstate", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(to, name));
            }
        }

        foreach (var folder in Directory.EnumerateDirectories(from).Where(folder => !NotCopied.Contains(Path.GetFileName(folder))))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}

/// <summary>How a process ended.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error);
