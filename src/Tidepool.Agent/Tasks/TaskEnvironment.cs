using System.Text.Json;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Tasks;

/// <summary>What a task's process starts with beyond a script's: inputs, secrets, service connections, secure files, task variables.</summary>
/// <remarks>
/// Names as the library of tasks reads them, which takes the secret ones out of its environment first of all.
/// Source: https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/internal.ts
/// </remarks>
internal sealed class TaskEnvironment(JobContext job, StepContext step, TaskDefinition definition)
{
    public Dictionary<string, string> Build()
    {
        var all = new Dictionary<string, string>(step.Environment);
        foreach (var variable in step.Variables.All.Where(variable => variable.IsSecret))
        {
            all[$"SECRET_{StepEnvironment.NameOf(variable)}"] = variable.Value;
        }
        foreach (var (name, value) in step.Inputs)
        {
            all[$"INPUT_{Upper(name)}"] = IsFilePath(name) ? FullPath(value) : value;
        }
        foreach (var endpoint in Endpoints())
        {
            AddEndpoint(all, endpoint);
        }
        foreach (var file in SecureFiles())
        {
            all[$"SECUREFILE_NAME_{file.Id}"] = file.Name;
            all[$"SECUREFILE_TICKET_{file.Id}"] = file.Ticket;
        }
        foreach (var variable in step.TaskVariables.Expand(_ => { }).All)
        {
            all[$"VSTS_TASKVARIABLE_{StepEnvironment.NameOf(variable)}"] = variable.Value;
        }
        return all;
    }

    private bool IsFilePath(string input) =>
        definition.Inputs.Any(one => one.IsFilePath && string.Equals(one.Name, input, StringComparison.OrdinalIgnoreCase));

    /// <summary>A path that is not rooted, also an empty one, is one of the repository.</summary>
    private string FullPath(string path) => Path.GetFullPath(path, job.Folders.Sources);

    /// <summary>The service's own connection, and those that the task's inputs name.</summary>
    private IEnumerable<(string Key, ServiceEndpoint Endpoint)> Endpoints()
    {
        var wanted = Ids(input => input.IsServiceConnection);
        foreach (var endpoint in job.Endpoints.All)
        {
            if (endpoint.Name == JobResources.SystemConnection)
            {
                yield return (JobResources.SystemConnection.ToUpperInvariant(), endpoint);
            }
            else if (Guid.TryParse(endpoint.Id, out var id) && wanted.Contains(id))
            {
                yield return ($"{id}", endpoint);
            }
        }
    }

    private static void AddEndpoint(Dictionary<string, string> all, (string Key, ServiceEndpoint Endpoint) one)
    {
        var (key, endpoint) = one;
        all[$"ENDPOINT_URL_{key}"] = endpoint.Url ?? "";
        if (endpoint.Authorization is { } authorization)
        {
            all[$"ENDPOINT_AUTH_{key}"] = JsonSerializer.Serialize(authorization, ProtocolJson.Default.EndpointAuthorization);
            all[$"ENDPOINT_AUTH_SCHEME_{key}"] = authorization.Scheme;
            foreach (var (name, value) in authorization.Parameters)
            {
                all[$"ENDPOINT_AUTH_PARAMETER_{key}_{Upper(name)}"] = value;
            }
        }
        if (endpoint.Data is { } data)
        {
            all[$"ENDPOINT_DATA_{key}"] = JsonSerializer.Serialize(data, ProtocolJson.Default.IReadOnlyDictionaryStringString);
            foreach (var (name, value) in data)
            {
                all[$"ENDPOINT_DATA_{key}_{Upper(name)}"] = value;
            }
        }
    }

    private IEnumerable<(Guid Id, string Name, string Ticket)> SecureFiles()
    {
        var wanted = Ids(input => input.IsSecureFile);
        foreach (var file in job.Request.Resources.SecureFiles)
        {
            if (Guid.TryParse(Text(file, "id"), out var id) && wanted.Contains(id))
            {
                yield return (id, Text(file, "name"), Text(file, "ticket"));
            }
        }
    }

    /// <summary>The ids that inputs of one kind hold, several with commas.</summary>
    private HashSet<Guid> Ids(Func<TaskInput, bool> kind) =>
        [.. definition.Inputs.Where(kind)
            .SelectMany(input => step.Inputs.GetValueOrDefault(input.Name, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(text => Guid.TryParse(text, out var id) ? id : Guid.Empty)
            .Where(id => id != Guid.Empty)];

    private static string Text(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Upper(string name) => name.Replace('.', '_').Replace(' ', '_').ToUpperInvariant();
}
