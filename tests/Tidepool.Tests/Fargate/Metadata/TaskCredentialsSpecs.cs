using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Tidepool.Deployment.Tests;
using Tidepool.Fargate.Metadata;
using Tidepool.Fargate.Upstream;
using Tidepool.Tests.Fargate.Api;

namespace Tidepool.Tests.Fargate.Metadata;

/// <summary>The keys of a task's role, in the sandbox and with a real moto_server as the upstream.</summary>
public sealed class TaskCredentialsSpecs(Moto moto) : IClassFixture<Moto>
{
    private const string RoleArn = "arn:aws:iam::123456789012:role/jobs";
    private const string Tell = "echo \"[$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI][$AWS_CONTAINER_CREDENTIALS_FULL_URI]\"; ";

    [Fact]
    public async Task The_aws_command_line_in_a_task_is_its_role_at_the_upstream()
    {
        await using var rig = await FargateRig.StartAsync(options => options with { Upstream = moto.Behind });
        var task = await RunAsync(rig, RoleArn, Tell + FargateRig.Wait);
        var uri = (await rig.LogUntilAsync(task, "agent-1", "\n")).Trim();
        Assert.Matches(@"^\[\]\[http://127\.0\.0\.1:[0-9]+/v2/credentials/[0-9a-f-]{36}\]$", uri);
        var credentials = Only("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri[3..^1]);

        var (_, listed, _) = await AwsProcess.RunAsync(moto.Behind, credentials, [], "configure", "list");
        var (code, output, error) = await AwsProcess.RunAsync(moto.Behind, credentials, [], "sts", "get-caller-identity");

        Assert.Matches("access_key.*container-role", listed);
        Assert.True(code == 0, error);
        Assert.Equal($"arn:aws:sts::123456789012:assumed-role/jobs/{task[^32..]}", (string?)JsonNode.Parse(output)!["Arn"]);
    }

    [Fact]
    public async Task Without_an_upstream_each_task_with_a_role_has_made_up_keys_of_its_own_for_6_hours_and_no_longer_than_the_task()
    {
        await using var rig = await FargateRig.StartAsync();
        var (one, other) = (await RunAsync(rig, RoleArn, Tell + FargateRig.Wait), await RunAsync(rig, RoleArn, Tell + FargateRig.Wait));
        using var http = new HttpClient();
        async Task<(string Uri, JsonObject Keys)> Keys(string task)
        {
            var uri = (await rig.LogUntilAsync(task, "agent-1", "\n")).Trim()[3..^1];
            return (uri, JsonNode.Parse(await http.GetStringAsync(uri, FargateRig.Ct))!.AsObject());
        }

        var (uri, keys) = await Keys(one);
        var again = (await Keys(one)).Keys;
        var (_, others) = await Keys(other);
        Assert.Equal(["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"], keys.Select(member => member.Key));
        Assert.Equal(RoleArn, (string?)keys["RoleArn"]);
        Assert.Matches("^ASIA[A-Z2-7]{16}$", (string?)keys["AccessKeyId"]);
        var left = DateTimeOffset.Parse((string)keys["Expiration"]!, CultureInfo.InvariantCulture) - TimeProvider.System.GetUtcNow();
        Assert.InRange(left, TimeSpan.FromHours(5.9), TimeSpan.FromHours(6));
        Assert.Equal(keys.ToJsonString(), again.ToJsonString());
        Assert.NotEqual((string?)keys["SecretAccessKey"], (string?)others["SecretAccessKey"]);

        await rig.StopAsync(one);
        Assert.Equal(400, (int)(await http.GetAsync(uri, FargateRig.Ct)).StatusCode);
        Assert.DoesNotContain(
            Directory.GetFiles(rig.EnvironmentFolder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is not ("lock" or "reserved")),
            file => File.ReadAllText(file).Contains((string)keys["SecretAccessKey"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_task_without_a_role_has_no_keys()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", Tell));

        Assert.Equal("[][]\n", rig.Log(stopped.TaskArn, "agent-1"));
    }

    [Fact]
    public async Task Keys_are_made_anew_an_hour_before_they_expire()
    {
        var clock = new FakeTimeProvider();
        var credentials = new TaskCredentials(null, clock, Assert.Fail);
        var id = credentials.Add("task", RoleArn).Split('/')[^1];
        var first = await credentials.GetAsync(id, FargateRig.Ct);

        clock.Advance(TimeSpan.FromHours(4.9));
        Assert.Equal(first, await credentials.GetAsync(id, FargateRig.Ct));
        clock.Advance(TimeSpan.FromHours(0.2));
        Assert.NotEqual(first, await credentials.GetAsync(id, FargateRig.Ct));
        Assert.DoesNotContain(first!.SecretAccessKey, $"{first}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_upstream_refuses_the_keys_are_made_up_and_that_is_said()
    {
        var said = new List<string>();
        using var nobody = new UpstreamClient(new("http://127.0.0.1:1"), "us-east-1", TimeProvider.System);
        var credentials = new TaskCredentials(nobody, TimeProvider.System, said.Add);

        var keys = await credentials.GetAsync(credentials.Add("task", RoleArn).Split('/')[^1], FargateRig.Ct);

        Assert.StartsWith("ASIA", keys!.AccessKeyId);
        Assert.StartsWith($"The upstream gave no keys of the task role {RoleArn}, so the task gets ones that open nothing: RequestError: ", Assert.Single(said));
    }

    /// <summary>What a client finds its credentials by, and nothing else of this machine.</summary>
    internal static Dictionary<string, string?> Only(string variable, string value) => new()
    {
        ["AWS_ACCESS_KEY_ID"] = null,
        ["AWS_SECRET_ACCESS_KEY"] = null,
        ["AWS_SESSION_TOKEN"] = null,
        ["AWS_PROFILE"] = null,
        ["AWS_EC2_METADATA_DISABLED"] = "true",
        [variable] = value,
    };

    /// <summary>Runs a task with a task role.</summary>
    internal static async Task<string> RunAsync(FargateRig rig, string role, string script)
    {
        var container = FargateRig.Container("agent-1", script);
        var logs = container.LogConfiguration! with { Options = new Dictionary<string, string>(container.LogConfiguration.Options!) { ["awslogs-create-group"] = "true" } };
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(container with { LogConfiguration = logs }) with { TaskRoleArn = role }, FargateRig.Ct);
        return await rig.RunAsync(definition.TaskDefinitionArn);
    }
}
