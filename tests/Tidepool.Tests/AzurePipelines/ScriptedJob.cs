using System.Text;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>A job that a scripted agent took.</summary>
internal sealed class ScriptedJob(ScriptedAgent agent, AgentJobRequestMessage message)
{
    public AgentJobRequestMessage Message { get; } = message;

    public string Token => Message.Resources.Endpoints
        .Single(endpoint => endpoint.Name == JobResources.SystemConnection).Authorization!.Parameters["AccessToken"];

    public string Plan => $"{Message.Plan.ScopeIdentifier}/_apis/distributedtask/hubs/build/plans/{Message.Plan.PlanId}";

    private string Records => $"{Plan}/timelines/{Message.Timeline.Id}/records";

    public JobStep Step(string name) => Message.Steps.Single(step => step.Name == name);

    public Task<TaskAgentJobRequest> RenewAsync() => agent.SendAsync<TaskAgentJobRequest>(
        HttpMethod.Patch,
        $"_apis/distributedtask/pools/1/jobrequests/{Message.RequestId}?lockToken={Guid.Empty}",
        new { requestId = Message.RequestId });

    public Task FeedAsync(Guid stepId, params string[] lines) => SendAsync(
        HttpMethod.Post, $"{Records}/{Message.JobId}/feed", new { value = lines, stepId, startLine = 1, count = lines.Length });

    public Task PatchAsync(params object[] records) =>
        SendAsync(HttpMethod.Patch, Records, new { value = records, count = records.Length });

    /// <summary>Runs a step to its end: console, log, record with output variables.</summary>
    public async Task RunStepAsync(
        string name, string result = "succeeded", string[]? lines = null, Dictionary<string, VariableValue>? outputs = null)
    {
        var id = Step(name).Id;
        var start = DateTimeOffset.UnixEpoch;
        var display = Step(name).DisplayName;
        await PatchAsync(
            new { id, parentId = Message.JobId, type = "Task", name = display, refName = name, state = "inProgress", startTime = start });
        if (lines is not null)
        {
            await FeedAsync(id, lines);
        }

        var variables = outputs?.ToDictionary(
            pair => pair.Key, pair => new { value = pair.Value.Value, isSecret = pair.Value.IsSecret ?? false });
        await PatchAsync(new { id, state = 2, result, finishTime = start.AddSeconds(2), variables });
    }

    public async Task PostLogAsync(Guid recordId, string text)
    {
        var log = await agent.SendAsync<TaskLog>(
            HttpMethod.Post,
            $"{Plan}/logs",
            new { path = $"logs\\{recordId}", createdOn = "0001-01-01T00:00:00", id = 0, location = (string?)null },
            bearerToken: Token);
        await SendAsync(HttpMethod.Post, $"{Plan}/logs/{log.Id}", Encoding.UTF8.GetBytes($"\uFEFF{text}"));
        await PatchAsync(new
        {
            id = recordId,
            log = new { id = log.Id, location = (string?)null },
            issues = Array.Empty<object>(),
            changeId = 0
        });
    }

    public Task StartStepAsync(string name) => PatchAsync(new
    {
        id = Step(name).Id,
        parentId = Message.JobId,
        type = "Task",
        name = Step(name).DisplayName,
        refName = name,
        state = "inProgress",
        startTime = DateTimeOffset.UnixEpoch,
    });

    /// <summary>Puts a file into the run's container, as <c>##vso[artifact.upload]</c> does.</summary>
    public Task UploadAsync(string path, string text) => SendAsync(
        HttpMethod.Put, $"_apis/resources/Containers/{Variable("build.containerId")}?itemPath={Uri.EscapeDataString(path)}&scope={Message.Plan.ScopeIdentifier}", Encoding.UTF8.GetBytes(text));

    public Task AssociateAsync(string name) => SendAsync(HttpMethod.Post, $"{Build}/artifacts", new
    {
        name,
        source = Message.JobId,
        resource = new { type = "Container", data = $"#/{Variable("build.containerId")}/{name}", properties = new { localpath = "/tmp" } },
    });

    public Task NumberAsync(string number) => SendAsync(HttpMethod.Patch, Build, new { buildNumber = number });

    public Task TagAsync(string tag) => SendAsync(HttpMethod.Post, $"{Build}/tags", new[] { tag });

    public Task CompleteAsync(string result = "succeeded") => SendAsync(
        HttpMethod.Post, $"{Plan}/events", new { requestId = Message.RequestId, result, name = "JobCompleted", jobId = Message.JobId });

    // Agents name the project by its id.
    private string Build => $"{Variable("system.teamProjectId")}/_apis/build/builds/{Variable("build.buildId")}";

    private string Variable(string name) => Message.Variables.First(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value.Value!;

    private async Task SendAsync(HttpMethod method, string path, object body) =>
        (await agent.SendAsync(method, path, body, bearerToken: Token)).Dispose();
}
