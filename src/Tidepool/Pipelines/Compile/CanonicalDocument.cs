using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>A whole expanded pipeline in canonical form: stages, jobs, and steps that are tasks.</summary>
/// <remarks>
/// Inferred from what people show of the service's preview of a run
/// (https://learn.microsoft.com/rest/api/azure/devops/pipelines/preview/preview). Which keys of the root become the implied job's is inferred.
/// </remarks>
internal static class CanonicalDocument
{
    private const string ImpliedJob = "Job";

    private static readonly string[] OfTheJob =
    [
        "strategy", "continueOnError", "pool", "container", "services", "workspace", "timeoutInMinutes", "cancelTimeoutInMinutes", "queue",
        "server", "steps",
    ];

    public static YamlNode Of(YamlNode expanded)
    {
        if (expanded is not MappingNode root)
        {
            return expanded;
        }
        var body = root.Entries.FirstOrDefault(e => e.Key.Value is "stages" or "jobs" or "phases" or "steps");
        List<MappingEntry> entries = [];
        foreach (var entry in root.Entries)
        {
            if (entry == body)
            {
                entries.Add(new MappingEntry(entry.Key with { Value = "stages" }, Stages(entry, root)));
            }
            else if (body?.Key.Value != "steps" || !OfTheJob.Contains(entry.Key.Value))
            {
                entries.Add(entry.Key.Value switch
                {
                    "variables" => entry with { Value = CanonicalForm.Variables(entry.Value) },
                    "pool" => entry with { Value = CanonicalForm.Pool(entry.Value) },
                    _ => entry,
                });
            }
        }
        return root with { Entries = entries };
    }

    private static YamlNode Stages(MappingEntry body, MappingNode root) => body.Key.Value switch
    {
        "stages" => CanonicalForm.Items(body.Value, CanonicalForm.Stage),
        "steps" => Implied("stage", PipelineStage.DefaultName, body.Key, new MappingEntry(body.Key with { Value = "jobs" }, ImpliedJobs(body, root))),
        _ => Implied("stage", PipelineStage.DefaultName, body.Key, body with { Value = CanonicalForm.Items(body.Value, CanonicalForm.Job) }),
    };

    private static SequenceNode ImpliedJobs(MappingEntry body, MappingNode root)
    {
        var own = root.Entries.Where(e => OfTheJob.Contains(e.Key.Value) && e.Key.Value != "steps").Append(body).ToArray();
        var job = CanonicalForm.Job(new MappingNode(own, body.Key.Position));
        return Implied("job", ImpliedJob, body.Key, [.. ((MappingNode)job).Entries]);
    }

    private static SequenceNode Implied(string kind, string name, ScalarNode at, params MappingEntry[] entries) => new(
        [new MappingNode([new MappingEntry(Text(kind, at), Text(name, at)), .. entries], at.Position)], at.Position);

    private static ScalarNode Text(string text, ScalarNode at) =>
        new(text, ScalarStyle.Quoted, at.Position) { Result = ExpressionValue.Of(text) };
}
