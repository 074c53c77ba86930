using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines;

/// <summary>Everything wrong with a pipeline, each as the service words it: <c>/file.yml (Line: n, Col: m): text</c>.</summary>
public sealed class PipelineNotValidException(IReadOnlyList<PipelineError> errors)
    : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<PipelineError> Errors { get; } = errors;
}

/// <summary>One error; <see cref="Position"/> is null for errors of the whole graph that have no place.</summary>
public sealed record PipelineError(SourcePosition? Position, string Text)
{
    public override string ToString() => Position is { } at ? $"{at}: {Text}" : Text;
}

/// <summary>Reads azure-pipelines YAML: text in, graph out.</summary>
public static class PipelineReader
{
    /// <summary>Reads a pipeline of one file; a template in it is not found.</summary>
    /// <param name="file">The path as errors show it, from the repository's root with a leading slash: <c>/pipelines/x.yml</c>.</param>
    /// <param name="text">The file's text.</param>
    /// <param name="parameters">
    /// Values of the run's parameters, as typed on a command line (JSON or YAML for an object); names ignore case.
    /// </param>
    /// <param name="variables">Predefined variables that are available at compile time (<c>Build.SourceBranch</c> and so on).</param>
    /// <exception cref="PipelineNotValidException">The file is not valid; all its errors at once.</exception>
    public static Pipeline Read(
        string file,
        string text,
        IReadOnlyDictionary<string, string> parameters,
        IReadOnlyDictionary<string, string> variables) => Read(new PipelineSource
        {
            File = file,
            Files = new OneFile(file, text),
            Parameters = parameters,
            Variables = variables,
        });

    /// <summary>Reads a pipeline, binds its parameters, opens its templates, expands <c>${{ }}</c> and validates the graph.</summary>
    /// <exception cref="PipelineNotValidException">It is not valid; all its errors at once.</exception>
    public static Pipeline Read(PipelineSource source)
    {
        var errors = new PipelineErrors();
        var pipeline = Expander.Expand(source, errors) is { } root ? ReadExpanded(root, source, errors) : new Pipeline();
        errors.ThrowIfAny();
        return pipeline;
    }

    /// <summary>Reads a pipeline with all its faults; what it gives is whole only when there are none.</summary>
    internal static (Pipeline Pipeline, IReadOnlyList<PipelineError> Errors) TryRead(PipelineSource source)
    {
        var errors = new PipelineErrors();
        var pipeline = Expander.Expand(source, errors) is { } root ? ReadExpanded(root, source, errors) : new Pipeline();
        return (pipeline, errors.InOrder());
    }

    /// <summary>From the expanded document to the graph; what it gives is whole only when there are no errors.</summary>
    internal static Pipeline ReadExpanded(YamlNode root, PipelineSource source, PipelineErrors errors)
    {
        return PipelineSchema.Read(root, source, errors);
    }
}
