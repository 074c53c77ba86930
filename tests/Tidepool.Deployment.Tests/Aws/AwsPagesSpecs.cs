using System.Text.Json;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Tests.Aws;

/// <summary>Answers that come in pages, and calls that take only so much, from a server that answers as AWS documents it.</summary>
public sealed class AwsPagesSpecs
{
    private const string Json = "application/x-amz-json-1.1";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_of_the_tasks_is_read()
    {
        await using var aws = await StandIn.StartAsync((http, body) => StandIn.WriteAsync(
            http, 200, Json, body.Contains("\"nextToken\":\"more\"", StringComparison.Ordinal) ? """{"taskArns":["c"]}""" : """{"taskArns":["a","b"],"nextToken":"more"}"""));
        using var connection = await ConnectAsync(aws);
        Assert.Equal(["a", "b", "c"], await new EcsClient(connection).ListTasksAsync("blue", "agents", stopped: true, Ct));
        Assert.Equal("""{"cluster":"blue","serviceName":"agents","desiredStatus":"STOPPED"}""", aws.Requests[0].Body);
    }

    [Fact]
    public async Task Tasks_are_described_by_the_hundred_with_their_reasons()
    {
        await using var aws = await StandIn.StartAsync((http, body) =>
        {
            using var request = JsonDocument.Parse(body);
            var tasks = request.RootElement.GetProperty("tasks").EnumerateArray().Select(task => new
            {
                taskArn = $"arn:aws:ecs:r:1:task/blue/{task.GetString()}",
                lastStatus = "STOPPED",
                desiredStatus = "STOPPED",
                stopCode = "TaskFailedToStart",
                stoppedReason = "CannotPullContainerError: not found",
                stoppedAt = 1795510800.5,
                containers = new[] { new { name = "agent-1", exitCode = (int?)137, reason = "OutOfMemoryError" } },
            }).ToList();
            return StandIn.WriteAsync(http, 200, Json, JsonSerializer.Serialize(new { tasks, failures = Array.Empty<object>() }));
        });
        using var connection = await ConnectAsync(aws);
        var tasks = await new EcsClient(connection).DescribeTasksAsync("blue", [.. Enumerable.Range(0, 101).Select(number => $"t{number}")], Ct);

        Assert.Equal(2, aws.Requests.Count);
        Assert.Equal("t100", tasks[100].TaskId);
        Assert.Equal(("TaskFailedToStart", "CannotPullContainerError: not found", 137), (tasks[0].StopCode, tasks[0].StoppedReason, tasks[0].Containers![0].ExitCode));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 9, 0, 0, 500, TimeSpan.Zero), tasks[0].StoppedAt);
    }

    [Fact]
    public async Task A_task_that_is_gone_needs_no_stopping_and_another_refusal_is_told()
    {
        var code = "InvalidParameterException";
        await using var aws = await StandIn.StartAsync((http, _) => StandIn.WriteAsync(
            http, 400, Json, JsonSerializer.Serialize(new { __type = code, message = "The referenced task was not found." })));
        using var connection = await ConnectAsync(aws);
        await new EcsClient(connection).StopTaskAsync("blue", "t1", "because", Ct);
        Assert.Equal("""{"cluster":"blue","task":"t1","reason":"because"}""", aws.Requests[0].Body);

        code = "ClusterNotFoundException";
        await Assert.ThrowsAsync<ProblemException>(() => new EcsClient(connection).StopTaskAsync("blue", "t1", "because", Ct));
    }

    [Fact]
    public async Task Every_page_of_a_log_is_read_the_empty_ones_too()
    {
        await using var aws = await StandIn.StartAsync((http, body) => StandIn.WriteAsync(http, 200, Json,
            body.Contains("\"2\"", StringComparison.Ordinal) ? """{"events":[{"timestamp":2,"message":"two\n","logStreamName":"s","eventId":"e2"}]}"""
            : body.Contains("\"1\"", StringComparison.Ordinal) ? """{"events":[],"nextToken":"2"}"""
            : """{"events":[{"timestamp":1,"message":"one","logStreamName":"s","eventId":"e1"}],"nextToken":"1"}"""));
        using var connection = await ConnectAsync(aws);
        var lines = await new LogsClient(connection, TimeProvider.System).ReadAsync("/g", streams: null, DateTimeOffset.UnixEpoch, Ct).ToListAsync(Ct);
        Assert.Equal(["one", "two"], lines.Select(line => line.Message));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMilliseconds(2), lines[1].At);
    }

    [Fact]
    public async Task What_ECR_does_not_delete_is_told_in_its_words()
    {
        await using var aws = await StandIn.StartAsync(200, Json, """
            {"imageIds":[],"failures":[
              {"imageId":{"imageDigest":"sha256:aa"},"failureCode":"ImageReferencedByManifestList","failureReason":"in use"},
              {"imageId":{"imageDigest":"sha256:bb"},"failureCode":"ImageNotFound","failureReason":"gone"}]}
            """);
        using var connection = await ConnectAsync(aws);
        Assert.Equal(
            ["sha256:aa: ImageReferencedByManifestList: in use"], await new EcrClient(connection).DeleteImagesAsync("r", ["sha256:aa", "sha256:bb"], Ct));
    }

    [Fact]
    public async Task The_quota_of_Fargate_is_read_and_unknown_where_it_may_not_be_asked_for()
    {
        await using var aws = await StandIn.StartAsync(200, Json, """{"Quota":{"ServiceCode":"fargate","QuotaCode":"L-3032A538","Value":6.0}}""");
        using var connection = await ConnectAsync(aws);
        Assert.Equal(6, await new QuotasClient(connection).FargateCpusAsync(Ct));
        Assert.Equal("ServiceQuotasV20190624.GetServiceQuota", aws.Requests[0].Headers["X-Amz-Target"]);

        await using var denied = await StandIn.StartAsync(400, Json, """{"__type":"AccessDeniedException"}""");
        using var other = await ConnectAsync(denied);
        Assert.Null(await new QuotasClient(other).FargateCpusAsync(Ct));
    }

    private static Task<AwsConnection> ConnectAsync(StandIn aws) => AwsConnection.OpenAsync(
        new()
        {
            Region = "eu-central-1",
            Environment = new Dictionary<string, string>
            {
                ["AWS_ENDPOINT_URL"] = aws.Url.AbsoluteUri,
                ["AWS_ACCESS_KEY_ID"] = "a",
                ["AWS_SECRET_ACCESS_KEY"] = "b",
            },
        },
        TimeProvider.System,
        Ct);
}
