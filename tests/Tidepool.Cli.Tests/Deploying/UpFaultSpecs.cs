using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests.Deploying;

/// <summary>What goes wrong on the way to AWS, with a cloud, a docker and a Terraform that a test sets the fault on.</summary>
public sealed class UpFaultSpecs
{
    [Fact]
    public async Task A_first_up_goes_through_all_phases_and_leaves_no_password_behind()
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);
        clone.Deployed(["image", "token"], "outputs-1.json");
        clone.Deployed([], "outputs-2.json");

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up");

        Assert.Equal((0, "up: 2 agents online in the pool fargate (service agents in us-east-1).\n"), (outcome.ExitCode, outcome.Output));
        foreach (var phase in (string[])["checks: ", "infrastructure: 1 created, 0 changed, 0 destroyed ", "secret: put ", "image: ", "service: 1 task asked for ", "agents: 2 online "])
        {
            Assert.Contains($"✓ {phase}", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Contains("  aws_ecs_service.agents created, 3 s\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"  ✓ agent-2-{Cloud.Task} is online (2 of 2)\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("  #1 [tools 2/3] RUN packages\n", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fetching", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', outcome.Error);
        var tag = Assert.Single(cloud.Images.Keys);
        var reference = $"123456789012.dkr.ecr.us-east-1.amazonaws.com/tidepool/tidepool/tidepool-agent:{tag}";
        Assert.Equal(
            [
                "terraform init -input=false -no-color",
                "terraform apply -input=false -auto-approve -lock-timeout=60s -json",
                $"docker build -f docker/Dockerfile --platform linux/arm64 -t {reference} .",
                "docker login --username AWS --password-stdin 123456789012.dkr.ecr.us-east-1.amazonaws.com",
                "login with the-password in 700",
                $"docker push {reference}",
                "terraform apply -input=false -auto-approve -lock-timeout=60s -json",
            ],
            clone.Calls.Where(call => !call.StartsWith("docker version", StringComparison.Ordinal) && !call.StartsWith("docker buildx", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(File.ReadAllText(clone.Fake("docker-config")).Trim()));
        Assert.DoesNotContain(Cloud.Token, outcome.Output + outcome.Error + string.Join('\n', clone.Calls), StringComparison.Ordinal);
        Assert.DoesNotContain(Cloud.Token, File.ReadAllText(Path.Combine(clone.Root, "terraform", "tidepool.auto.tfvars.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Running_tasks_keep_their_image_until_the_new_one_is_pushed()
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);
        File.WriteAllText(Path.Combine(clone.Root, "terraform", "tidepool.auto.tfvars.json"), """{"azp_url":"https://old","azp_pool":"old","image_tag":"the-old-one","image_pushed":true}""");
        cloud.Images["the-old-one"] = 0;

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up");

        Assert.Equal(0, outcome.ExitCode);
        var tag = Assert.Single(cloud.Images.Keys, pushed => pushed != "the-old-one");
        Assert.Equal(
            new[] { "the-old-one", tag }
                .Select(named => $"{{\"azp_url\":\"{cloud.Url}/org\",\"azp_pool\":\"fargate\",\"image_tag\":\"{named}\",\"image_pushed\":true}}"),
            new[] { 1, 2 }.Select(n => JsonNode.Parse(File.ReadAllText(clone.Fake($"settings-{n}-apply")))!.ToJsonString()));
    }

    [Fact]
    public async Task Terraform_is_told_that_the_image_is_there_only_when_it_is()
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            [null, true],
            new[] { 1, 2 }.Select(n => (bool?)JsonNode.Parse(File.ReadAllText(clone.Fake($"settings-{n}-apply")))!["image_pushed"]));
    }

    [Fact]
    public async Task An_image_of_your_own_needs_no_docker()
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);
        clone.Scratch.Environment["DOCKER_HOST"] = "unix:///nowhere.sock";

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up", "--image", "registry.example.org/agent:7");

        Assert.Equal(0, outcome.ExitCode);
        Assert.DoesNotContain(clone.Calls, call => call.StartsWith("docker build -f", StringComparison.Ordinal) || call.StartsWith("docker push", StringComparison.Ordinal));
        Assert.Equal("registry.example.org/agent:7", (string?)JsonNode.Parse(File.ReadAllText(clone.Fake("settings-1-apply")))!["image"]);
    }

    [Theory]
    [InlineData("alpine")]
    [InlineData("alpine:")]
    [InlineData("registry.example.org:5000/agent")]
    [InlineData("agent@sha256:12")]
    public async Task An_image_without_tag_or_digest_is_refused_before_anything_is_written(string image)
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up", "--image", image);

        Assert.Equal(
            (2, "", $"DEPLOY014: --image is '{image}'. Name it with a tag or a digest, as in repository/agent:7 or repository/agent@sha256:…\nfailed. Nothing was changed.\n"),
            (outcome.ExitCode, outcome.Output, outcome.Error));
        Assert.False(File.Exists(Path.Combine(clone.Root, "terraform", "tidepool.auto.tfvars.json")));
    }

    [Theory]
    [InlineData("up")]
    [InlineData("down", "--yes")]
    [InlineData("status")]
    public async Task Another_region_than_the_deployments_is_told_before_Terraform_forgets_what_stands(params string[] command)
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);
        clone.Deployed([]);
        File.WriteAllText(Path.Combine(clone.Root, "terraform", "terraform.tfvars"), "aws_region = \"eu-central-1\"\n");

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, command);

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(
            "DEPLOY013: The deployment stands in us-east-1, and aws_region is eu-central-1. Set aws_region back to us-east-1 in terraform/terraform.tfvars; to move it, run ./tidepool down there first.\n",
            outcome.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain(clone.Calls, call => call.StartsWith("terraform apply", StringComparison.Ordinal) || call.StartsWith("terraform destroy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Down_with_force_takes_all_of_AWS_away_though_the_token_is_not_valid_any_more()
    {
        await using var cloud = new Cloud { KnowsToken = false, TaskStatus = "STOPPED" };
        using var clone = await StartAsync(cloud);
        clone.Deployed([]);

        var refused = await TidepoolProcess.RunAsync(clone.Scratch, "down", "--yes");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("AZDO001: ", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(clone.Calls, call => call.StartsWith("terraform destroy", StringComparison.Ordinal));

        var forced = await TidepoolProcess.RunAsync(clone.Scratch, "down", "--yes", "--force");

        Assert.Contains("AZDO001: ", forced.Error, StringComparison.Ordinal);
        Assert.Contains(clone.Calls, call => call.StartsWith("terraform destroy", StringComparison.Ordinal));
        Assert.Contains(
            "left: agents in the pool fargate, which was not reached: remove those that stay offline in the organization's settings\n", forced.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_token_ends_it_before_anything_is_changed()
    {
        await using var cloud = new Cloud { KnowsToken = false };
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up");

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("AZDO001: ", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("failed in the phase checks. Nothing was changed.\n", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(clone.Calls, call => call.StartsWith("terraform apply", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pool_that_is_not_there_and_a_token_without_the_scope_end_it_before_anything_is_changed()
    {
        await using var cloud = new Cloud { HasPool = false };
        using var clone = await StartAsync(cloud);
        var noPool = await TidepoolProcess.RunAsync(clone.Scratch, "up");
        Assert.Equal(2, noPool.ExitCode);
        Assert.Contains($"AZDO004: {cloud.Url}/org shows no agent pool 'fargate' to this token.", noPool.Error, StringComparison.Ordinal);

        await using var strict = new Cloud { MayManage = false };
        using var other = await StartAsync(strict);
        var noScope = await TidepoolProcess.RunAsync(other.Scratch, "up");
        Assert.Equal(2, noScope.ExitCode);
        Assert.EndsWith("failed in the phase checks. Nothing was changed.\n", noScope.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(other.Calls, call => call.StartsWith("terraform apply", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        "Error acquiring the state lock",
        @"Error message: resource temporarily unavailable\nLock Info:\n  ID:        11111111-2222-3333-4444-555555555555\n  Path:      terraform.tfstate\n  Operation: OperationTypeApply\n  Who:       ann@desk\n  Version:   1.11.4\n  Created:   2026-11-24 08:00:00 +0000 UTC\n  Info:      \n",
        "TERRAFORM003: The Terraform state is locked by ann@desk since 2026-11-24 08:00:00 +0000 UTC (OperationTypeApply). Wait until that run ends and try again. If it is dead, release the lock: terraform -chdir=terraform force-unlock 11111111-2222-3333-4444-555555555555.")]
    [InlineData(
        "creating EC2 VPC: operation error EC2: CreateVpc, api error VpcLimitExceeded: The maximum number of VPCs has been reached.",
        "",
        "TERRAFORM006: Terraform: creating EC2 VPC: operation error EC2: CreateVpc, api error VpcLimitExceeded: The maximum number of VPCs has been reached. Ask for more in the Service Quotas console of this Region, or for less in terraform/terraform.tfvars (tasks, cpu, memory).")]
    public async Task What_Terraform_refuses_is_one_problem_in_its_words_and_what_stands_is_told(string summary, string detail, string said)
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);
        File.WriteAllText(
            clone.Fake("1-apply.fails"), $$$"""{"type":"diagnostic","diagnostic":{"severity":"error","summary":"{{{summary}}}","detail":"{{{detail}}}"}}""" + "\n");

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.EndsWith(
            $"{said}\nfailed in the phase infrastructure. 2 resources stand, as the Terraform state has them. To go on: ./tidepool up (what is done is not done again). To take all away: ./tidepool down.\n",
            outcome.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_push_that_is_refused_is_told_in_the_registrys_words()
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);
        File.WriteAllText(clone.Fake("push-refused"), "");

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up", "--json");

        Assert.Equal(1, outcome.ExitCode);
        using var report = JsonDocument.Parse(outcome.Output);
        Assert.Equal("tidepool.up/1", report.RootElement.GetProperty("schema").GetString());
        var problem = report.RootElement.GetProperty("problems")[0];
        Assert.Equal("DOCKER006", problem.GetProperty("code").GetString());
        Assert.Contains("denied: User: arn:aws:iam::123456789012:user/me is not authorized to perform: ecr:InitiateLayerUpload", problem.GetProperty("what").GetString(), StringComparison.Ordinal);
        Assert.Contains("The token is in its secret.", report.RootElement.GetProperty("standing").EnumerateArray().Select(line => line.GetString()));
        Assert.False(Directory.Exists(File.ReadAllText(clone.Fake("docker-config")).Trim()));
    }

    [Theory]
    [InlineData("build-fails", "exec /bin/sh: exec format error", "DOCKER003: The Docker engine cannot run programs of linux/arm64: exec /bin/sh: exec format error Give it QEMU ")]
    [InlineData("build-fails", "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", "DOCKER002: No Docker engine answers: ERROR: Cannot connect ")]
    [InlineData("build-fails", "#7 ERROR: process \"/docker/agent.sh\" did not complete successfully: exit code: 1", "DOCKER005: The image could not be built: #7 ERROR: process ")]
    [InlineData("login-fails", "Error response from daemon: Get https://x/v2/: EOF", "DOCKER004: The registry 123456789012.dkr.ecr.us-east-1.amazonaws.com refused the login: Error response from daemon: Get https://x/v2/: EOF ")]
    public async Task What_docker_refuses_is_one_problem_in_its_words(string fake, string words, string said)
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);
        File.WriteAllText(clone.Fake(fake), words + "\n");

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains($"\n{said}", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("failed in the phase image. 2 resources stand, as the Terraform state has them. The token is in its secret. ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agents_that_never_come_online_are_told_with_their_last_lines_and_the_stopped_reason()
    {
        await using var cloud = new Cloud { TaskStatus = "STOPPED", RolloutState = "IN_PROGRESS" };
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up", "--timeout", "0");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(
            """
            DEPLOY001: Only 0 of 2 agents were online in fargate after 0 minutes.
              service: (service agents) was unable to place a task.
              task 01234567 STOPPED: EssentialContainerExited: Essential container in task exited.
                agent-1 STOPPED, exit code 1
                  | AGENT003: The service refused AZP_TOKEN.
                agent-2 STOPPED

            """,
            outcome.Error,
            StringComparison.Ordinal);
        Assert.Contains("failed in the phase agents. ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circuit_breaker_that_tripped_ends_the_wait()
    {
        await using var cloud = new Cloud { TaskStatus = "STOPPED", RolloutState = "FAILED" };
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "up");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("DEPLOY002: ECS gave the deployment up: ECS deployment circuit breaker: tasks failed to start.\n", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checks", "GET _apis/connectionData")]
    [InlineData("infrastructure", null)]
    [InlineData("secret", "DescribeSecret")]
    [InlineData("image", null)]
    [InlineData("service", null)]
    [InlineData("agents", "ListTasks")]
    public async Task A_signal_ends_each_phase_with_130_and_what_stands_is_told(string phase, string? hangs)
    {
        await using var cloud = new Cloud { Hangs = hangs };
        using var clone = await StartAsync(cloud);
        clone.Deployed(["image", "token"], "outputs-1.json");
        clone.Deployed([], "outputs-2.json");
        if (phase is "infrastructure" or "service")
        {
            File.WriteAllText(clone.Fake($"{(phase == "service" ? 2 : 1)}-apply.hangs"), "");
        }
        else if (phase == "image")
        {
            File.WriteAllText(clone.Fake("build-hangs"), "");
        }

        await using var process = TidepoolProcess.Start(clone.Scratch, "up");
        await Wait.UntilAsync(() => hangs is null ? File.Exists(clone.Fake("hanging")) : cloud.Operations.Contains(hangs), $"the phase {phase} waits");
        await process.SignalAsync("INT");
        var outcome = await process.EndAsync();

        Assert.Equal((130, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains($"stopped in the phase {phase}. ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(phase == "checks" ? "Nothing was changed." : "To go on: ./tidepool up", outcome.Error, StringComparison.Ordinal);
        if (phase is "infrastructure" or "service")
        {
            Assert.Equal(["terraform interrupted", "terraform wrote its state"], clone.Calls[^2..]);
        }
        else if (phase == "image")
        {
            Assert.Equal("docker interrupted", clone.Calls[^1]);
        }

        Assert.Empty(Processes.Below(process.Id));
    }

    [Fact]
    public async Task Status_names_the_region_that_has_no_such_cluster()
    {
        await using var cloud = new Cloud { HasCluster = false };
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "status");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(
            "AWS008: AWS answered ECS DescribeServices in us-east-1 with ClusterNotFoundException: Cluster not found. Check cluster_name and aws_region in terraform/terraform.tfvars; 'aws ecs list-clusters' shows what the region has.\n",
            outcome.Error);
    }

    [Fact]
    public async Task Down_asks_and_where_it_cannot_ask_it_changes_nothing()
    {
        await using var cloud = new Cloud();
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunInShellAsync(clone.Scratch, "down < /dev/null");

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Equal("DEPLOY003: This would destroy the deployment, and there is no terminal to ask at. Run it in a terminal, or with --yes.\n", outcome.Error);
        Assert.Empty(clone.Calls);
    }

    [Fact]
    public async Task Down_waits_for_running_jobs_and_lets_the_agents_work_on_when_it_gives_up()
    {
        await using var cloud = new Cloud { Job = "Build" };
        using var clone = await StartAsync(cloud);

        var outcome = await TidepoolProcess.RunAsync(clone.Scratch, "down", "--yes", "--drain", "0");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(
            $"DEPLOY006: After 0 minutes agent-1-{Cloud.Task} still runs site, Build. Wait for it or cancel it in Azure Pipelines, then run ./tidepool down again; with --force it does not wait.\n",
            outcome.Error,
            StringComparison.Ordinal);
        Assert.Equal(4, cloud.Operations.Count(operation => operation.StartsWith("PATCH", StringComparison.Ordinal)));
        Assert.DoesNotContain(clone.Calls, call => call.StartsWith("terraform destroy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_token_is_checked_before_it_is_put()
    {
        await using var cloud = new Cloud { MayManage = false };
        using var clone = await StartAsync(cloud);

        var refused = await TidepoolProcess.RunAsync(clone.Scratch, "token", "rotate");

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("Nothing was changed.\n", refused.Error, StringComparison.Ordinal);
        Assert.Null(cloud.SecretVersion);
    }

    private static async Task<DeploymentClone> StartAsync(Cloud cloud)
    {
        await cloud.StartAsync();
        return await DeploymentClone.CreateAsync(cloud.Url, $"{cloud.Url}/org", Cloud.Token);
    }
}
