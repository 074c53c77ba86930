using System.Text.Json.Nodes;

namespace Tidepool.Tests.Fargate.Api;

public sealed class ServiceApiSpecs
{
    // What the Terraform provider 5.100.0 sends.
    private const string Sent =
        $$"""
        {"cluster":"c","serviceName":"s","taskDefinition":"f:1","desiredCount":1,"launchType":"FARGATE","schedulingStrategy":"REPLICA",
         "availabilityZoneRebalancing":"DISABLED","clientToken":"t-1","capacityProviderStrategy":[],"vpcLatticeConfigurations":[],
         "deploymentConfiguration":{"maximumPercent":200,"minimumHealthyPercent":100,"deploymentCircuitBreaker":{"enable":true,"rollback":true} },
         "deploymentController":{"type":"ECS"},"enableECSManagedTags":true,"enableExecuteCommand":true,"propagateTags":"SERVICE",
         "tags":[{"key":"team","value":"sea"}],"networkConfiguration":{{EcsRig.Network}}}
        """;

    [Fact]
    public async Task A_service_is_described_as_it_was_asked_for()
    {
        await using var rig = await StartAsync();
        await rig.AskAsync("CreateService", Sent);
        var service = await rig.Rig.Fargate.WaitForServiceAsync("c", "s", seen => seen.RunningCount == 1, FargateRig.Ct);
        var shown = (await rig.AskAsync("DescribeServices", """{"cluster":"c","services":["s"],"include":["TAGS"]}"""))["services"]![0]!;
        foreach (var member in new[]
        {
            "serviceName", "desiredCount", "launchType", "schedulingStrategy", "availabilityZoneRebalancing", "deploymentController",
            "enableECSManagedTags", "enableExecuteCommand", "propagateTags", "tags", "networkConfiguration",
        })
        {
            Assert.Equal(JsonNode.Parse(Sent)![member]!.ToJsonString(), shown[member]?.ToJsonString());
        }

        Assert.Equal(
            """{"minimumHealthyPercent":100,"maximumPercent":200,"deploymentCircuitBreaker":{"enable":true,"rollback":true},"strategy":"ROLLING"}""",
            shown["deploymentConfiguration"]!.ToJsonString());
        Assert.Equal(("LATEST", "ACTIVE", 1), ((string?)shown["platformVersion"], (string?)shown["status"], (int?)shown["runningCount"]));
        var deployment = Assert.Single(shown["deployments"]!.AsArray())!;
        Assert.Equal(
            (service.Deployments[0].Id, "PRIMARY", "1.4.0", "FARGATE"),
            ((string?)deployment["id"], (string?)deployment["status"], (string?)deployment["platformVersion"], (string?)deployment["launchType"]));
        Assert.Null((await rig.AskAsync("DescribeServices", """{"cluster":"c","services":["s"]}"""))["services"]![0]!["tags"]);
    }

    [Fact]
    public async Task The_tasks_of_a_service_carry_its_tags_and_those_of_the_service_itself()
    {
        await using var rig = await StartAsync();
        await rig.AskAsync("CreateService", Sent);
        await rig.Rig.Fargate.WaitForServiceAsync("c", "s", seen => seen.RunningCount == 1, FargateRig.Ct);
        var arn = (string)(await rig.AskAsync("ListTasks", """{"cluster":"c","serviceName":"s"}"""))["taskArns"]![0]!;
        var task = (await rig.AskAsync("DescribeTasks", $$"""{"cluster":"c","tasks":["{{arn}}"],"include":["TAGS"]}"""))["tasks"]![0]!;
        Assert.Equal(
            """[{"key":"team","value":"sea"},{"key":"aws:ecs:clusterName","value":"c"},{"key":"aws:ecs:serviceName","value":"s"}]""",
            task["tags"]!.ToJsonString());
        Assert.Equal(("service:s", true), ((string?)task["group"], (bool?)task["enableExecuteCommand"]));
    }

    [Fact]
    public async Task A_repeat_with_one_client_token_makes_one_service_and_another_request_with_it_is_refused()
    {
        await using var rig = await StartAsync();
        var first = await rig.AskAsync("CreateService", Sent);
        var second = await rig.AskAsync("CreateService", Sent);
        Assert.Equal((string?)first["service"]!["serviceArn"], (string?)second["service"]!["serviceArn"]);
        Assert.Equal(
            "ConflictException: The request could not be processed due to conflicts. The provided clientToken is already in use with a different request.",
            await rig.RefusedAsync("CreateService", Sent.Replace("\"s\"", "\"other\"", StringComparison.Ordinal)));
        Assert.Equal(
            "InvalidParameterException: Creation of service was not idempotent.",
            await rig.RefusedAsync("CreateService", Sent.Replace("t-1", "t-2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_update_changes_what_it_names_and_nothing_else()
    {
        await using var rig = await StartAsync();
        await rig.AskAsync("CreateService", Sent);
        var updated = (await rig.AskAsync(
            "UpdateService", """{"cluster":"c","service":"s","desiredCount":2,"availabilityZoneRebalancing":"ENABLED","propagateTags":"NONE"}"""))["service"]!;
        Assert.Equal(
            (2, "ENABLED", "NONE", true, 1),
            ((int?)updated["desiredCount"], (string?)updated["availabilityZoneRebalancing"], (string?)updated["propagateTags"],
                (bool?)updated["enableExecuteCommand"], updated["deployments"]!.AsArray().Count));
        var redeployed = (await rig.AskAsync(
            "UpdateService", """{"cluster":"c","service":"s","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-2"]}}}"""))["service"]!;
        Assert.Equal(2, redeployed["deployments"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_service_by_capacity_provider_has_no_launch_type_and_its_tasks_name_the_provider()
    {
        await using var rig = await StartAsync();
        var request = Sent.Replace("\"launchType\":\"FARGATE\",", "", StringComparison.Ordinal);
        Assert.Equal("InvalidParameterException: No Container Instances were found in your cluster.", await rig.RefusedAsync("CreateService", request));
        await rig.AskAsync(
            "PutClusterCapacityProviders",
            """
            {"cluster":"c","capacityProviders":["FARGATE","FARGATE_SPOT"],
             "defaultCapacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT","weight":1}]}
            """);
        var service = (await rig.AskAsync("CreateService", request))["service"]!;
        Assert.Null(service["launchType"]);
        Assert.Equal("""[{"capacityProvider":"FARGATE_SPOT","weight":1,"base":0}]""", service["capacityProviderStrategy"]!.ToJsonString());
        await rig.Rig.Fargate.WaitForServiceAsync("c", "s", seen => seen.RunningCount == 1, FargateRig.Ct);
        var arn = (string)(await rig.AskAsync("ListTasks", """{"cluster":"c"}"""))["taskArns"]![0]!;
        var task = (await rig.AskAsync("DescribeTasks", $$"""{"cluster":"c","tasks":["{{arn}}"]}"""))["tasks"]![0]!;
        Assert.Equal(("FARGATE_SPOT", "FARGATE"), ((string?)task["capacityProviderName"], (string?)task["launchType"]));
        const string Other = """{"cluster":"c","service":"s","capacityProviderStrategy":[{"capacityProvider":"FARGATE","weight":1}]""";
        Assert.Equal(
            "InvalidParameterException: When switching from launch type to capacity provider strategy on an existing service, or making a change to a "
                + "capacity provider strategy on a service that is already using one, you must force a new deployment.",
            await rig.RefusedAsync("UpdateService", Other + "}"));
        var forced = await rig.AskAsync("UpdateService", Other + ",\"forceNewDeployment\":true}");
        Assert.Equal(
            """[{"capacityProvider":"FARGATE","weight":1,"base":0}]""", forced["service"]!["deployments"]![0]!["capacityProviderStrategy"]!.ToJsonString());
        Assert.Equal(
            "InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            await rig.RefusedAsync(
                "CreateService", Sent.Replace("\"capacityProviderStrategy\":[]", """ "capacityProviderStrategy":[{"capacityProvider":"FARGATE"}] """, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("\"loadBalancers\":[{\"targetGroupArn\":\"x\"}]", "loadBalancers of CreateService")]
    [InlineData("\"serviceConnectConfiguration\":{\"enabled\":true}", "serviceConnectConfiguration of CreateService")]
    public async Task What_the_local_Fargate_does_not_do_is_refused_by_name(string member, string name)
    {
        await using var rig = await StartAsync();
        Assert.Equal(
            $"ClientException: FARGATE003: {name} is not supported by the local Fargate yet. Remove it for the rehearsal; on AWS it is valid.",
            await rig.RefusedAsync("CreateService", $"{{{member},{Sent.Trim()[1..]}"));
    }

    [Theory]
    [InlineData("CreateService", """{"cluster":"nowhere","serviceName":"s","taskDefinition":"f"}""", "ClusterNotFoundException: Cluster not found.")]
    [InlineData("UpdateService", """{"cluster":"c","service":"nothing"}""", "ServiceNotFoundException: Service not found.")]
    [InlineData("DeleteService", """{"cluster":"c","service":"nothing"}""", "ServiceNotFoundException: Service not found.")]
    [InlineData("DescribeServices", """{"cluster":"c","services":[]}""", "InvalidParameterException: Services cannot be empty.")]
    [InlineData(
        "CreateService", """{"cluster":"c","serviceName":"../s","taskDefinition":"f"}""", "InvalidParameterException: Service name contains invalid characters.")]
    public async Task A_request_that_cannot_be_is_told_in_the_words_of_the_service(string operation, string body, string refusal)
    {
        await using var rig = await StartAsync();
        Assert.Equal(refusal, await rig.RefusedAsync(operation, body));
    }

    [Fact]
    public async Task Services_are_listed_in_pages()
    {
        await using var rig = await StartAsync();
        foreach (var i in Enumerable.Range(1, 5))
        {
            await rig.AskAsync(
                "CreateService",
                $$"""{"cluster":"c","serviceName":"s-{{i}}","taskDefinition":"f","desiredCount":0,"launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        }

        var names = new List<string>();
        string? token = null;
        do
        {
            var page = await rig.AskAsync("ListServices", token is null ? """{"cluster":"c","maxResults":2}""" : $$"""{"cluster":"c","maxResults":2,"nextToken":"{{token}}"}""");
            names.AddRange(page["serviceArns"]!.AsArray().Select(arn => ((string)arn!).Split('/')[^1]));
            token = (string?)page["nextToken"];
        }
        while (token is not null);

        Assert.Equal(["s-1", "s-2", "s-3", "s-4", "s-5"], names);
        Assert.Equal(
            "InvalidParameterException: Invalid token.", await rig.RefusedAsync("ListServices", """{"cluster":"c","nextToken":"not a token"}"""));
    }

    private static async Task<EcsRig> StartAsync()
    {
        var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        return rig;
    }
}
