using System.Text;
using System.Text.Json;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

public sealed class AgentCommandSpecs
{
    [Fact]
    public async Task Commands_about_the_run_reach_the_service_and_their_ends_are_in_the_log()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(
            JobServer.Bash(
                """
                echo "##vso[build.updatebuildnumber]2.0"
                echo "##vso[build.addbuildtag]green tree"
                echo "##vso[artifact.associate type=filepath;artifactname=share;note=x]\\\\server\\drop"
                """,
                "run"),
            JobServer.Bash("echo $(Build.BuildNumber)", "after"));

        job.MustBe("succeeded");
        Assert.Equal("2.0", server.BuildNumber);
        Assert.Equal(["green tree"], server.Tags);
        Assert.Equal(("filepath", @"\\server\drop", "x"), (
            server.Artifacts["share"].Resource.Type, server.Artifacts["share"].Resource.Data, server.Artifacts["share"].Resource.Properties!["note"]));
        Assert.Equal(
            [
                "##[section]Async Command Start: Update Build Number", "Update build number to 2.0 for build 7", "##[section]Async Command End: Update Build Number",
                "##[section]Async Command Start: Add Build Tag", "Build '7' has following tags now: green tree", "##[section]Async Command End: Add Build Tag",
                "##[section]Async Command Start: Associate Artifact", "Associated artifact 1 with build 7", "##[section]Async Command End: Associate Artifact",
                "##[section]Finishing: run",
            ],
            job.Lines("run").SkipWhile(line => !line.StartsWith("##[section]Async", StringComparison.Ordinal)));
        Assert.Equal(["2.0"], job.Output("after"));
    }

    [Fact]
    public async Task Files_are_attached_as_they_are_when_the_command_comes()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash(
            """
            for what in task.uploadsummary task.uploadfile build.uploadsummary build.uploadlog; do
              echo "$what" > notes.md; echo "##vso[$what]$PWD/notes.md"; sleep 0.3
            done
            echo own > notes.md; echo "##vso[task.addattachment type=mine;name=a b]$PWD/notes.md"; sleep 0.3; rm notes.md
            """));

        job.MustBe("succeeded");
        Assert.Equal(
            [
                ("DistributedTask.Core.FileAttachment/notes.md", "task.uploadfile"),
                ("DistributedTask.Core.Log/CustomToolLog", "build.uploadlog"),
                ("DistributedTask.Core.Summary/CustomMarkDownSummary-notes.md", "build.uploadsummary"),
                ("DistributedTask.Core.Summary/notes.md", "task.uploadsummary"),
                ("mine/a b", "own"),
            ],
            server.Attachments.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => (one.Key, Encoding.UTF8.GetString(one.Value).Trim())));
    }

    [Fact]
    public async Task Details_are_a_tree_of_records_in_a_timeline_of_the_step()
    {
        await using var server = await JobServer.StartAsync();
        var (parent, child) = (Guid.NewGuid(), Guid.NewGuid());

        var job = await server.RunAsync(JobServer.Bash(
            $"""
            echo "##vso[task.logdetail id={parent};name=project;type=build;order=1]begins"
            echo "##vso[task.logdetail id={child};parentid={parent};name=file;type=compile;progress=40]halfway"
            echo "##vso[task.logdetail id={child};state=Completed;result=Failed]"
            echo "##vso[task.logdetail id={Guid.NewGuid()};name=orphan;type=x;parentid={Guid.NewGuid()}]"
            """,
            "details"));

        job.MustBe("failed");
        var records = server.Timeline(job.Step("details").Details!.Id);
        Assert.Equal([("project", "inProgress", null), ("file", "inProgress", null)], records.Take(2)
            .Select(record => (record.Name ?? "file", record.Id == parent ? record.State : "inProgress", record.Id == parent ? record.Result : null)));
        var last = records.Single(record => record.Id == child);
        Assert.Equal((parent, "completed", "failed", 100), (last.ParentId, last.State, last.Result, last.PercentComplete));
        Assert.Contains("error: Parent timeline record has not been created for this new timeline record.", job.Issues("details"));
    }

    [Theory]
    [InlineData("##vso[task.setvariable]x", "Required field 'variable' is missing in ##vso[task.setvariable] command.")]
    [InlineData("##vso[task.setvariable variable=agent.name]x", "Overwriting readonly variable 'agent.name' is not permitted. See https://github.com/microsoft/azure-pipelines-yaml/blob/master/design/readonly-variables.md for details.")]
    [InlineData("##vso[task.logissue type=note]x", "issue type note is not an expected issue type.")]
    [InlineData("##vso[task.complete result=Fine]x", "Command doesn't have valid result value.")]
    [InlineData("##vso[task.uploadfile]/no/such", "Cannot upload task attachment file, attachment file location is not specified or attachment file does not exist on disk.")]
    [InlineData("##vso[task.nonsense]x", "##vso[task.nonsense] is not a recognized command for task command extension. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296).")]
    [InlineData("##vso[task.setendpoint id=0f3ab5a4-64a5-4a2e-a4a3-2b1e0c2d3e4f;field=url]http://x", "Service connection with id '0f3ab5a4-64a5-4a2e-a4a3-2b1e0c2d3e4f' is not declared in the pipeline job and therefore can't be referenced in task.setendpoint commands.")]
    [InlineData("##vso[artifact.upload artifactname=a]/no/such", "Path does not exist: /no/such")]
    [InlineData("##vso[build.uploadlog]/no/such", "Log file path is not provided or file doesn't exist: '/no/such'")]
    public async Task A_command_that_cannot_be_done_fails_the_step_with_the_services_words(string command, string text)
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash($"echo '{command}'\necho 'and on'", "step"));

        job.MustBe("failed");
        Assert.Equal(
            [
                $"error: Unable to process command '{command}' successfully. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)",
                $"error: {text}",
            ],
            job.Issues("step"));
        Assert.Equal(["and on"], job.Output("step").Where(line => !line.StartsWith("##[error]", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_nothing_stands_behind_is_a_warning()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash(
            """
            echo '##vso[nonsense.event]x'
            echo '##vso[task.debug'
            echo '##vso[results.publish type=JUnit]a.xml'
            echo '##vso[telemetry.publish area=a;feature=b]{}'
            """,
            "step"));

        job.MustBe("succeeded");
        Assert.Equal(
            [
                "warning: Cannot find command extension for ##vso[nonsense.command]. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)",
                "warning: '##vso[task.debug' contains logging command keyword '##vso', but it's not a legal command. Please see the list of accepted commands: https://go.microsoft.com/fwlink/?LinkId=817296",
                "warning: ##vso[results.publish] was accepted, but the built-in agent publishes no results: the files stay where they are.",
            ],
            job.Issues("step"));
    }

    [Fact]
    public async Task A_step_that_is_restricted_does_only_what_is_harmless()
    {
        await using var server = await JobServer.StartAsync();
        const string Script =
            """
            echo "##vso[build.addbuildtag]no"
            echo "##vso[task.setvariable variable=ok1]yes"
            echo "##vso[task.setvariable variable=other]yes"
            echo "##vso[task.prependpath]/evil"
            echo "##vso[task.logissue type=warning]careful"
            """;

        var job = await server.RunAsync(
            JobServer.Bash(Script, "restricted") with { Target = new() { Target = "host", Commands = "restricted", SettableVariables = ["OK*"] } },
            JobServer.Bash("echo \"<$OK1><$OTHER>\"; echo $PATH", "after"));

        job.MustBe("succeeded");
        Assert.Equal(
            [
                "warning: ##vso[build.addbuildtag] is not allowed in this step due to policy restrictions. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)",
                "warning: Setting variable 'other' has been disabled by the task or build definition.",
                "warning: Setting variable 'PATH' has been disabled by the task or build definition.",
                "warning: careful",
            ],
            job.Issues("restricted"));
        Assert.Empty(server.Tags);
        Assert.Equal("<yes><>", job.Output("after")[0]);
        Assert.DoesNotContain("evil", job.Output("after")[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Settable_variables_are_read_as_a_list_and_as_the_object_that_agents_have()
    {
        static IReadOnlyList<string>? Read(string json) => JsonSerializer.Deserialize(
            $$"""{"steps":[{"target":{{json}}}]}""", ProtocolJson.Default.AgentJobRequestMessage)!.Steps[0].Target!.SettableVariables;

        Assert.Equal(["a"], Read("""{"settableVariables":["a"]}"""));
        Assert.Equal(["a", "b"], Read("""{"settableVariables":{"allowed":["a","b"]}}"""));
        Assert.Null(Read("""{"commands":"restricted"}"""));
    }

    [Fact]
    public async Task An_issue_with_a_place_says_it_as_compilers_do()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash(
            "echo \"##vso[task.logissue type=error;sourcepath=$PWD/src/a.cs;linenumber=13;columnnumber=18;code=CS1002]; expected\"", "step"));

        job.MustBe("succeeded");
        var issue = Assert.Single(job.Step("step").Issues!);
        Assert.Equal(("Code", "src/a.cs(13,18): error CS1002: ; expected"), (issue.Category, issue.Message));
        Assert.Equal(("src/a.cs", "13"), (issue.Data!["sourcepath"], issue.Data["linenumber"]));
    }

    [Fact]
    public async Task Ten_issues_of_each_kind_are_kept_and_all_are_counted()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash("for i in $(seq 12); do echo \"##vso[task.logissue type=error]e$i\"; echo \"##vso[task.logissue type=warning]w$i\"; done", "step"));

        var step = job.Step("step");
        Assert.Equal((10, 10), (step.Issues!.Count(issue => issue.Type == "error"), step.Issues!.Count(issue => issue.Type == "warning")));
        Assert.Equal((12, 12), (step.ErrorCount, step.WarningCount));
    }
}
