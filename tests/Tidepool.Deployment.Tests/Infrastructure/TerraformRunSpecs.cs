using System.Collections.Concurrent;
using Tidepool.Deployment.Infrastructure;

namespace Tidepool.Deployment.Tests.Infrastructure;

/// <summary>The real Terraform, with resources that need no provider from anywhere.</summary>
public sealed class TerraformRunSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Heard _heard = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public TerraformRunSpecs() => Assert.SkipUnless(Installed.Has("terraform"), "terraform is not installed.");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Apply_tells_each_resource_and_destroy_takes_them_away()
    {
        Configure("""resource "terraform_data" "one" {}""");
        var terraform = Create();
        Assert.Empty(await terraform.ResourcesAsync(Ct));
        Assert.Equal("1 created, 0 changed, 0 destroyed", (await terraform.ApplyAsync(Ct)).ToString());
        Assert.Contains(_heard.Events, happened => happened is ResourceSeen { Address: "terraform_data.one", Verb: "created", Done: true });
        Assert.Equal(["terraform_data.one"], await terraform.ResourcesAsync(Ct));
        Assert.True((await terraform.ApplyAsync(Ct)).ChangesNothing);
        Assert.Equal("0 created, 0 changed, 1 destroyed", (await terraform.DestroyAsync(Ct)).ToString());
    }

    [Fact]
    public async Task A_state_that_another_run_holds_is_told_with_its_owner()
    {
        Configure(Sleeping);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var first = Create().ApplyAsync(ended.Token);
        await _heard.UntilAsync(happened => happened is ResourceSeen { Address: "terraform_data.slow" });

        var e = await Assert.ThrowsAsync<ProblemException>(() => Create(lockTimeout: TimeSpan.Zero).ApplyAsync(Ct));

        Assert.Matches(@"^TERRAFORM003: The Terraform state is locked by \S+@\S+ since .+ \(OperationTypeApply\)\. Wait .* force-unlock [0-9a-f-]{36}\.$", e.Message);
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task Canceled_it_ends_what_it_has_in_hand_and_its_state_has_what_was_made()
    {
        Configure($$"""
            resource "terraform_data" "made" {}
            {{Sleeping}}
            """);
        using var canceled = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var apply = Create().ApplyAsync(canceled.Token);
        await _heard.UntilAsync(happened => happened is ResourceSeen { Address: "terraform_data.slow" });

        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => apply);

        Assert.Contains("terraform_data.made", await Create().ResourcesAsync(Ct));
        Assert.Contains("Interrupt received", File.ReadAllText(Path.Combine(_folder.Path, "log", "terraform-apply.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_cannot_be_had_is_told_with_the_way_around_the_registry()
    {
        Configure("""
            terraform {
              required_providers { aws = { source = "hashicorp/aws" } }
            }
            """);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "empty"));
        var e = await Assert.ThrowsAsync<ProblemException>(() => Create(pluginFolder: Path.Combine(_folder.Path, "empty")).ApplyAsync(Ct));
        Assert.Equal("TERRAFORM004", e.Problem.Code);
        Assert.StartsWith("Terraform: Failed to query available provider packages. Could not retrieve the list of available versions for provider hashicorp/aws", e.Problem.What, StringComparison.Ordinal);
        Assert.EndsWith("or set TIDEPOOL_TF_PLUGIN_DIR to a folder that holds the provider.", e.Problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variable_that_is_refused_is_told_in_the_configurations_words()
    {
        Configure("""
            variable "tasks" {
              default = 200
              validation {
                condition     = var.tasks < 101
                error_message = "tasks is ${var.tasks}. Use a whole number from 0 to 100."
              }
            }
            """);
        var e = await Assert.ThrowsAsync<ProblemException>(() => Create().ApplyAsync(Ct));
        Assert.Equal("TERRAFORM008", e.Problem.Code);
        Assert.StartsWith("Terraform: Invalid value for variable. tasks is 200. Use a whole number from 0 to 100.", e.Problem.What, StringComparison.Ordinal);
    }

    private const string Sleeping = """
        resource "terraform_data" "slow" {
          provisioner "local-exec" { command = "exec sleep 30" }
        }
        """;

    private void Configure(string text) => _folder.Write("terraform/main.tf", text);

    private Terraform Create(TimeSpan? lockTimeout = null, string? pluginFolder = null) => new(
        Path.Combine(_folder.Path, "terraform"), Path.Combine(_folder.Path, "log"), new Dictionary<string, string> { ["TF_CLI_CONFIG_FILE"] = "" }, _heard, TimeProvider.System)
    {
        LockTimeout = lockTimeout ?? TimeSpan.FromMinutes(1),
        PluginFolder = pluginFolder,
    };

    private sealed class Heard : IProgress<DeploymentEvent>
    {
        private readonly SemaphoreSlim _more = new(0);

        public ConcurrentQueue<DeploymentEvent> Events { get; } = new();

        public void Report(DeploymentEvent value)
        {
            Events.Enqueue(value);
            _more.Release();
        }

        public async Task UntilAsync(Func<DeploymentEvent, bool> condition)
        {
            while (!Events.Any(condition))
            {
                Assert.True(await _more.WaitAsync(TimeSpan.FromSeconds(30), Ct), "Terraform did not say so within 30 s.");
            }
        }
    }
}
