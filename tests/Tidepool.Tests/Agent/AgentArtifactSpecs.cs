using System.Text;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

public sealed class AgentArtifactSpecs
{
    [Fact]
    public async Task What_a_job_publishes_it_can_download_again()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(
            JobServer.Bash(
                """
                mkdir -p out/deep; echo one > out/one.txt; echo two > out/deep/two.log; : > out/empty; echo hidden > out/.hidden
                head -c 9000000 /dev/urandom > out/big; seq 40000 > out/packs; sha256sum out/big out/packs > ../sums
                """),
            JobServer.BuiltIn(TaskReference.PublishPipelineArtifact, "publish", ("path", "out"), ("artifactName", "site")),
            JobServer.BuiltIn(TaskReference.PublishBuildArtifacts, "drop", ("PathtoPublish", "$(System.DefaultWorkingDirectory)/out/one.txt"), ("ArtifactName", "drop")),
            JobServer.BuiltIn(TaskReference.DownloadPipelineArtifact, "into", ("source", "current"), ("artifactName", "site"), ("path", "$(Pipeline.Workspace)/into")),
            JobServer.BuiltIn(TaskReference.Download, "download", ("alias", "current"), ("artifact", "site"), ("patterns", "**/*.log\n*.txt")),
            JobServer.BuiltIn(TaskReference.DownloadBuildArtifacts, "build", ("downloadType", "specific"), ("itemPattern", "**\n!site/**"), ("downloadPath", "$(Pipeline.Workspace)/build")),
            JobServer.Bash(
                """
                cd ..; for f in into site build; do (cd $f; find . -type f | sort | sed "s|^.|$f|"); done
                rm -r s/out; mv into s/out; cd s; sha256sum -c ../sums
                """,
                "look"));

        job.MustBe("succeeded");
        Assert.Equal(
            [
                "into/.hidden", "into/big", "into/deep/two.log", "into/empty", "into/one.txt", "into/packs",
                "site/deep/two.log", "site/one.txt", "build/drop/one.txt", "out/big: OK", "out/packs: OK",
            ],
            job.Output("look"));
        Assert.Equal(("Container", "#/3/site"), (server.Artifacts["site"].Resource.Type, server.Artifacts["site"].Resource.Data));
        Assert.Equal("#/3/drop", server.Artifacts["drop"].Resource.Data);
        Assert.Equal(
            ["bytes 0-4194303/9000000", "bytes 4194304-8388607/9000000", "bytes 8388608-8999999/9000000"],
            server.Calls.Where(call => call.Contains("site%2Fbig&", StringComparison.Ordinal) && call.StartsWith("PUT", StringComparison.Ordinal)).Select(call => call[(call.LastIndexOf("bytes", StringComparison.Ordinal))..]));
        Assert.EndsWith("gzip", server.Calls.Single(call => call.Contains("site%2Fpacks&", StringComparison.Ordinal) && call.StartsWith("PUT", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("bytes", server.Calls.Single(call => call.Contains("site%2Fempty&", StringComparison.Ordinal) && call.StartsWith("PUT", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_uploads_a_folder_under_the_name_it_gives()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash(
            """
            mkdir -p out none; echo one > out/one
            echo "##vso[artifact.upload containerfolder=place;artifactname=named;note=x]$PWD/out"
            echo "##vso[artifact.upload artifactname=nothing]$PWD/none"
            """,
            "step"));

        job.MustBe("succeeded");
        Assert.Equal("one", Encoding.UTF8.GetString(server.Files["place/one"].ToArray()).Trim());
        var artifact = Assert.Single(server.Artifacts.Values);
        Assert.Equal(("named", "#/3/place", "x", "4"), (artifact.Name, artifact.Resource.Data, artifact.Resource.Properties!["note"], artifact.Resource.Properties["artifactsize"]));
        Assert.Equal([$"warning: Directory '{server.Workspace}/s/none' is empty. Nothing will be added to build artifact 'nothing'."], job.Issues("step"));
    }

    [Fact]
    public async Task What_cannot_be_published_or_found_is_said()
    {
        await using var server = await JobServer.StartAsync();
        async Task<string> ErrorAsync(Guid task, params (string, string)[] inputs)
        {
            var job = await server.RunAsync(JobServer.BuiltIn(task, "step", inputs));
            job.MustBe("failed");
            return Assert.Single(job.Issues("step"));
        }

        Assert.Equal($"error: Path does not exist: {server.Workspace}/s/no", await ErrorAsync(TaskReference.PublishPipelineArtifact, ("path", "no")));
        Assert.Equal(
            "error: Artifact name is not valid: a/b. It cannot contain '\\', /', \"', ':', '<', '>', '|', '*', and '?'",
            await ErrorAsync(TaskReference.PublishPipelineArtifact, ("path", "."), ("artifactName", "a/b")));
        Assert.Contains("'filepath' is not supported", await ErrorAsync(TaskReference.PublishPipelineArtifact, ("artifactType", "filepath")), StringComparison.Ordinal);
        Assert.Equal("error: Artifact gone was not found for build 7.", await ErrorAsync(TaskReference.DownloadPipelineArtifact, ("artifactName", "gone")));
        Assert.Contains("Artifacts of the latest run are not supported", await ErrorAsync(TaskReference.DownloadPipelineArtifact, ("source", "specific")), StringComparison.Ordinal);
        Assert.Contains("there is no variable resources.pipeline.other.runID", await ErrorAsync(TaskReference.Download, ("alias", "other")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Build.Compile.__default", "Build.Compile")]
    [InlineData("__default.Compile.linux", ".Compile.linux")]
    [InlineData("__default", "")]
    public void An_artifact_without_a_name_has_its_jobs(string identifier, string name) =>
        Assert.Equal(name, Tidepool.Agent.Steps.PublishArtifactTask.NameOfJob(identifier));
}
