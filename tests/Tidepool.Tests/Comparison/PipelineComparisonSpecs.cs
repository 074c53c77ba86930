using System.Text.RegularExpressions;
using Tidepool.Comparison;
using Tidepool.Comparison.Access;
using Tidepool.Rehearsal;
using Tidepool.Tests.Fargate;

namespace Tidepool.Tests.Comparison;

public sealed partial class PipelineComparisonSpecs
{
    internal const string HandsOver = """
        stages:
        - stage: Build
          jobs:
          - job: pack
            steps:
            - checkout: none
            - bash: echo built > /shared-storage/.aside && mv /shared-storage/.aside "/shared-storage/site-$(Build.BuildId)"
        - stage: Deploy
          jobs:
          - job: publish
            steps:
            - checkout: none
            - bash: cat "/shared-storage/site-$(Build.BuildId)"
        """;

    private static readonly CostReport Cost = ComparisonCost.Of(new() { Gib = 60, WrittenGibPerDay = 20, Tasks = 2 });

    [Fact]
    public async Task Our_own_pipeline_hands_over_on_one_task_and_a_bind_mount_is_enough()
    {
        var report = await ComparedPipeline.CompareOwnAsync(Demo.PipelineFile);
        Assert.Equal("succeeded", report.Result);
        Assert.Equal(["bind works", "ebs works", "efs works"], Verdicts(report));
        Assert.All(report.Verdicts, verdict => Assert.NotNull(verdict.Run));
        Assert.Equal("bind", report.Cheapest);
        Assert.Empty(report.Pins);
        Assert.Contains("Deploy.deploy is pinned by FARGATE_TASK -equals $(buildTask)", report.Pinned);
        var site = Assert.Single(report.Paths, path => Site().IsMatch(path.Path));
        Assert.StartsWith("Build.build (task ", Assert.Single(site.WrittenBy));
        Assert.Contains(site.ReadBy, job => job.StartsWith("Deploy.deploy (task ", StringComparison.Ordinal));
        Assert.DoesNotContain(report.Paths, path => path.CrossesTasks);
        Assert.Contains("fanotify", report.How);
    }

    [Fact]
    public async Task A_pipeline_that_never_touches_the_mount_runs_on_any_storage_and_a_bind_mount_is_free()
    {
        var report = await ComparedPipeline.CompareAsync("steps:\n- checkout: none\n- bash: echo nothing > here; cat here\n");
        Assert.Equal(["bind works", "ebs works", "efs works"], Verdicts(report));
        Assert.Empty(report.Paths);
        Assert.Equal("bind", report.Cheapest);
        Assert.Contains("any storage does", report.Advice);
    }

    [Fact]
    public async Task What_one_job_writes_and_another_reads_needs_a_pin_or_EFS()
    {
        var report = await ComparedPipeline.CompareAsync(HandsOver, Cost);
        Assert.Equal("succeeded", report.Result);
        Assert.Equal(["bind works when pinned", "ebs works when pinned", "efs works"], Verdicts(report));
        Assert.All(report.Verdicts, verdict => Assert.NotNull(verdict.Run));
        var path = Assert.Single(report.Paths, path => path.CrossesTasks);
        Assert.Equal("/shared-storage/site-1", path.Path);
        Assert.StartsWith("Build.pack (task ", Assert.Single(path.WrittenBy));
        Assert.StartsWith("Deploy.publish (task ", Assert.Single(path.ReadBy));
        Assert.Contains("Deploy.publish reads /shared-storage/site-1, which Build.pack wrote. With Deploy.publish on another task it fails", report.Verdicts[0].Text);
        Assert.Contains("FARGATE_TASK -equals $(taskOfpack)", Assert.Single(report.Pins));
        Assert.Equal("efs", report.Cheapest);
        Assert.Contains("Once jobs are pinned as said, a bind mount will do", report.Advice);
    }

    [Fact]
    public async Task The_pins_that_it_asks_for_are_enough()
    {
        var report = await ComparedPipeline.CompareAsync("""
            stages:
            - stage: Build
              jobs:
              - job: pack
                steps:
                - checkout: none
                - bash: echo built > /shared-storage/site
                - bash: echo "##vso[task.setvariable variable=task;isOutput=true]$FARGATE_TASK"
                  name: where
            - stage: Deploy
              jobs:
              - job: publish
                variables:
                  taskOfpack: $[ stageDependencies.Build.pack.outputs['where.task'] ]
                pool:
                  name: fargate
                  demands:
                  - FARGATE_TASK -equals $(taskOfpack)
                steps:
                - checkout: none
                - bash: cat /shared-storage/site
            """);
        Assert.Equal(["bind works", "ebs works", "efs works"], Verdicts(report));
        Assert.Contains(report.Traps, trap => trap.StartsWith("Seen: each run writes /shared-storage/site", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cache_that_later_runs_read_needs_EFS_for_no_pin_brings_it_back()
    {
        var report = await ComparedPipeline.CompareAsync("""
            steps:
            - checkout: none
            - bash: |
                mkdir -p /shared-storage/cache
                [ -e /shared-storage/cache/packages ] || echo fetched > /shared-storage/cache/packages
                cat /shared-storage/cache/packages
            """);
        Assert.Equal(["bind works without its cache", "ebs works without its cache", "efs works"], Verdicts(report));
        Assert.Contains("no pin helps", report.Verdicts[0].Text);
        Assert.Empty(report.Pins);
        Assert.Equal("efs", report.Cheapest);
        Assert.Contains("If runs may begin without what earlier ones left, a bind mount will do", report.Advice);
    }

    [Fact]
    public async Task Two_jobs_that_write_the_same_name_are_told_of()
    {
        var report = await ComparedPipeline.CompareAsync("""
            jobs:
            - job: one
              steps:
              - checkout: none
              - bash: echo one > /shared-storage/result
            - job: other
              steps:
              - checkout: none
              - bash: echo other > /shared-storage/result
            """);
        Assert.Contains(report.Traps, trap => trap.StartsWith("Seen: ", StringComparison.Ordinal) && trap.Contains("write /shared-storage/result, and nothing says which is first", StringComparison.Ordinal));
        var path = Assert.Single(report.Paths, path => path.Path == "/shared-storage/result");
        Assert.Equal(2, path.WrittenBy.Count);
    }

    [Fact]
    public async Task Of_a_pipeline_that_fails_its_result_is_told_and_what_it_did_until_then()
    {
        var report = await ComparedPipeline.CompareAsync("""
            jobs:
            - job: build
              steps:
              - checkout: none
              - bash: echo built > /shared-storage/out
            - job: test
              dependsOn: build
              steps:
              - checkout: none
              - bash: cat /shared-storage/out
              - bash: exit 3
            """);
        Assert.Equal("failed", report.Result);
        Assert.All(report.Verdicts, verdict => Assert.Equal(StorageVerdict.NotKnown, verdict.Works));
        Assert.Contains("exited with code '3'", report.Verdicts[0].Text);
        Assert.Contains("test reads /shared-storage/out, which build wrote; on another task that would not be found", report.Verdicts[0].Text);
        Assert.Null(report.Cheapest);
        Assert.Contains("Mend that first", report.Advice);
    }

    [Fact]
    public async Task A_pipeline_that_succeeds_with_EFS_alone_is_told_from_one_that_always_fails()
    {
        var report = await ComparedPipeline.CompareAsync("""
            steps:
            - checkout: none
            - bash: echo built > /shared-storage/out
            - bash: '[ "$FARGATE_STORAGE" = efs ]'
            """);
        Assert.Equal("failed", report.Result);
        Assert.Equal(["bind fails", "ebs fails", "efs works"], Verdicts(report));
        Assert.Equal("efs", report.Cheapest);
    }

    [Fact]
    public async Task A_pipeline_that_cannot_run_here_is_read_all_the_same()
    {
        var report = await ComparedPipeline.CompareAsync("""
            jobs:
            - job: build
              steps:
              - bash: cp site.tar.gz /shared-storage/site.tar.gz
            - job: deploy
              dependsOn: build
              steps:
              - bash: tar -xzf /shared-storage/site.tar.gz
              - task: NuGetCommand@2
            """);
        Assert.Equal(PipelineReport.NotRun, report.Result);
        Assert.Contains("NuGetCommand", report.Advice);
        Assert.Null(report.Cheapest);
        Assert.Contains(report.Traps, trap => trap.Contains("LINT007", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_no_pipeline_has_a_report_that_says_so()
    {
        var report = await ComparedPipeline.CompareAsync("stages: [");
        Assert.Equal(PipelineReport.NotRun, report.Result);
        Assert.All(report.Verdicts, verdict => Assert.Equal(StorageVerdict.NotKnown, verdict.Works));
    }

    [Fact]
    public async Task Ten_thousand_files_are_told_as_a_few_rows()
    {
        var report = await ComparedPipeline.CompareAsync("""
            steps:
            - checkout: none
            - bash: |
                for folder in $(seq 100); do mkdir -p /shared-storage/work/$folder; for file in $(seq 100); do echo x > /shared-storage/work/$folder/$file; done; done
            """);
        Assert.Equal("succeeded", report.Result);
        Assert.Equal("bind works", Verdicts(report)[0]);
        Assert.InRange(report.Paths.Count, 1, 41);
        Assert.Contains("(10000 files)", report.Paths[0].Path);
    }

    [Fact]
    public async Task Who_may_not_watch_mounts_sees_the_same_in_the_folder_behind_them()
    {
        using var compared = new ComparedPipeline();
        var report = await compared.RunAsync(await compared.WriteAsync(HandsOver), cost: null, new ComparedPipeline.Ignored(), FargateRig.Ct, best: AccessMeans.Folders);
        Assert.Contains("inotify", report.How);
        Assert.Equal(["bind works when pinned", "ebs works when pinned", "efs works"], Verdicts(report));
        Assert.Contains(report.Paths, path => path is { Path: "/shared-storage/site-1", CrossesTasks: true });
        Assert.Contains("FARGATE_TASK -equals $(taskOfpack)", Assert.Single(report.Pins));
    }

    [Fact]
    public async Task Where_nothing_can_be_watched_jobs_run_by_turns_on_two_tasks()
    {
        using var compared = new ComparedPipeline();
        var report = await compared.RunAsync(await compared.WriteAsync(HandsOver), cost: null, new ComparedPipeline.Ignored(), FargateRig.Ct, best: AccessMeans.None);
        Assert.StartsWith("Accesses to files were not observed", report.How);
        Assert.Equal(["bind works when pinned", "ebs works when pinned", "efs works"], Verdicts(report));
        Assert.Contains("With jobs by turns on another task it fails", report.Verdicts[0].Text);
        Assert.Empty(report.Paths);
    }

    [Fact]
    public async Task A_secret_in_a_file_s_name_is_masked()
    {
        const string Secret = "s3cr3t-of-mine";
        using var compared = new ComparedPipeline();
        var file = await compared.WriteAsync("""
            jobs:
            - job: build
              steps:
              - checkout: none
              - bash: echo built > "/shared-storage/$KEY"
                env:
                  KEY: $(key)
            - job: test
              dependsOn: build
              steps:
              - checkout: none
              - bash: cat /shared-storage/*
            """);
        var report = await compared.RunAsync(file, cost: null, new ComparedPipeline.Ignored(), FargateRig.Ct, new() { Secrets = new Dictionary<string, string> { ["key"] = Secret } });
        Assert.Contains(report.Paths, path => path is { Path: "/shared-storage/***", CrossesTasks: true });
        Assert.DoesNotContain(Secret, System.Text.Json.JsonSerializer.Serialize(report));
    }

    [Fact]
    public async Task A_comparison_that_is_cut_short_leaves_nothing()
    {
        using var compared = new ComparedPipeline();
        var file = await compared.WriteAsync(HandsOver);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(FargateRig.Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => compared.RunAsync(file, cost: null, new CutAt("ebs", cut), cut.Token));
    }

    [Theory]
    [InlineData("bind")]
    [InlineData("ebs")]
    [InlineData("efs")]
    public void Its_lines_for_Terraform_name_variables_that_there_are(string storage)
    {
        var variables = VariableOf().Matches(File.ReadAllText(Path.Combine(Clone.Root, "terraform", "variables.tf"))).Select(match => match.Groups[1].Value).ToHashSet();
        var lines = PipelineAdvice.Tfvars(storage, Cost).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Contains(line.Split(' ')[0], variables));
        Assert.Contains($"storage = \"{storage}\"", lines);
        Assert.Contains("tasks = 2", lines);
    }

    private static IReadOnlyList<string> Verdicts(PipelineReport report) => [.. report.Verdicts.Select(verdict => $"{verdict.Storage} {verdict.Works}")];

    [GeneratedRegex(@"^/shared-storage/site-[0-9]+\.tar\.gz$")]
    private static partial Regex Site();

    [GeneratedRegex("(?m)^variable \"([a-z_]+)\"")]
    private static partial Regex VariableOf();

    private sealed class CutAt(string word, CancellationTokenSource cut) : IProgress<RehearsalEvent>
    {
        public void Report(RehearsalEvent value)
        {
            if (value is Said(var text) && text.Contains(word, StringComparison.Ordinal))
            {
                cut.Cancel();
            }
        }
    }
}
