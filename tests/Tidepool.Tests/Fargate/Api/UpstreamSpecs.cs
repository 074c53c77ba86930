using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tidepool.Deployment.Tests;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>Secrets and logs of tasks, with a real moto_server as the upstream.</summary>
public sealed class UpstreamSpecs(Moto moto) : IClassFixture<Moto>
{
    private const string Initialization = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ";

    [Fact]
    public async Task A_secret_is_read_whole_by_its_key_and_by_its_version_at_the_start_of_a_task()
    {
        await using var rig = await StartAsync();
        var name = NewName();
        var arn = (string)(await rig.AwsAsync("secretsmanager", "create-secret", "--name", name, "--secret-string", """{"tide":"low"}"""))!["ARN"]!;
        await rig.AwsAsync("secretsmanager", "put-secret-value", "--secret-id", arn, "--secret-string", """{"tide":"high","metres":7}""");
        var stopped = await RunAsync(
            rig,
            """[ "$WHOLE" = '{"tide":"high","metres":7}' ] && [ "$KEY" = high ] && [ "$NUMBER" = 7 ] && [ "$BEFORE" = low ]""",
            ("WHOLE", arn), ("KEY", $"{arn}:tide::"), ("NUMBER", $"{arn}:metres::"), ("BEFORE", $"{arn}:tide:AWSPREVIOUS:"));
        Assert.Equal((EcsStopCode.EssentialContainerExited, 0), (stopped.StopCode, stopped.Containers[0].ExitCode));
    }

    [Fact]
    public async Task A_binary_secret_is_an_empty_variable()
    {
        await using var rig = await StartAsync();
        var arn = (string)(await rig.AwsAsync("secretsmanager", "create-secret", "--name", NewName(), "--secret-binary", "dGlkZQ=="))!["ARN"]!;
        var stopped = await RunAsync(rig, """[ "${BINARY-unset}" = "" ]""", ("BINARY", arn));
        Assert.Equal((EcsStopCode.EssentialContainerExited, 0), (stopped.StopCode, stopped.Containers[0].ExitCode));
        await AssertFailsAsync(
            rig, $"{arn}:tide::", Initialization + "unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key tide");
    }

    [Fact]
    public async Task A_parameter_is_read_by_its_name_and_by_its_ARN()
    {
        await using var rig = await StartAsync();
        var name = NewName();
        await rig.AwsAsync("ssm", "put-parameter", "--name", name, "--type", "SecureString", "--value", "plain");
        await rig.AwsAsync("ssm", "put-parameter", "--name", $"/tide/{name}", "--type", "SecureString", "--value", "deep");
        var stopped = await RunAsync(
            rig,
            """[ "$NAME" = plain ] && [ "$ARN" = plain ] && [ "$DEEP" = deep ] && [ "$DEEPARN" = deep ]""",
            ("NAME", name), ("ARN", $"arn:aws:ssm:us-east-1:123456789012:parameter/{name}"),
            ("DEEP", $"/tide/{name}"), ("DEEPARN", $"arn:aws:ssm:us-east-1:123456789012:parameter/tide/{name}"));
        Assert.Equal((EcsStopCode.EssentialContainerExited, 0), (stopped.StopCode, stopped.Containers[0].ExitCode));
    }

    [Fact]
    public async Task A_secret_that_cannot_be_read_fails_the_start_with_the_reason()
    {
        await using var rig = await StartAsync();
        var arn = (string)(await rig.AwsAsync("secretsmanager", "create-secret", "--name", NewName(), "--secret-string", "{}"))!["ARN"]!;
        await AssertFailsAsync(
            rig, $"{arn}:tide::", Initialization + "unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key tide");
        const string Missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf";
        await AssertFailsAsync(
            rig,
            Missing,
            Initialization + $"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {Missing} "
                + "from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.");
        await AssertFailsAsync(
            rig, "/none", Initialization + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /none");
    }

    [Fact]
    public async Task Lines_go_to_CloudWatch_Logs_in_order_and_to_the_local_file()
    {
        await using var rig = await StartAsync();
        var group = NewName();
        await rig.AwsAsync("logs", "create-log-group", "--log-group-name", group);
        var stopped = await LogAsync(rig, group, "for i in {1..1500}; do echo line $i; done; sleep 0.5; for i in {1501..3000}; do echo line $i; done; echo; printf 'the last, ends with no line feed'", "");
        Assert.Equal(EcsStopCode.EssentialContainerExited, stopped.StopCode);

        var lines = await LinesAsync(rig, group, $"tide/agent-1/{stopped.TaskId}");
        Assert.Equal([.. Enumerable.Range(1, 3000).Select(i => $"line {i}"), "the last, ends with no line feed"], lines);
        Assert.StartsWith("line 1\nline 2\n", rig.Rig.Log(stopped.TaskArn, "agent-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_log_group_a_task_does_not_start_unless_the_group_may_be_made()
    {
        await using var rig = await StartAsync();
        var group = NewName();
        var failed = await LogAsync(rig, group, "true", "");
        Assert.Equal(
            (EcsStopCode.TaskFailedToStart,
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "
                + "ResourceNotFoundException: The specified log group does not exist."),
            (failed.StopCode, failed.StoppedReason));

        var stopped = await LogAsync(rig, group, "echo made", ",\"awslogs-create-group\":\"true\"");
        Assert.Equal(["made"], await LinesAsync(rig, group, $"tide/agent-1/{stopped.TaskId}"));
    }

    [Fact]
    public async Task A_task_whose_lines_nobody_takes_runs_on_to_its_end_and_the_loss_is_reported()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var upstream = builder.Build();
        upstream.Run(async context =>
        {
            if (context.Request.Headers["X-Amz-Target"] == "Logs_20140328.PutLogEvents")
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                await context.Response.WriteAsync("""{"__type":"ServiceUnavailableException","message":"full"}""");
            }
        });
        await upstream.StartAsync(FargateRig.Ct);
        await using var rig = await EcsRig.StartAsync(options => options with { Upstream = new(upstream.Urls.First()) });
        var stopped = await LogAsync(rig, "g", "echo spoken; exit 3", "");
        Assert.Equal((EcsStopCode.EssentialContainerExited, 3), (stopped.StopCode, stopped.Containers[0].ExitCode));
        Assert.Equal("spoken\n", rig.Rig.Log(stopped.TaskArn, "agent-1"));
        await foreach (var change in rig.Rig.Fargate.ReadStateChangesAsync(FargateRig.Ct))
        {
            if (change.Kind == TaskStateChangeKind.Notice)
            {
                Assert.Equal(
                    ("LOGS_LOST", $"Lines of tide/agent-1/{stopped.TaskId} were lost: ServiceUnavailableException: full"), (change.Status, change.Reason));
                break;
            }
        }
    }

    private Task<EcsRig> StartAsync() => EcsRig.StartAsync(options => options with { Upstream = moto.Endpoint, AccountId = "123456789012" }, moto.Endpoint);

    private static string NewName() => $"n{Guid.NewGuid():n}";

    private static async Task AssertFailsAsync(EcsRig rig, string valueFrom, string reason)
    {
        var stopped = await RunAsync(rig, "true", ("SECRET", valueFrom));
        Assert.Equal((EcsStopCode.TaskFailedToStart, reason), (stopped.StopCode, stopped.StoppedReason));
    }

    private static Task<EcsTask> RunAsync(EcsRig rig, string script, params (string Name, string ValueFrom)[] secrets) => RunToEndAsync(rig, new()
    {
        ["name"] = "agent-1",
        ["image"] = "tidepool-agent:1",
        ["command"] = new JsonArray("bash", "-c", script),
        ["secrets"] = new JsonArray([.. secrets.Select(secret => new JsonObject { ["name"] = secret.Name, ["valueFrom"] = secret.ValueFrom })]),
    });

    private static Task<EcsTask> LogAsync(EcsRig rig, string group, string script, string options) => RunToEndAsync(rig, new()
    {
        ["name"] = "agent-1",
        ["image"] = "tidepool-agent:1",
        ["command"] = new JsonArray("bash", "-c", script),
        ["logConfiguration"] = JsonNode.Parse(
            $$"""{"logDriver":"awslogs","options":{"awslogs-group":"{{group}}","awslogs-region":"us-east-1","awslogs-stream-prefix":"tide"{{options}} } }"""),
    });

    private static async Task<EcsTask> RunToEndAsync(EcsRig rig, JsonObject container)
    {
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(container.ToJsonString()));
        var run = await rig.AskAsync("RunTask", $$"""{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        return await rig.Rig.StoppedAsync((string)run["tasks"]![0]!["taskArn"]!);
    }

    private static async Task<string[]> LinesAsync(EcsRig rig, string group, string stream) =>
    [
        .. (await rig.AwsAsync("logs", "filter-log-events", "--log-group-name", group, "--log-stream-names", stream))!["events"]!.AsArray()
            .Select(line => (string)line!["message"]!),
    ];
}
