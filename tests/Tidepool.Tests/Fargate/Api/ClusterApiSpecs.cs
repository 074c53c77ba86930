namespace Tidepool.Tests.Fargate.Api;

public sealed class ClusterApiSpecs
{
    private const string Sent =
        """
        {"clusterName":"tide","tags":[{"key":"team","value":"sea"}],"settings":[{"name":"containerInsights","value":"enabled"}],
         "configuration":{"executeCommandConfiguration":{"logging":"DEFAULT"}}}
        """;

    [Fact]
    public async Task A_cluster_is_described_with_what_is_asked_for()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("CreateCluster", Sent);
        var plain = (await rig.AskAsync("DescribeClusters", """{"clusters":["tide"]}"""))["clusters"]![0]!;
        Assert.Equal(("[]", "[]"), (plain["tags"]!.ToJsonString(), plain["settings"]!.ToJsonString()));
        Assert.Null(plain["configuration"]);
        var all = (await rig.AskAsync(
            "DescribeClusters",
            """{"clusters":["arn:aws:ecs:us-east-1:000000000000:cluster/tide"],"include":["TAGS","SETTINGS","CONFIGURATIONS"]}"""))["clusters"]![0]!;
        Assert.Equal(
            ("""[{"key":"team","value":"sea"}]""", """[{"name":"containerInsights","value":"enabled"}]""", "DEFAULT"),
            (all["tags"]!.ToJsonString(), all["settings"]!.ToJsonString(), (string?)all["configuration"]!["executeCommandConfiguration"]!["logging"]));
    }

    [Fact]
    public async Task A_cluster_is_deleted_once_it_is_empty_and_can_be_made_again()
    {
        await using var rig = await EcsRig.StartAsync();

        // It takes its time to end, so that its cluster still has a task when the service is gone.
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(EcsRig.Waiting.Replace("'exit 0'", "''", StringComparison.Ordinal)));
        await rig.AskAsync("CreateCluster", Sent);
        await rig.AskAsync(
            "CreateService",
            $$"""{"cluster":"tide","serviceName":"s","taskDefinition":"f","desiredCount":1,"launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        Assert.Equal(
            "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.", await rig.RefusedAsync("DeleteCluster", """{"cluster":"tide"}"""));
        await rig.Rig.Fargate.WaitForServiceAsync("tide", "s", service => service.RunningCount == 1, FargateRig.Ct);
        var counted = (await rig.AskAsync("DescribeClusters", """{"clusters":["tide"]}"""))["clusters"]![0]!;
        Assert.Equal(
            (1, 0, 1), ((int?)counted["runningTasksCount"], (int?)counted["pendingTasksCount"], (int?)counted["activeServicesCount"]));

        await rig.AskAsync("DeleteService", """{"cluster":"tide","service":"s","force":true}""");
        Assert.Equal(
            "ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active.", await rig.RefusedAsync("DeleteCluster", """{"cluster":"tide"}"""));
        await rig.Rig.Fargate.WaitForServiceAsync("tide", "s", service => service.Status == "INACTIVE", FargateRig.Ct);
        Assert.Equal("INACTIVE", (string?)(await rig.AskAsync("DeleteCluster", """{"cluster":"tide"}"""))["cluster"]!["status"]);
        Assert.Equal("INACTIVE", (string?)(await rig.AskAsync("DescribeClusters", """{"clusters":["tide"]}"""))["clusters"]![0]!["status"]);
        Assert.Equal(["c"], await NamesAsync(rig));
        Assert.Equal("ClientException: The referenced cluster was inactive.", await rig.RefusedAsync("ListTasks", """{"cluster":"tide"}"""));

        Assert.Equal(
            "InvalidParameterException: The specified cluster is inactive. Specify an active cluster and try again.",
            await rig.RefusedAsync("ListTagsForResource", """{"resourceArn":"arn:aws:ecs:us-east-1:000000000000:cluster/tide"}"""));

        Assert.Equal("ACTIVE", (string?)(await rig.AskAsync("CreateCluster", """{"clusterName":"tide"}"""))["cluster"]!["status"]);
        Assert.Equal(["c", "tide"], await NamesAsync(rig));
    }

    [Fact]
    public async Task Tags_are_added_changed_and_removed_by_ARN()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        await rig.AskAsync("CreateCluster", Sent);
        foreach (var arn in new[] { "arn:aws:ecs:us-east-1:000000000000:cluster/tide", "arn:aws:ecs:us-east-1:000000000000:task-definition/f:1" })
        {
            await rig.AskAsync("TagResource", $$"""{"resourceArn":"{{arn}}","tags":[{"key":"team","value":"rock"},{"key":"pool","value":"p"}]}""");
            await rig.AskAsync("UntagResource", $$"""{"resourceArn":"{{arn}}","tagKeys":["pool"]}""");
            var tags = await rig.AskAsync("ListTagsForResource", $$"""{"resourceArn":"{{arn}}"}""");
            Assert.Equal("""[{"key":"team","value":"rock"}]""", tags["tags"]!.ToJsonString());
        }

        Assert.Equal(
            "InvalidParameterException: The specified resource arn:aws:ecs:us-east-1:000000000000:cluster/ebb was not found. "
                + "Specify a valid resource ARN and try again.",
            await rig.RefusedAsync("ListTagsForResource", """{"resourceArn":"arn:aws:ecs:us-east-1:000000000000:cluster/ebb"}"""));
    }

    [Fact]
    public async Task Account_settings_are_those_of_a_new_account()
    {
        await using var rig = await EcsRig.StartAsync();
        var settings = await rig.AskAsync("ListAccountSettings", """{"effectiveSettings":true,"name":"taskLongArnFormat"}""");
        Assert.Equal(
            """[{"name":"taskLongArnFormat","value":"enabled","principalArn":"arn:aws:iam::000000000000:root","type":"user"}]""",
            settings["settings"]!.ToJsonString());
        Assert.Empty((await rig.AskAsync("ListAccountSettings", "{}"))["settings"]!.AsArray());
    }

    [Theory]
    [InlineData("CreateCluster", """{"clusterName":"../tide"}""", "InvalidParameterException: Cluster name contains invalid characters.")]
    [InlineData("DeleteCluster", """{"cluster":"ebb"}""", "ClusterNotFoundException: Cluster not found.")]
    [InlineData(
        "PutClusterCapacityProviders", """{"cluster":"c","capacityProviders":["mine"],"defaultCapacityProviderStrategy":[]}""",
        "InvalidParameterException: The specified capacity provider 'mine' was not found.")]
    public async Task A_request_that_cannot_be_is_told_in_the_words_of_the_service(string operation, string body, string refusal)
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal(refusal, await rig.RefusedAsync(operation, body));
    }

    private static async Task<string[]> NamesAsync(EcsRig rig) =>
        [.. (await rig.AskAsync("ListClusters", "{}"))["clusterArns"]!.AsArray().Select(arn => ((string)arn!).Split('/')[1])];
}
