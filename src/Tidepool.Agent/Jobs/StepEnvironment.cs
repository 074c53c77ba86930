using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Agent.Jobs;

/// <summary>The variables a step's processes start with.</summary>
internal static class StepEnvironment
{
    /// <summary>Marks every process of a job, so that none outlives it. The name is the one Microsoft's agent uses.</summary>
    public const string Marker = "VSTS_PROCESS_LOOKUP_ID";

    private static readonly string[] Reserved = ["INPUT_", "ENDPOINT_AUTH_", "SECUREFILE_TICKET_", "SECRET_", "VSTS_TASKVARIABLE_"];

    /// <summary>
    /// The container's own variables, over them the job's that are not secret, over them the step's <c>env</c>. A secret
    /// gets in only where <c>env</c> names it.
    /// </summary>
    public static Dictionary<string, string> Build(
        IReadOnlyDictionary<string, string> container,
        VariableSnapshot variables,
        IReadOnlyList<string> prependedPaths,
        IReadOnlyDictionary<string, string> ofStep,
        JobStatus status,
        string marker)
    {
        var all = new Dictionary<string, string>(container);
        foreach (var variable in variables.All)
        {
            if (!variable.IsSecret)
            {
                all[NameOf(variable)] = variable.Value;
            }
        }
        AddNames(all, "VSTS_PUBLIC_VARIABLES", variables.All.Where(variable => !variable.IsSecret));
        AddNames(all, "VSTS_SECRET_VARIABLES", variables.All.Where(variable => variable.IsSecret));
        all["agent.jobstatus"] = status.ToString();
        all["AGENT_JOBSTATUS"] = status.ToString();
        all["TF_BUILD"] = "True";
        all[Marker] = marker;
        if (prependedPaths.Count > 0)
        {
            all["PATH"] = string.Join(':', [.. prependedPaths.Reverse(), all.GetValueOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin")]);
        }
        foreach (var (name, value) in ofStep)
        {
            all[name] = value;
        }
        return all;
    }

    /// <summary>
    /// The same for a task that the agent runs by itself: what a task's own process would take out of its environment
    /// before it starts another is not there.
    /// </summary>
    /// <remarks>Source: https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/internal.ts</remarks>
    public static Dictionary<string, string> WithoutReserved(IReadOnlyDictionary<string, string> environment) => environment
        .Where(variable => !Reserved.Any(prefix => variable.Key.StartsWith(prefix, StringComparison.Ordinal)))
        .ToDictionary(variable => variable.Key, variable => variable.Value);

    internal static string NameOf(JobVariable variable)
    {
        var name = variable.Name.Replace('.', '_').Replace(' ', '_');
        return variable.KeepsCase ? name : name.ToUpperInvariant();
    }

    private static void AddNames(Dictionary<string, string> all, string name, IEnumerable<JobVariable> variables)
    {
        string[] names = [.. variables.Select(variable => variable.Name)];
        if (names.Length > 0)
        {
            all[name] = JsonSerializer.Serialize(names, NameListJson.Default.StringArray);
        }
    }
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class NameListJson : JsonSerializerContext;
