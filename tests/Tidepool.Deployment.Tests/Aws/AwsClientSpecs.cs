using System.Diagnostics;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Tests.Aws;

/// <summary>The clients against moto; what stands there is made with the aws command.</summary>
public sealed class AwsClientSpecs(Moto moto) : IClassFixture<Moto>
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private readonly string _name = $"t{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task The_caller_is_known_by_account_and_ARN()
    {
        using var connection = await ConnectAsync();
        var identity = await new IdentityClient(connection).GetCallerIdentityAsync(Ct);
        Assert.Equal("123456789012", identity.Account);
        Assert.StartsWith("arn:aws:sts::123456789012:", identity.Arn, StringComparison.Ordinal);
        Assert.Equal(("eu-central-1", "environment variables"), (connection.Region, connection.CredentialsSource));
    }

    [Fact]
    public async Task A_cluster_and_a_service_are_read_and_the_service_is_changed()
    {
        using var connection = await ConnectAsync();
        var ecs = new EcsClient(connection);
        Assert.Null(await ecs.DescribeClusterAsync(_name, Ct));
        await AwsAsync("ecs", "create-cluster", "--cluster-name", _name);
        Assert.Equal(("ACTIVE", _name), await ecs.DescribeClusterAsync(_name, Ct) is { } cluster ? (cluster.Status, cluster.ClusterName) : default);

        Assert.Null(await ecs.DescribeServiceAsync(_name, "agents", Ct));
        Assert.Null(await ecs.DescribeTaskDefinitionAsync(_name, Ct));
        await AwsAsync(
            "ecs", "register-task-definition", "--family", _name, "--container-definitions",
            """[{"name":"agent-1","image":"i:1","memory":128,"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/g"}}}]""");
        var definition = await ecs.DescribeTaskDefinitionAsync(_name, Ct);
        Assert.Equal((1, "i:1", "/g"), (definition!.Revision, definition.ContainerDefinitions[0].Image, definition.ContainerDefinitions[0].LogConfiguration!.Options!["awslogs-group"]));

        await AwsAsync("ecs", "create-service", "--cluster", _name, "--service-name", "agents", "--task-definition", _name, "--desired-count", "0");
        var updated = await ecs.UpdateServiceAsync(_name, "agents", new() { DesiredCount = 2, ForceNewDeployment = true }, Ct);
        Assert.Equal(2, updated.DesiredCount);
        var service = await ecs.DescribeServiceAsync(_name, "agents", Ct);
        Assert.Equal(("ACTIVE", 2), (service!.Status, service.DesiredCount));
        Assert.EndsWith($":task-definition/{_name}:1", service.TaskDefinition, StringComparison.Ordinal);
        Assert.Empty(await ecs.ListTasksAsync(_name, "agents", stopped: true, Ct));
        Assert.Empty(await ecs.DescribeTasksAsync(_name, [], Ct));
    }

    [Fact]
    public async Task A_region_without_the_cluster_is_told_with_the_mend()
    {
        using var connection = await ConnectAsync();
        var problem = await Assert.ThrowsAsync<ProblemException>(() => new EcsClient(connection).DescribeServiceAsync(_name, "agents", Ct));
        Assert.Equal(
            "AWS008: AWS answered ECS DescribeServices in eu-central-1 with ClusterNotFoundException: Cluster not found. "
                + "Check cluster_name and aws_region in terraform/terraform.tfvars; 'aws ecs list-clusters' shows what the region has.",
            problem.Message);
    }

    [Fact]
    public async Task A_secret_gets_a_value_and_is_read_without_it()
    {
        using var connection = await ConnectAsync();
        var secrets = new SecretsClient(connection);
        Assert.Null(await secrets.DescribeAsync(_name, Ct));
        await AwsAsync("secretsmanager", "create-secret", "--name", _name);
        Assert.False((await secrets.DescribeAsync(_name, Ct))!.HasValue);

        var version = await secrets.PutValueAsync(_name, new("the value"), Ct);

        Assert.True((await secrets.DescribeAsync(_name, Ct))!.HasValue);
        Assert.Equal((version, "AWSCURRENT"), Assert.Single(await secrets.ListVersionsAsync(_name, Ct)) is var only ? (only.VersionId, only.VersionStages![0]) : default);
        Assert.Contains("\"the value\"", await AwsAsync("secretsmanager", "get-secret-value", "--secret-id", _name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_are_listed_found_by_tag_and_deleted()
    {
        using var connection = await ConnectAsync();
        var ecr = new EcrClient(connection);
        Assert.Null(await ecr.DescribeRepositoryAsync(_name, Ct));
        Assert.Empty(await ecr.ListImagesAsync(_name, Ct));
        await AwsAsync("ecr", "create-repository", "--repository-name", _name);
        Assert.EndsWith($".dkr.ecr.eu-central-1.amazonaws.com/{_name}", (await ecr.DescribeRepositoryAsync(_name, Ct))!.RepositoryUri, StringComparison.Ordinal);
        Assert.Null(await ecr.DescribeImageAsync(_name, "abc", Ct));
        await AwsAsync("ecr", "put-image", "--repository-name", _name, "--image-tag", "abc", "--image-manifest",
            """{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"digest":"sha256:aa","size":1},"layers":[]}""");

        var image = await ecr.DescribeImageAsync(_name, "abc", Ct);
        Assert.Equal(["abc"], image!.ImageTags);
        var listed = await ecr.ListImagesAsync(_name, Ct);
        Assert.Equal(image.ImageDigest, Assert.Single(listed).ImageDigest);

        Assert.Empty(await ecr.DeleteImagesAsync(_name, listed.Select(id => id.ImageDigest!), Ct));
        Assert.Empty(await ecr.ListImagesAsync(_name, Ct));
    }

    [Fact]
    public async Task A_login_for_the_registry_is_given()
    {
        using var connection = await ConnectAsync();
        var login = await new EcrClient(connection).GetLoginAsync(Ct);
        Assert.Equal("AWS", login.User);
        Assert.Equal("***", $"{login.Password}");
        Assert.Equal("123456789012.dkr.ecr.eu-central-1.amazonaws.com", login.Registry);
    }

    [Fact]
    public async Task Lines_are_read_tailed_and_followed_each_once()
    {
        using var connection = await ConnectAsync();
        var logs = new LogsClient(connection, TimeProvider.System);
        var since = DateTimeOffset.UnixEpoch;
        Assert.Empty(await logs.NewestStreamsAsync(_name, 10, Ct));
        Assert.Empty(await logs.TailAsync(_name, "a/agent-1/t", 10, Ct));
        Assert.Empty(await logs.ReadAsync(_name, streams: null, since, Ct).ToListAsync(Ct));
        await AwsAsync("logs", "create-log-group", "--log-group-name", _name);
        await AwsAsync("logs", "create-log-stream", "--log-group-name", _name, "--log-stream-name", "a/agent-1/t");
        await PutAsync("one", "two");

        Assert.Equal("a/agent-1/t", Assert.Single(await logs.NewestStreamsAsync(_name, 10, Ct)).LogStreamName);
        Assert.Equal(["two"], (await logs.TailAsync(_name, "a/agent-1/t", 1, Ct)).Select(line => line.Message));

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        enough.CancelAfter(TimeSpan.FromSeconds(60));
        var seen = new List<string>();
        await foreach (var line in logs.FollowAsync(_name, streams: null, since, enough.Token))
        {
            seen.Add($"{line.Stream} {line.Message}");
            if (seen.Count == 2)
            {
                await PutAsync("three");
            }

            if (line.Message == "three")
            {
                break;
            }
        }

        Assert.Equal(["a/agent-1/t one", "a/agent-1/t two", "a/agent-1/t three"], seen);
    }

    private Task PutAsync(params string[] lines)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var events = string.Join(',', lines.Select((line, index) => $$"""{"timestamp":{{at + index}},"message":"{{line}}"}"""));
        return AwsAsync("logs", "put-log-events", "--log-group-name", _name, "--log-stream-name", "a/agent-1/t", "--log-events", $"[{events}]");
    }

    private Task<AwsConnection> ConnectAsync() =>
        AwsConnection.OpenAsync(new() { Region = "eu-central-1", Environment = Environment() }, TimeProvider.System, Ct);

    private Dictionary<string, string> Environment() =>
        moto.Environment.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!);

    private async Task<string> AwsAsync(params string[] arguments)
    {
        Assert.SkipUnless(Installed.Has("aws"), "The aws command is not installed.");
        var start = new ProcessStartInfo("aws", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in moto.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["AWS_DEFAULT_REGION"] = "eu-central-1";
        using var aws = Process.Start(start)!;
        var output = aws.StandardOutput.ReadToEndAsync(Ct);
        var errors = await aws.StandardError.ReadToEndAsync(Ct);
        await aws.WaitForExitAsync(Ct);
        Assert.True(aws.ExitCode == 0, errors);
        return await output;
    }
}
