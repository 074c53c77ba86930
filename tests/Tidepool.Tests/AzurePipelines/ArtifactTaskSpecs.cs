using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Tidepool.AzurePipelines.TaskPackages;
using Tidepool.Deployment.Tests;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>The tasks of artifacts, run by Node as an agent runs them, against a service.</summary>
public sealed partial class ArtifactTaskSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-artifact-tasks-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_one_job_published_another_run_downloads()
    {
        Assert.SkipUnless(Installed.Has("node"), "There is no node on the PATH.");
        await using var tested = await StartAsync(options => options with { WorkFolder = Path.Combine(_folder.FullName, "work") });
        var agent = await tested.OnlineAgentAsync("a");
        tested.Queue(Stage("s", Job("j", Script("step"))));
        var first = await agent.TakeJobAsync();
        var source = _folder.CreateSubdirectory("out [1]");
        await File.WriteAllTextAsync(Path.Combine(source.CreateSubdirectory("deep").FullName, "a.txt"), "a", Ct);
        await File.WriteAllTextAsync(Path.Combine(source.FullName, "b.log"), "b", Ct);

        var (published, said) = await RunAsync("PublishPipelineArtifact", "1", first, ("path", source.FullName), ("artifactName", "drop"));
        Assert.True(published == 0, said);
        var command = Upload().Match(said);
        Assert.Equal(("drop", "drop", source.FullName), (command.Groups[1].Value, command.Groups[2].Value, command.Groups[3].Value));
        await first.UploadAsync("drop/deep/a.txt", "a");
        await first.UploadAsync("drop/b.log", "b");
        await first.AssociateAsync("drop");
        await first.CompleteAsync();

        tested.Queue(Stage("s", Job("j", Script("step"))));
        var second = await agent.TakeJobAsync();
        var own = Path.Combine(_folder.FullName, "own");
        var (missing, why) = await RunAsync("DownloadPipelineArtifact", "2", second, ("source", "current"), ("artifact", "drop"), ("path", own));
        Assert.NotEqual(0, missing);
        Assert.Contains("##vso[task.complete result=Failed;]Artifact drop was not found for build 2.", why);

        (string, string)[] latest = [("source", "specific"), ("pipeline", "demo"), ("runVersion", "latest"), ("path", own)];
        var (picked, told) = await RunAsync("DownloadPipelineArtifact", "2", second, [.. latest, ("artifact", "drop"), ("patterns", "**/*.txt")]);
        Assert.True(picked == 0, told);
        Assert.Equal(["deep/a.txt"], Files(own));
        Assert.Equal(0, (await RunAsync("DownloadPipelineArtifact", "2", second, latest)).ExitCode);
        Assert.Equal(["deep/a.txt", "drop/b.log", "drop/deep/a.txt"], Files(own));

        var builds = Path.Combine(_folder.FullName, "builds");
        var (exitCode, output) = await RunAsync(
            "DownloadBuildArtifacts", "0", second, ("buildType", "specific"), ("buildVersionToDownload", "specific"), ("buildId", "1"), ("definition", "1"),
            ("artifactName", "drop"), ("itemPattern", "**\n!**/*.log"), ("downloadPath", builds));
        Assert.True(exitCode == 0, output);
        Assert.Equal(["drop/deep/a.txt"], Files(builds));
        Assert.Contains("##vso[task.setvariable variable=BuildNumber;isOutput=true]1", output);
    }

    [Theory]
    [InlineData("path", "nowhere", "Path does not exist: ")]
    [InlineData("artifactName", "a/b", "The name 'a/b' of the artifact has a character that names must not have")]
    [InlineData("artifactType", "filepath", "Publishing artifacts from a Linux or macOS agent to a file share is not supported")]
    public async Task What_cannot_be_published_is_told(string input, string value, string told)
    {
        Assert.SkipUnless(Installed.Has("node"), "There is no node on the PATH.");
        (string, string)[] inputs = [("path", _folder.FullName), ("artifactName", "drop"), (input, value)];

        var (exitCode, output) = await RunAsync("PublishPipelineArtifact", "1", job: null, [.. inputs.DistinctBy(pair => pair == (input, value) ? "" : pair.Item1)]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains($"##vso[task.logissue type=error]{told}", output);
    }

    private static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];

    private async Task<(int ExitCode, string Output)> RunAsync(string name, string version, ScriptedJob? job, params (string Name, string Value)[] inputs)
    {
        var package = TaskPackage.BuiltIn.Single(package => package.Task.Name == name && package.Task.Version.IsAsked(version));
        var task = _folder.CreateSubdirectory($"task-{Guid.NewGuid():N}");
        try
        {
            await using var packed = package.Open();
            await ZipFile.ExtractToDirectoryAsync(packed, task.FullName, Ct);
            var start = new ProcessStartInfo("node", [Path.Combine(task.FullName, "index.js")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = task.FullName,
            };
            start.Environment["SYSTEM_DEFAULTWORKINGDIRECTORY"] = _folder.FullName;
            foreach (var (input, value) in inputs)
            {
                start.Environment[$"INPUT_{input.ToUpperInvariant()}"] = value;
            }

            if (job is not null)
            {
                var connection = job.Message.Resources.Endpoints.Single();
                start.Environment["ENDPOINT_URL_SYSTEMVSSCONNECTION"] = connection.Url;
                start.Environment["ENDPOINT_AUTH_SYSTEMVSSCONNECTION"] = $$$"""{"scheme":"OAuth","parameters":{"AccessToken":"{{{job.Token}}}"}}""";
                start.Environment["SYSTEM_TEAMPROJECTID"] = job.Message.Variables["system.teamProjectId"].Value;
                start.Environment["BUILD_BUILDID"] = job.Message.Variables["build.buildId"].Value;
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            using var node = Process.Start(start)!;
            var (output, errors) = (node.StandardOutput.ReadToEndAsync(limit.Token), node.StandardError.ReadToEndAsync(limit.Token));
            await node.WaitForExitAsync(limit.Token);
            return (node.ExitCode, await output + await errors);
        }
        finally
        {
            task.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"##vso\[artifact\.upload containerfolder=(.*);artifactname=(.*?)\](.*)\n")]
    private static partial Regex Upload();
}
