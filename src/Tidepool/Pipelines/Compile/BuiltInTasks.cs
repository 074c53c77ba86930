using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Steps that the service's canonical form names by the id of a task that it has itself.</summary>
internal static class BuiltInTasks
{
    public const string Checkout = "6d15af64-176c-496d-b583-fd2ae21d4df4@1";
    public const string Download = "30f35852-3f7e-4c0c-9a88-e127b4f97211@1";

    /// <summary>The step as people write it, where it is one of these; else the step itself.</summary>
    public static YamlNode AsWritten(YamlNode step) => step switch
    {
        MappingNode { Entries: [{ Key.Value: "task", Value: ScalarNode { Value: var task } }, ..] } mapping when IsCheckout(task) =>
            Written(mapping, "checkout", "repository"),
        MappingNode { Entries: [{ Key.Value: "task", Value: ScalarNode { Value: var task } }, ..] } mapping when Is(task, Download) =>
            Written(mapping, "download", "alias"),
        _ => step,
    };

    private static bool IsCheckout(string task) => Is(task, Checkout) || Is(task, Checkout + ".0.0");

    private static bool Is(string task, string other) => task.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static MappingNode Written(MappingNode step, string kind, string input)
    {
        var inputs = (step["inputs"] as MappingNode)?.Entries ?? [];
        var subject = inputs.FirstOrDefault(e => Is(e.Key.Value, input))?.Value ?? step.Entries[0].Value;
        return step with
        {
            Entries =
            [
                new MappingEntry(step.Entries[0].Key with { Value = kind }, subject),
                .. inputs.Where(e => !Is(e.Key.Value, input)),
                .. step.Entries.Skip(1).Where(e => e.Key.Value != "inputs"),
            ],
        };
    }
}
