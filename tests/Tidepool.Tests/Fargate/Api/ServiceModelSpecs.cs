using System.Net;
using System.Text.Json.Nodes;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>Requests and answers against the model of ECS that the aws command line brings.</summary>
public sealed class ServiceModelSpecs
{
    /// <summary>Values that are valid where the model's own sample is not, by the end of their paths.</summary>
    private static readonly (string Path, string Value)[] Values =
    [
        ("containerDefinitions[0].image", "\"a/tidepool-agent:2\""),
        ("containerDefinitions[0].repositoryCredentials", """{"credentialsParameter":"arn:aws:secretsmanager:us-east-1:000000000000:secret:x"}"""),
        ("restartAttemptPeriod", "60"),
        ("startTimeout", "3"),
        ("stopTimeout", "3"),
        ("containerDefinitions[0].cpu", "2"),
        ("containerDefinitions[0].memory", "16"),
        ("mountPoints", """[{"sourceVolume":"v","containerPath":"/m"}]"""),
        ("mountPoints[0].readOnly", "true"),
        ("volumesFrom", """[{"sourceContainer":"other"}]"""),
        ("dependsOn", """[{"containerName":"other","condition":"START"}]"""),
        ("containerDefinitions[0].logConfiguration", """{"logDriver":"awslogs","options":{"awslogs-group":"g","awslogs-region":"us-east-1","awslogs-stream-prefix":"p"}}"""),
        ("healthCheck", """{"command":["CMD-SHELL","true"],"interval":5,"timeout":2,"retries":1}"""),
        ("volumes", """[{"name":"other"}]"""),
        ("ephemeralStorage", """{"sizeInGiB":21}"""),
        ("pidMode", "\"task\""),
        ("linuxParameters.capabilities.add", """["SYS_PTRACE"]"""),
        ("runtimePlatform.operatingSystemFamily", "\"LINUX\""),
        ("capabilities.drop", """["CHOWN"]"""),
        ("capacityProviders", """["FARGATE"]"""),
        ("apacityProviderStrategy", """[{"capacityProvider":"FARGATE"}]"""),
        ("platformVersion", "\"1.4.0\""),
        ("schedulingStrategy", "\"REPLICA\""),
        ("networkConfiguration", EcsRig.Network),
        ("assignPublicIp", "\"ENABLED\""),
        ("launchType", "\"FARGATE\""),
        ("startedBy", "\"someone\""),
        ("maximumPercent", "150"),
        ("minimumHealthyPercent", "50"),
        ("containerOverrides", """[{"name":"agent-1"}]"""),
    ];

    /// <summary>What changes what is done or listed, and is not shown by itself; the other specs of the API have a test for each.</summary>
    private static readonly HashSet<string> Honoured =
    [
        "include", "maxResults", "clusters", "services", "tasks", "taskDefinitions", "launchType", "schedulingStrategy", "familyPrefix", "status", "sort",
        "family", "startedBy", "serviceName", "desiredStatus", "containerInstance", "name", "value", "principalArn", "effectiveSettings",
        "forceNewDeployment", "force", "protectionEnabled", "expiresInMinutes", "tags", "tags[0].key", "tags[0].value", "tagKeys", "clientToken", "count",
        "enableECSManagedTags", "propagateTags", "reason",
    ];

    /// <summary>What Fargate wants of every task and the local one does nothing with; docs/local-fargate.md says so. Tasks do not show it, on AWS either.</summary>
    private const string OfTheNetwork = "networkConfiguration";

    public static TheoryData<string> Operations => [.. ServiceModelRig.Operations];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task What_is_answered_is_what_the_model_says(string operation)
    {
        var model = ServiceModel.Get();
        await using var rig = await ServiceModelRig.StartAsync();
        var request = await rig.RequestAsync(operation);
        if (model.MembersOf(model.InputOf(operation)).Contains("include"))
        {
            string[] all = operation == "DescribeClusters" ? ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"] : ["TAGS"];
            request["include"] = new JsonArray([.. all.Select(word => (JsonNode)word)]);
        }

        var (status, answer) = await rig.SendAsync(operation, request);
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        Assert.Empty(model.Violations(operation, answer));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_member_that_a_request_may_hold_is_honoured_shown_refused_or_said_to_be_left_out(string operation)
    {
        var model = ServiceModel.Get();
        await using var rig = await ServiceModelRig.StartAsync();
        var shape = model.InputOf(operation);
        var dropped = new List<string>();
        foreach (var path in model.MembersOf(shape))
        {
            var request = await rig.RequestAsync(operation);
            if (path.Contains("apacityProviderStrategy", StringComparison.Ordinal))
            {
                // Either of the two says where tasks go.
                request.Remove("launchType");
            }

            var value = Add(model, shape, request, path);
            var (status, answer) = await rig.SendAsync(operation, request);
            if (status == HttpStatusCode.OK
                && value is not (JsonObject { Count: 0 } or JsonArray { Count: 0 })
                && !Honoured.Contains(path)
                && !path.StartsWith(OfTheNetwork, StringComparison.Ordinal)
                && !rig.Notices.Any(notice => notice.Contains($" holds {path},", StringComparison.Ordinal))
                && !Shows(answer, path.Split('.')[^1], value))
            {
                dropped.Add($"{path} = {value.ToJsonString()}");
            }
        }

        Assert.True(dropped.Count == 0, string.Join('\n', dropped));
    }

    private static JsonNode Add(ServiceModel model, string shape, JsonObject request, string path)
    {
        // What stands around the member must be valid as well.
        for (var end = path.IndexOf('.', StringComparison.Ordinal); end > 0; end = path.IndexOf('.', end + 1))
        {
            var around = path[..end];
            if (ValueOf(around.EndsWith("[0]", StringComparison.Ordinal) ? around[..^3] : around) is { } valid)
            {
                model.Add(shape, request, around.EndsWith("[0]", StringComparison.Ordinal) ? around[..^3] : around, valid);
            }
        }

        return model.Add(shape, request, path, ValueOf(path)).DeepClone();
    }

    private static JsonNode? ValueOf(string path) =>
        Values.FirstOrDefault(pair => path.EndsWith(pair.Path, StringComparison.Ordinal)) is { Value: { } value } ? JsonNode.Parse(value) : null;

    private static bool Shows(JsonNode? answer, string name, JsonNode value) => answer switch
    {
        JsonObject members => members.Any(member => (member.Key == name && Holds(member.Value, value)) || Shows(member.Value, name, value)),
        JsonArray items => items.Any(item => Shows(item, name, value)),
        _ => false,
    };

    /// <summary>Whether what is shown has all that was said; the service may add more.</summary>
    private static bool Holds(JsonNode? shown, JsonNode? said) => (shown, said) switch
    {
        (JsonObject members, JsonObject wanted) => wanted.All(member => Holds(members[member.Key], member.Value)),
        (JsonArray items, JsonArray wanted) => wanted.All(item => items.Any(one => Holds(one, item))),
        _ => JsonNode.DeepEquals(shown, said),
    };
}
