using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

public sealed class AgentTaskSpecs
{
    /// <summary>Prints what a test asks for of its own environment.</summary>
    private const string Show = "for (const name of process.env.INPUT_SHOW.split(' ')) console.log(name + '=' + process.env[name]);";

    [Fact]
    public async Task A_task_is_fetched_once_and_runs_with_the_node_that_is_there()
    {
        await using var server = await JobServer.StartAsync();
        var task = server.AddTask(
            "Greet", "2.1.3",
            """
            // a comment, and a comma too many
            {
              "name": "Greet", "friendlyName": "Greeter", "description": "Says hello", "author": "Me",
              "inputs": [{ "name": "who", "type": "string", "defaultValue": "nobody" }, { "name": "file", "type": "filePath", "defaultValue": "" }, { "name": "loud", "type": "boolean", "defaultValue": false }],
              "execution": { "Node16": { "target": "old.js" }, "Node20_1": { "target": "lib/index.js" }, "PowerShell3": { "target": "x.ps1" }, },
            }
            """,
            ("lib/index.js", $"console.log('hello ' + process.env.INPUT_WHO); {Show}"), ("old.js", "process.exit(9)"));
        var greet = task with { Inputs = new Dictionary<string, string> { ["who"] = " $(name) ", ["show"] = "INPUT_FILE INPUT_LOUD TASK_DISPLAYNAME SYSTEM_TASKINSTANCENAME AGENT_NAME ENDPOINT_URL_SYSTEMVSSCONNECTION ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION" } };

        var first = await server.RunAsync(new AgentJobRequestMessage
        {
            JobId = Guid.NewGuid(),
            Steps = [greet, greet with { Id = Guid.NewGuid(), Name = "again", DisplayName = "again", Inputs = new Dictionary<string, string> { ["show"] = "INPUT_WHO" } }],
            Variables = new Dictionary<string, VariableValue> { ["name"] = new() { Value = "otter" } },
        });
        var second = await server.RunAsync(greet with { Id = Guid.NewGuid() });

        first.MustBe("succeeded");
        Assert.Equal(
            [
                "hello otter", $"INPUT_FILE={server.Workspace}/s", "INPUT_LOUD=false", "TASK_DISPLAYNAME=Greet", "SYSTEM_TASKINSTANCENAME=Greet", "AGENT_NAME=otter",
                $"ENDPOINT_URL_SYSTEMVSSCONNECTION={server.Url}/", "ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION=OAuth",
            ],
            TaskOutput(first, "Greet"));
        Assert.Equal(["hello nobody", "INPUT_WHO=nobody"], TaskOutput(first, "again"));
        Assert.Contains("Task         : Greeter", first.Lines("Greet"));
        Assert.Contains("Version      : 2.1.3", first.Lines("Greet"));
        Assert.Contains("Downloading task: Greet (2.1.3)", first.Lines("Initialize job"));
        second.MustBe("succeeded");
        Assert.Single(server.Calls, call => call.Contains("/tasks/", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(server.Folder, "_work/_tasks", $"Greet_{task.Reference.Id}", "2.1.3.completed")));
    }

    [Fact]
    public async Task A_task_may_work_before_the_first_step_and_after_the_last_in_reverse()
    {
        await using var server = await JobServer.StartAsync();
        JobStep Task(string name) => server.AddTask(
            name, "1.0.0",
            """{ "prejobexecution": { "Node": { "target": "pre.js" } }, "execution": { "Node": { "target": "main.js" } }, "postjobexecution": { "Node": { "target": "post.js" } } }""",
            ("pre.js", "console.log('##vso[task.settaskvariable variable=kept]from pre')"),
            ("main.js", "console.log(process.env.VSTS_TASKVARIABLE_KEPT); console.log('##vso[task.settaskvariable variable=kept;issecret=true]from main')"),
            ("post.js", "console.log(process.env.VSTS_TASKVARIABLE_KEPT.length)"));

        var job = await server.RunAsync(Task("One"), JobServer.Bash("exit 1", "fails"), Task("Two"));

        job.MustBe("failed");
        Assert.Equal(
            ["Initialize job", "Pre-job: One", "Pre-job: Two", "One", "fails", "Two", "Post-job: Two", "Post-job: One", "Finalize Job"],
            job.Steps.Select(step => step.Name));
        Assert.Equal(["from pre"], TaskOutput(job, "One"));
        Assert.Equal(["9"], TaskOutput(job, "Post-job: One"));
        Assert.Equal("skipped", job.Step("Two").Result);
        Assert.Equal("succeeded", job.Step("Post-job: Two").Result);
    }

    [Fact]
    public async Task Secrets_reach_tasks_under_their_own_prefix_and_scripts_not_at_all()
    {
        await using var server = await JobServer.StartAsync();
        var task = server.AddTask("Look", "1.0.0", """{ "execution": { "Node10": { "target": "i.js" } } }""",
            ("i.js", "console.log(process.env.SECRET_PASS_WORD === 'hun' + 'ter2', process.env.PASS_WORD, process.env.VSTS_SECRET_VARIABLES.includes('pass.word'))"));

        var job = await server.RunAsync(new AgentJobRequestMessage
        {
            JobId = Guid.NewGuid(),
            Steps = [task, JobServer.Bash("env | grep -E '^(SECRET|INPUT|ENDPOINT_AUTH)_|hunter' || echo none", "script")],
            Variables = new Dictionary<string, VariableValue>
            {
                ["pass.word"] = new() { Value = "hunter2", IsSecret = true },
                ["input.mine"] = new() { Value = "reserved" },
            },
        });

        job.MustBe("succeeded");
        Assert.Equal(["true undefined true"], TaskOutput(job, "Look"));
        Assert.Equal(["none"], job.Output("script"));
    }

    [Fact]
    public async Task Service_connections_and_secure_files_reach_the_tasks_that_name_them()
    {
        await using var server = await JobServer.StartAsync();
        var (connection, file) = (Guid.NewGuid(), Guid.NewGuid());
        var task = server.AddTask("Deploy", "1.0.0",
            """
            { "inputs": [{ "name": "cloud", "type": "connectedService:AWS" }, { "name": "cert", "type": "secureFile" }],
              "execution": { "Node24": { "target": "i.js" } } }
            """,
            ("i.js", Show));
        string Names(string of) => $"ENDPOINT_URL_{of} ENDPOINT_DATA_{of}_REGION ENDPOINT_AUTH_PARAMETER_{of}_USERNAME SECUREFILE_NAME_{file}";
        var step = task with { Inputs = new Dictionary<string, string> { ["cloud"] = $"{connection}", ["cert"] = $"{file}", ["show"] = Names($"{connection}") } };

        var job = await server.RunAsync(new AgentJobRequestMessage
        {
            JobId = Guid.NewGuid(),
            Steps =
            [
                JobServer.Bash($"echo '##vso[task.setendpoint id={connection};field=dataParameter;key=region]eu-west-1'"),
                step,
                step with { Id = Guid.NewGuid(), Name = "other", DisplayName = "other", Inputs = new Dictionary<string, string> { ["show"] = Names($"{connection}") } },
            ],
            Resources = new()
            {
                Endpoints =
                [
                    new()
                    {
                        Id = $"{connection}", Name = "aws", Url = "https://aws.example/", Data = new Dictionary<string, string> { ["region"] = "us-east-1" },
                        Authorization = new() { Scheme = "UsernamePassword", Parameters = new Dictionary<string, string> { ["username"] = "u" } },
                    },
                ],
                SecureFiles = [System.Text.Json.JsonDocument.Parse($$"""{"id":"{{file}}","name":"cert.pem","ticket":"t1"}""").RootElement],
            },
        });

        job.MustBe("succeeded");
        Assert.Equal(
            [$"ENDPOINT_URL_{connection}=https://aws.example/", $"ENDPOINT_DATA_{connection}_REGION=eu-west-1", $"ENDPOINT_AUTH_PARAMETER_{connection}_USERNAME=u", $"SECUREFILE_NAME_{file}=cert.pem"],
            TaskOutput(job, "Deploy"));
        Assert.All(TaskOutput(job, "other"), line => Assert.EndsWith("=undefined", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tasks_declared_outputs_and_restrictions_hold()
    {
        await using var server = await JobServer.StartAsync();
        var task = server.AddTask("Out", "1.0.0",
            """
            { "outputVariables": [{ "name": "made" }], "restrictions": { "settableVariables": { "allowed": ["made"] }, "commands": { "mode": "restricted" } },
              "execution": { "Node": { "target": "i.js" } } }
            """,
            ("i.js", "console.log('##vso[task.setvariable variable=made]42'); console.log('##vso[task.setvariable variable=other]43'); console.log('##vso[build.addbuildtag]t')"));

        var job = await server.RunAsync(task, JobServer.Bash("echo \"$(Out.made) <$OTHER>\"", "after"));

        job.MustBe("succeeded");
        Assert.Equal("42", job.Step("Out").Variables!["made"].Value);
        Assert.Equal(["42 <>"], job.Output("after"));
        Assert.Equal(2, job.Issues("Out").Count);
    }

    [Fact]
    public async Task A_program_that_ends_badly_and_one_for_another_host_fail_by_name()
    {
        await using var server = await JobServer.StartAsync();
        var crashes = server.AddTask("Crash", "1.0.0", """{ "execution": { "Node": { "target": "i.js" } } }""", ("i.js", "process.exit(3)"));
        var windows = server.AddTask("Windows", "1.0.0", """{ "execution": { "PowerShell3": { "target": "x.ps1" }, "Process": { "target": "x.exe" } } }""");

        var job = await server.RunAsync(crashes with { ContinueOnError = true }, windows);

        job.MustBe("failed");
        Assert.StartsWith("error: Exit code 3 returned from process: file name '", Assert.Single(job.Issues("Crash")), StringComparison.Ordinal);
        Assert.Equal(
            "error: The task Windows 1.0.0 cannot run here: it has programs for PowerShell3, Process, and the built-in agent runs those for Node. Run it with Microsoft's agent.",
            Assert.Single(job.Issues("Windows")));
    }

    [Fact]
    public async Task A_task_that_the_service_does_not_have_fails_the_job_before_its_steps()
    {
        await using var server = await JobServer.StartAsync();
        var task = JobServer.BuiltIn(Guid.NewGuid(), "Unknown");

        var job = await server.RunAsync(JobServer.Bash("echo no", "first"), task);

        job.MustBe("failed");
        Assert.StartsWith("error: Failed to download task 'Unknown'. Error GET _apis/distributedtask/tasks/", Assert.Single(job.Issues("Initialize job")), StringComparison.Ordinal);
        Assert.Equal("skipped", job.Step("first").Result);
    }

    [Fact]
    public async Task A_broken_download_leaves_nothing_that_looks_like_a_task()
    {
        await using var server = await JobServer.StartAsync();
        var task = server.AddTask("Half", "1.0.0", """{ "execution": { "Node": { "target": "i.js" } } }""", ("i.js", "console.log('whole')"));
        var whole = server.Tasks[(task.Reference.Id, "1.0.0")];
        server.Tasks[(task.Reference.Id, "1.0.0")] = whole[..(whole.Length / 2)];

        (await server.RunAsync(task)).MustBe("failed");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(server.Folder, "_work/_tasks", $"Half_{task.Reference.Id}")));

        server.Tasks[(task.Reference.Id, "1.0.0")] = whole;
        var job = await server.RunAsync(task);
        job.MustBe("succeeded");
        Assert.Equal(["whole"], TaskOutput(job, "Half"));
    }

    [Fact]
    public async Task Containers_are_refused_for_the_job_and_for_a_step()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(new AgentJobRequestMessage { JobId = Guid.NewGuid(), JobContainer = "ubuntu", Steps = [JobServer.Bash("echo no", "step")] });
        job.MustBe("failed");
        Assert.StartsWith("error: The job asks for container 'ubuntu'. Fargate starts no containers inside of a task", Assert.Single(job.Issues("Initialize job")), StringComparison.Ordinal);

        job = await server.RunAsync(JobServer.Bash("echo no", "step") with { Target = new() { Target = "tools" } });
        job.MustBe("failed");
        Assert.Contains("container 'tools' as the target of this step", Assert.Single(job.Issues("step")), StringComparison.Ordinal);
    }

    /// <summary>What a task's program wrote, after the lines that introduce it.</summary>
    private static List<string> TaskOutput(JobOutcome job, string step) =>
        [.. job.Lines(step).SkipWhile(line => !line.StartsWith("Help ", StringComparison.Ordinal)).Skip(2).SkipLast(1).Where(line => !line.StartsWith("##[", StringComparison.Ordinal))];
}
