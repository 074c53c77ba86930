using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

public sealed class AgentRunSpecs
{
    private const string ReadOnlyHelp = "See https://github.com/microsoft/azure-pipelines-yaml/blob/master/design/readonly-variables.md for details.";

    [Fact]
    public async Task A_job_runs_its_steps_in_order_and_shows_their_lines()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - script: echo one
              displayName: first
            - bash: |
                echo two
                echo three >&2
              displayName: second
            """);

        run.MustBe(NodeResult.Succeeded);
        Assert.Contains("one", run.Step("first").LogLines());
        Assert.Contains("two", run.Step("second").LogLines());
        Assert.Contains("three", run.Step("second").LogLines());
        Assert.All(run.Job().Steps, step => Assert.Equal(NodeResult.Succeeded, step.Result));
    }

    [Fact]
    public async Task Conditions_decide_which_steps_run_after_a_failure()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            variables:
              flavour: sour
            steps:
            - checkout: none
            - script: exit 3
              displayName: fails
            - script: echo no
              displayName: by default
            - script: echo yes
              displayName: failed
              condition: failed()
            - script: echo yes
              displayName: always and variable
              condition: and(always(), eq(variables['flavour'], 'sour'), eq(variables['Agent.JobStatus'], 'Failed'))
            - script: echo no
              displayName: other variable
              condition: and(always(), eq(variables.flavour, 'sweet'))
            - script: echo no
              displayName: broken
              condition: and(always(), gt(1, 'abc'))
            """);

        run.MustBe(NodeResult.Failed);
        Assert.Equal(["Bash exited with code '3'."], run.Step("fails").Issues.Select(issue => issue.Message));
        Assert.Equal(NodeResult.Skipped, run.Step("by default").Result);
        Assert.Equal(NodeResult.Succeeded, run.Step("failed").Result);
        Assert.Equal(NodeResult.Succeeded, run.Step("always and variable").Result);
        Assert.Equal(NodeResult.Skipped, run.Step("other variable").Result);
        Assert.Contains("Result: False", run.Step("other variable").LogLines());
        Assert.Equal(NodeResult.Failed, run.Step("broken").Result);
    }

    [Fact]
    public async Task Variables_that_a_step_sets_reach_later_steps_and_outputs_reach_other_jobs()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            jobs:
            - job: A
              steps:
              - checkout: none
              - bash: |
                  echo "##vso[task.setvariable variable=plain]a;b%0Ac"
                  echo "to stderr ##vso[task.setvariable variable=quiet]q" >&2
                  echo "##vso[task.setvariable variable=out;isOutput=true]42"
                  echo "##vso[task.setvariable variable=fixed;isReadOnly=true]1"
                  echo "##vso[task.setvariable variable=Keeps.Case;preserveCase=true]k"
                name: set
                displayName: set
              - bash: |
                  printf '<%s>\n' "$PLAIN" "$QUIET" "$OUT" "$SET_OUT" "$Keeps_Case" "$(set.out)"
                displayName: read
              - bash: echo "##vso[task.setvariable variable=fixed]2"
                displayName: overwrite
                continueOnError: true
            - job: B
              dependsOn: A
              condition: succeededOrFailed()
              variables:
                got: $[ dependencies.A.outputs['set.out'] ]
              steps:
              - checkout: none
              - script: echo "got $(got)"
            """);

        Assert.Equal("42", run.Job("A").Outputs["set.out"]);
        Assert.Equal(["<a;b", "c>", "<q>", "<>", "<42>", "<k>", "<42>"], run.Step("read").LogLines().SkipWhile(line => line != "<a;b").Take(7));
        Assert.Equal(NodeResult.SucceededWithIssues, run.Step("overwrite").Result);
        Assert.Equal($"Overwriting readonly variable 'fixed' is not permitted. {ReadOnlyHelp}", run.Step("overwrite").Issues[1].Message);
        Assert.Contains("got 42", run.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("##vso[", run.Step("set").LogLines().Where(line => !line.Contains("echo", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_output_may_be_set_again_and_its_last_value_counts()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            jobs:
            - job: A
              steps:
              - checkout: none
              - bash: |
                  echo "##vso[task.setvariable variable=o;isOutput=true]1"
                  echo "##vso[task.setvariable variable=o;isOutput=true]2"
                name: w
                displayName: twice
              - bash: |
                  echo "w.o is $(w.o)"
                  echo "##vso[task.setvariable variable=w.o]3"
                displayName: as a plain variable
                continueOnError: true
              - bash: echo "##vso[task.setvariable variable=fixed;isReadOnly=true]1"
              - bash: echo "##vso[task.setvariable variable=fixed;isOutput=true]2"
                displayName: name of a read-only one
                continueOnError: true
              - bash: echo "##vso[task.setvariable variable=name;isOutput=true]2"
                name: agent
                displayName: agent's own
                continueOnError: true
            """);

        Assert.Equal("2", run.Job("A").Outputs["w.o"]);
        Assert.Equal(NodeResult.Succeeded, run.Step("twice").Result);
        Assert.Contains("w.o is 2", run.Step("as a plain variable").LogLines());
        Assert.Equal(
            [
                $"Overwriting readonly variable 'w.o' is not permitted. {ReadOnlyHelp}",
                $"Overwriting readonly variable 'fixed' is not permitted. {ReadOnlyHelp}",
                $"Overwriting readonly variable 'agent.name' is not permitted. {ReadOnlyHelp}",
            ],
            run.Job("A").Steps.SelectMany(step => step.Issues.Skip(1)).Select(issue => issue.Message));
    }

    [Fact]
    public async Task A_secret_in_what_an_issue_says_of_its_place_is_masked()
    {
        await using var proxy = await ServiceProxy.StartAsync();
        await using var agent = await proxy.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - bash: |
                word=$(echo 2retnuh | rev)
                echo "##vso[task.setsecret]$word"
                echo "##vso[task.logissue type=warning;sourcepath=src/$word.cs;code=C1;$word=x]look"
              displayName: warns
            """);

        run.MustBe(NodeResult.Succeeded);
        Assert.Contains(proxy.Bodies, body => body.Contains("\"sourcepath\":\"src/***.cs\"", StringComparison.Ordinal)
            && body.Contains("\"code\":\"C1\"", StringComparison.Ordinal));
        Assert.DoesNotContain(proxy.Bodies, body => body.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Secrets_are_masked_and_reach_a_step_only_where_it_names_them()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync(
            """
            steps:
            - checkout: none
            - bash: |
                echo "value <$(password)> env <$PASSWORD> named <$NAMED>"
                echo "##vso[task.setvariable variable=made;isSecret=true]made-secret"
                echo "##vso[task.setsecret]told-secret"
                echo "made-secret told-secret"
              displayName: first
              env:
                NAMED: $(password)
            - bash: echo "again made-secret <$MADE> <$(made)>"
              displayName: second $(password)
            - bash: echo '##vso[task.setvariable variable=two;isSecret=true]one%0Atwo'
              displayName: two lines
              continueOnError: true
            """,
            request => request with { Secrets = new Dictionary<string, string> { ["password"] = "hunter2" } });

        Assert.Contains("value <***> env <> named <***>", run.Step("first").LogLines());
        Assert.Contains("*** ***", run.Step("first").LogLines());
        Assert.Contains("again *** <> <***>", run.Step("second ***").LogLines());
        Assert.Equal("Secrets cannot contain multiple lines", run.Step("two lines").Issues[1].Message);
        foreach (var secret in (string[])["hunter2", "made-secret", "told-secret"])
        {
            Assert.DoesNotContain(secret, run.Text().Replace("isSecret=true]made-secret", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Logging_commands_shape_a_steps_result_and_issues()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - bash: |
                echo "##vso[task.logissue type=warning]careful"
                echo "##vso[task.logissue type=error;sourcepath=a.cs;linenumber=3]bad"
              displayName: issues
            - bash: echo "##vso[task.complete result=SucceededWithIssues]meh"
              displayName: with issues
            - bash: |
                echo "##vso[task.complete result=Failed;done=true]"
                sleep 1000
              displayName: done
              continueOnError: true
            - bash: |
                mkdir tool; printf '#!/bin/sh\necho from-tool' > tool/mytool; chmod +x tool/mytool
                echo "##vso[task.prependpath]$PWD/tool"
            - bash: mytool
              displayName: tool
            - bash: |
                echo "##[group]folded"
                echo "##vso[nonsense.event]y"
                echo "##vso[task.setprogress value=50]half"
                echo "##vso[task.debug]hidden"
              displayName: others
            """);

        run.MustBe(NodeResult.SucceededWithIssues);
        Assert.Equal([("warning", "careful"), ("error", "a.cs(3,): error : bad")], run.Step("issues").Issues.Select(issue => (issue.Type, issue.Message)));
        Assert.Equal(NodeResult.Succeeded, run.Step("issues").Result);
        Assert.Equal(NodeResult.SucceededWithIssues, run.Step("with issues").Result);
        Assert.Equal(NodeResult.SucceededWithIssues, run.Step("done").Result);
        Assert.Contains("from-tool", run.Step("tool").LogLines());
        Assert.Contains("##[group]folded", run.Step("others").LogLines());
        Assert.StartsWith("Cannot find command extension for ##vso[nonsense.command].", Assert.Single(run.Step("others").Issues).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("##[debug]hidden", run.Step("others").LogLines());
    }

    [Fact]
    public async Task A_script_fails_by_its_exit_code_and_on_stderr_only_where_asked_to()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - script: echo oops >&2
              displayName: talks
            - script: echo oops >&2
              displayName: strict
              failOnStderr: true
              continueOnError: true
            - script: pwd
              displayName: elsewhere
              workingDirectory: $(Pipeline.Workspace)/b
            - script: pwd
              displayName: nowhere
              workingDirectory: missing
              continueOnError: true
            - bash: |
                count=$(cat count 2>/dev/null || echo 0); echo $((count + 1)) > count
                [ "$count" = 1 ]
              displayName: second try
              retryCountOnTaskFailure: 2
            """);

        Assert.Equal(NodeResult.Succeeded, run.Step("talks").Result);
        Assert.Equal(
            ["Bash wrote one or more lines to the standard error stream.", "oops"], run.Step("strict").Issues.Select(issue => issue.Message));
        Assert.Contains(Path.Combine(agent.Folder, "_work/1/b"), run.Step("elsewhere").LogLines());
        Assert.Equal($"Not found workingDirectory: {agent.Folder}/_work/1/s/missing", run.Step("nowhere").Issues[0].Message);
        Assert.Equal(NodeResult.Succeeded, run.Step("second try").Result);
    }

    [Fact]
    public async Task A_step_knows_its_run_its_agent_and_its_folders()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(new Dictionary<string, string> { ["AZP_AGENT_NAME"] = "otter" });

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - script: echo "$TF_BUILD|$AGENT_NAME|$(Agent.OS)|$AGENT_JOBSTATUS|$BUILD_SOURCEBRANCHNAME|$PWD|$(Pipeline.Workspace)|$AGENT_TEMPDIRECTORY|$(Build.ArtifactStagingDirectory)"
            """);

        var work = Path.Combine(agent.Folder, "_work");
        Assert.Contains($"True|otter|Linux|Succeeded|main|{work}/1/s|{work}/1|{work}/_temp|{work}/1/a", run.Text(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(work, "_temp"));
    }

    [Fact]
    public async Task Jobs_that_follow_each_other_at_once_all_run()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var runs = Enumerable.Range(0, 15).Select(_ => agent.Queue("steps:\n- checkout: none\n- script: 'true'")).ToList();

        var results = await Task.WhenAll(runs.Select(run => run.Completion)).WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Equal(NodeResult.Succeeded, result));
    }
}
