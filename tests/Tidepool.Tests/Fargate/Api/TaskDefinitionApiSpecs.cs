
namespace Tidepool.Tests.Fargate.Api;

public sealed class TaskDefinitionApiSpecs
{
    [Fact]
    public async Task A_registered_task_definition_is_answered_with_what_the_service_adds_and_without_what_was_not_said()
    {
        await using var rig = await EcsRig.StartAsync();
        var answer = await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(more: ""","tags":[{"key":"team","value":"sea"}],"volumes":[{"name":"v"}]"""));
        var definition = answer["taskDefinition"]!.AsObject();
        Assert.Equal(
            [
                "compatibilities", "containerDefinitions", "cpu", "executionRoleArn", "family", "memory", "networkMode", "placementConstraints",
                "registeredAt", "requiresCompatibilities", "revision", "status", "taskDefinitionArn", "volumes",
            ],
            definition.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal("""{"name":"v","host":{}}""", definition["volumes"]![0]!.ToJsonString());
        Assert.Equal(
            """
            {"name":"agent-1","image":"tidepool-agent:1","cpu":0,"essential":true,
            "command":["bash","-c","trap \u0027exit 0\u0027 TERM; sleep 1000 \u0026 wait $!"],
            "environment":[],"mountPoints":[],"volumesFrom":[],"stopTimeout":2,"portMappings":[],"systemControls":[]}
            """.ReplaceLineEndings(""),
            definition["containerDefinitions"]![0]!.ToJsonString());
        Assert.Equal("""[{"key":"team","value":"sea"}]""", answer["tags"]!.ToJsonString());
        Assert.InRange((double)definition["registeredAt"]!, 1.7e9, 1e11);
    }

    [Fact]
    public async Task A_revision_is_what_its_own_request_says_whatever_was_registered_before()
    {
        await using var rig = await EcsRig.StartAsync();
        var said = new[] { "", ""","ephemeralStorage":{"sizeInGiB":30}""", ""","ephemeralStorage":{"sizeInGiB":30}""", "", ""","tags":[{"key":"team","value":"sea"}]""" };
        foreach (var more in said)
        {
            await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(more: more));
        }

        var seen = new List<string>();
        for (var revision = 1; revision <= said.Length; revision++)
        {
            var answer = await rig.AskAsync("DescribeTaskDefinition", $$"""{"taskDefinition":"f:{{revision}}","include":["TAGS"]}""");
            seen.Add($"{answer["taskDefinition"]!["ephemeralStorage"]?["sizeInGiB"] ?? 20} {answer["taskDefinition"]!["revision"]} {answer["tags"]!.AsArray().Count}");
        }

        Assert.Equal(["20 1 0", "30 2 0", "30 3 0", "20 4 0", "20 5 1"], seen);
    }

    [Fact]
    public async Task Tags_of_a_task_definition_are_described_when_they_are_asked_for()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(more: ""","tags":[{"key":"team","value":"sea"}]"""));
        Assert.Null((await rig.AskAsync("DescribeTaskDefinition", """{"taskDefinition":"f"}"""))["tags"]);
        Assert.Equal(
            "sea", (string?)(await rig.AskAsync("DescribeTaskDefinition", """{"taskDefinition":"f:1","include":["TAGS"]}"""))["tags"]![0]!["value"]);
    }

    [Fact]
    public async Task A_family_goes_from_revision_to_revision_and_a_deregistered_one_runs_nothing_new()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        Assert.Equal(["f:1", "f:2"], await NamesAsync(rig, "{}"));
        Assert.Equal(["f:2", "f:1"], await NamesAsync(rig, """{"sort":"DESC"}"""));

        var gone = await rig.AskAsync("DeregisterTaskDefinition", """{"taskDefinition":"f:2"}""");
        Assert.Equal("INACTIVE", (string?)gone["taskDefinition"]!["status"]);
        Assert.NotNull(gone["taskDefinition"]!["deregisteredAt"]);
        Assert.Equal(["f:1"], await NamesAsync(rig, "{}"));
        Assert.Equal(["f:2"], await NamesAsync(rig, """{"status":"INACTIVE"}"""));
        Assert.Equal("1", (await rig.AskAsync("DescribeTaskDefinition", """{"taskDefinition":"f"}"""))["taskDefinition"]!["revision"]!.ToJsonString());
        Assert.Equal("INACTIVE", (string?)(await rig.AskAsync("DescribeTaskDefinition", """{"taskDefinition":"f:2"}"""))["taskDefinition"]!["status"]);
        Assert.Equal(
            "InvalidParameterException: TaskDefinition is inactive",
            await rig.RefusedAsync("RunTask", $$"""{"cluster":"c","taskDefinition":"f:2","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}"""));
    }

    [Fact]
    public async Task A_deleted_revision_is_gone_and_its_number_is_not_used_again()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        var early = await rig.AskAsync("DeleteTaskDefinitions", """{"taskDefinitions":["f:1","f:9"]}""");
        Assert.Equal(
            [
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
                "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
            ],
            early["failures"]!.AsArray().Select(failure => (string)failure!["reason"]!));
        await rig.AskAsync("DeregisterTaskDefinition", """{"taskDefinition":"f:1"}""");
        var deleted = await rig.AskAsync("DeleteTaskDefinitions", """{"taskDefinitions":["f:1"]}""");
        Assert.Equal("DELETE_IN_PROGRESS", (string?)deleted["taskDefinitions"]![0]!["status"]);
        Assert.Equal(
            "ClientException: Unable to describe task definition.", await rig.RefusedAsync("DescribeTaskDefinition", """{"taskDefinition":"f:1"}"""));
        var next = await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        Assert.Equal(2, (int)next["taskDefinition"]!["revision"]!);
    }

    [Fact]
    public async Task Families_are_listed_by_prefix_and_by_whether_they_have_an_active_revision()
    {
        await using var rig = await EcsRig.StartAsync();
        foreach (var family in new[] { "gull", "guillemot", "heron" })
        {
            await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(family: family));
        }

        await rig.AskAsync("DeregisterTaskDefinition", """{"taskDefinition":"gull:1"}""");
        Assert.Equal(["guillemot", "gull"], await FamiliesAsync(rig, """{"familyPrefix":"gu"}"""));
        Assert.Equal(["guillemot", "heron"], await FamiliesAsync(rig, """{"status":"ACTIVE"}"""));
        Assert.Equal(["gull"], await FamiliesAsync(rig, """{"status":"INACTIVE"}"""));
    }

    [Theory]
    [InlineData("DescribeTaskDefinition", """{"taskDefinition":"nothing"}""", "ClientException: Unable to describe task definition.")]
    [InlineData("DeregisterTaskDefinition", """{"taskDefinition":"nothing:1"}""", "ClientException: The specified task definition does not exist.")]
    [InlineData("DeregisterTaskDefinition", """{"taskDefinition":"f"}""", "ClientException: The specified task definition does not exist.")]
    public async Task A_task_definition_that_is_not_there_is_told_in_the_words_of_the_service(string operation, string body, string refusal)
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal(refusal, await rig.RefusedAsync(operation, body));
    }

    [Fact]
    public async Task What_Fargate_refuses_is_refused_and_what_only_the_local_one_does_not_do_is_named()
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal(
            "ClientException: Fargate compatible task definitions do not support sourcePath",
            await rig.RefusedAsync("RegisterTaskDefinition", EcsRig.Definition(more: ""","volumes":[{"name":"v","host":{"sourcePath":"/"}}]""")));
        Assert.Equal(
            "ClientException: FARGATE003: volumes[v].s3filesVolumeConfiguration is not supported by the local Fargate yet. "
                + "Remove it for the rehearsal; on AWS it is valid.",
            await rig.RefusedAsync("RegisterTaskDefinition", EcsRig.Definition(more: ""","volumes":[{"name":"v","s3filesVolumeConfiguration":{"fileSystemArn":"arn:aws:s3files:us-east-1:1:file-system/fs-1"}}]""")));
        Assert.Equal(
            "ClientException: FARGATE004: The sandbox runtime cannot run image nginx of container web. "
                + "Use one that it knows by its description: tidepool-agent, tidepool/with-volume, tidepool/without-volume and tidepool/as-root, of any registry.",
            await rig.RefusedAsync("RegisterTaskDefinition", EcsRig.Definition("""{"name":"web","image":"nginx"}""")));
    }

    private static async Task<string[]> NamesAsync(EcsRig rig, string body) =>
    [
        .. (await rig.AskAsync("ListTaskDefinitions", body))["taskDefinitionArns"]!.AsArray().Select(arn => ((string)arn!).Split('/')[1]),
    ];

    private static async Task<string[]> FamiliesAsync(EcsRig rig, string body) =>
        [.. (await rig.AskAsync("ListTaskDefinitionFamilies", body))["families"]!.AsArray().Select(family => (string)family!)];
}
