using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Yaml;

/// <summary>Where a node of an expanded pipeline came from, beside the place it stands at.</summary>
/// <param name="call">The template that it stands in was asked for here; null for the pipeline's own file.</param>
/// <param name="value">An expression put it there, and its text was written at this place; null for what was written where it stands.</param>
internal sealed class NodeOrigin(TemplateCall? call, SourcePosition? value)
{
    public TemplateCall? Call => call;
    public SourcePosition? Value => value;
}

/// <summary>One use of a template.</summary>
/// <param name="position">The <c>template:</c> that asked for it.</param>
/// <param name="outer">The use of the template that this one stands in; null in the pipeline's own file.</param>
internal sealed class TemplateCall(SourcePosition position, TemplateCall? outer)
{
    public SourcePosition Position => position;
    public TemplateCall? Outer => outer;
    public int Depth { get; } = (outer?.Depth ?? 0) + 1;
}
