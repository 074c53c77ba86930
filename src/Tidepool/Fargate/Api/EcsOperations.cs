using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Api;

/// <summary>The operations of the ECS API by their names: members in, members out.</summary>
/// <param name="fargate">What does the work.</param>
/// <param name="say">Told, in one line, what of a request was left out.</param>
internal sealed partial class EcsOperations(LocalFargate fargate, Action<string> say)
{
    private const int MostLeftOut = 1000;

    private readonly ConcurrentDictionary<string, byte> _leftOut = new();

    // What the service model has and the local Fargate does not. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
    private static readonly HashSet<string> NotOffered =
    [
        "ContinueServiceDeployment", "CreateCapacityProvider", "CreateDaemon", "CreateExpressGatewayService", "CreateTaskSet", "DeleteAccountSetting",
        "DeleteAttributes", "DeleteCapacityProvider", "DeleteDaemon", "DeleteDaemonTaskDefinition", "DeleteExpressGatewayService", "DeleteTaskSet",
        "DeregisterContainerInstance", "DescribeCapacityProviders", "DescribeContainerInstances", "DescribeDaemon", "DescribeDaemonDeployments",
        "DescribeDaemonRevisions", "DescribeDaemonTaskDefinition", "DescribeExpressGatewayService", "DescribeServiceDeployments",
        "DescribeServiceRevisions", "DescribeTaskSets", "DiscoverPollEndpoint", "ExecuteCommand", "ListAttributes",
        "ListContainerInstances", "ListDaemonDeployments", "ListDaemonTaskDefinitions", "ListDaemons", "ListServiceDeployments",
        "ListServicesByNamespace", "PutAccountSetting", "PutAccountSettingDefault", "PutAttributes", "RegisterContainerInstance",
        "RegisterDaemonTaskDefinition", "StartTask", "StopServiceDeployment", "SubmitAttachmentStateChanges", "SubmitContainerStateChange",
        "SubmitTaskStateChange", "UpdateCapacityProvider", "UpdateContainerAgent", "UpdateContainerInstancesState", "UpdateDaemon",
        "UpdateExpressGatewayService", "UpdateServicePrimaryTaskSet", "UpdateTaskSet",
    ];

    /// <summary>Does one operation.</summary>
    /// <param name="name">Its name, as in <c>RunTask</c>.</param>
    /// <param name="body">The request's members.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>What the answer is made of.</returns>
    /// <exception cref="EcsException">A refusal in the API's words.</exception>
    /// <exception cref="ProblemException">Something that Fargate does and the local one does not.</exception>
    public Task<object> DoAsync(string name, JsonObject body, CancellationToken ct) => name switch
    {
        "CreateCluster" => CreateClusterAsync(body, ct),
        "DescribeClusters" => DescribeClustersAsync(body, ct),
        "ListClusters" => ListClustersAsync(body, ct),
        "UpdateCluster" or "UpdateClusterSettings" => UpdateClusterAsync(body, ct),
        "PutClusterCapacityProviders" => PutClusterCapacityProvidersAsync(body, ct),
        "DeleteCluster" => DeleteClusterAsync(body, ct),
        "RegisterTaskDefinition" => RegisterTaskDefinitionAsync(body, ct),
        "DescribeTaskDefinition" => DescribeTaskDefinitionAsync(body, ct),
        "ListTaskDefinitions" => ListTaskDefinitionsAsync(body, ct),
        "ListTaskDefinitionFamilies" => ListTaskDefinitionFamiliesAsync(body, ct),
        "DeregisterTaskDefinition" => DeregisterTaskDefinitionAsync(body, ct),
        "DeleteTaskDefinitions" => DeleteTaskDefinitionsAsync(body, ct),
        "CreateService" => CreateServiceAsync(body, ct),
        "DescribeServices" => DescribeServicesAsync(body, ct),
        "ListServices" => ListServicesAsync(body, ct),
        "UpdateService" => UpdateServiceAsync(body, ct),
        "DeleteService" => DeleteServiceAsync(body, ct),
        "RunTask" => RunTaskAsync(body, ct),
        "StopTask" => StopTaskAsync(body, ct),
        "DescribeTasks" => DescribeTasksAsync(body, ct),
        "ListTasks" => ListTasksAsync(body, ct),
        "UpdateTaskProtection" => UpdateTaskProtectionAsync(body, ct),
        "GetTaskProtection" => GetTaskProtectionAsync(body, ct),
        "TagResource" => TagResourceAsync(body, ct),
        "UntagResource" => UntagResourceAsync(body, ct),
        "ListTagsForResource" => ListTagsForResourceAsync(body, ct),
        "ListAccountSettings" => ListAccountSettingsAsync(body, ct),
        _ when NotOffered.Contains(name) => throw Unoffered(name),
        _ => throw Unknown(name),
    };

    private EcsException Unoffered(string name)
    {
        say($"ECS operation {name} was asked for, which the local Fargate does not offer.");
        return new(EcsErrorType.ClientException, $"The local Fargate does not offer {name}.");
    }

    private EcsException Unknown(string name)
    {
        say($"An ECS operation {name} was asked for, which is not known.");
        return new(EcsErrorType.UnknownOperationException, $"The operation {name} is not known.");
    }

    private T Read<T>(JsonObject body) => EcsJson.Read<T>(body, member =>
    {
        // Clients that poll would say it every time.
        if (_leftOut.Count < MostLeftOut && _leftOut.TryAdd($"{typeof(T).Name}.{member}", 0))
        {
            say($"A request holds {member}, which the local Fargate does not know and left out.");
        }
    });

    /// <summary>Refuses members that mean something which the local Fargate does not do.</summary>
    private static void Refuse(JsonObject body, string request, params string[] members)
    {
        foreach (var member in members)
        {
            if (body[member] is JsonArray { Count: > 0 } or JsonObject { Count: > 0 })
            {
                throw new ProblemException(LocalLimits.Unsupported($"{member} of {request}"));
            }

            body.Remove(member);
        }
    }

    private static void NotEmpty(IReadOnlyList<string> items, string what, int most)
    {
        if (items.Count == 0 || items.Count > most)
        {
            // The text for none is the API's, the one for too many is inferred.
            throw new EcsException(
                EcsErrorType.InvalidParameterException, items.Count == 0 ? $"{what} cannot be empty." : $"{what} cannot be more than {most}.");
        }
    }

    private static string? Text(JsonObject body, string member) =>
        body[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
