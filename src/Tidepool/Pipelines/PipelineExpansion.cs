using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines;

/// <summary>The final YAML of a pipeline: templates opened, <c>${{ }}</c> evaluated, every step a task, as the service's preview gives it.</summary>
public sealed class PipelineExpansion
{
    private readonly YamlNode _document;

    private PipelineExpansion(YamlNode document, IReadOnlyList<PipelineError> notHere) => (_document, NotHere) = (document, notHere);

    /// <summary>What Azure Pipelines takes, and what cannot run here all the same.</summary>
    public IReadOnlyList<PipelineError> NotHere { get; }

    /// <summary>The YAML alone.</summary>
    public string Yaml => YamlWriter.Write(_document);

    /// <summary>The YAML with a comment before each step: where it came from.</summary>
    public string YamlWithOrigins => YamlWriter.Write(_document, OriginText.Of);

    /// <summary>Every step, in order.</summary>
    public IReadOnlyList<ExpandedStep> Steps => [.. StepsIn(_document, "", "")];

    /// <summary>Expands a pipeline. Where it is given no variable group, every one is taken to exist, for no value is needed.</summary>
    /// <exception cref="PipelineNotValidException">It is not valid; all its errors at once.</exception>
    public static PipelineExpansion Of(PipelineSource source)
    {
        var errors = new PipelineErrors();
        if (Expander.Expand(source, errors) is not { } root)
        {
            throw new PipelineNotValidException(errors.InOrder());
        }
        _ = PipelineReader.ReadExpanded(root, source with { Groups = AnyGroups.Unless(source.Groups) }, errors);
        var all = errors.InOrder();
        return all.All(e => Refusal.IsOne(e.Text))
            ? new PipelineExpansion(CanonicalDocument.Of(root), all)
            : throw new PipelineNotValidException([.. all.Where(e => !Refusal.IsOne(e.Text))]);
    }

    private static IEnumerable<ExpandedStep> StepsIn(YamlNode node, string stage, string job)
    {
        switch (node)
        {
            case SequenceNode { Items: var items }:
                return items.SelectMany(i => StepsIn(i, stage, job));
            case MappingNode mapping:
                stage = Text(mapping["stage"]) ?? stage;
                job = Text(mapping["job"]) ?? Text(mapping["deployment"]) ?? job;
                return mapping.Entries.SelectMany(e => e switch
                {
                    { Key.Value: "steps", Value: SequenceNode { Items: var steps } } => steps.OfType<MappingNode>().Select(s => Step(s, stage, job)),
                    { Key.Value: "stages" or "jobs" or "strategy" or "runOnce" or "rolling" or "canary" or "on" } or { Value: MappingNode } =>
                        StepsIn(e.Value, stage, job),
                    _ => [],
                });
            default:
                return [];
        }
    }

    private static ExpandedStep Step(MappingNode step, string stage, string job) => new(
        stage,
        job,
        Text(step["task"]) ?? "",
        Text(step["name"]),
        Text(step["displayName"]),
        step.Position,
        [.. OriginText.Calls(step)],
        step.Origin?.Value);

    private static string? Text(YamlNode? node) => node is ScalarNode { IsNull: false, Value: var text } ? text : null;
}

/// <summary>A step of an expanded pipeline.</summary>
/// <param name="Stage">The stage's name; empty for one without.</param>
/// <param name="Job">The job's name; empty for one without.</param>
/// <param name="Task">As in <c>CmdLine@2</c>.</param>
/// <param name="Name">Its own name; null for one without.</param>
/// <param name="DisplayName">Null for one without.</param>
/// <param name="Position">Where it stands in its file.</param>
/// <param name="Via">The uses of templates that led to that file, the nearest first.</param>
/// <param name="Value">Where it was written, when it is the value of a parameter.</param>
public sealed record ExpandedStep(
    string Stage,
    string Job,
    string Task,
    string? Name,
    string? DisplayName,
    SourcePosition Position,
    IReadOnlyList<SourcePosition> Via,
    SourcePosition? Value);
