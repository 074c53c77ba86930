using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines;

/// <summary>Gathers everything wrong with a pipeline, so that one look shows it all.</summary>
internal sealed class PipelineErrors
{
    private readonly HashSet<PipelineError> _seen = [];
    private readonly List<PipelineError> _errors = [];

    public bool Any => _errors.Count > 0;

    /// <summary>How often something was told, also what was known.</summary>
    public int Count { get; private set; }

    public void Add(SourcePosition? position, string text)
    {
        Count++;

        // A loop says the same each time.
        if (_seen.Add(new PipelineError(position, text)))
        {
            _errors.Add(new PipelineError(position, text));
        }
    }

    /// <summary>File by file as they were met, in the order of each file; errors without a place come last.</summary>
    public IReadOnlyList<PipelineError> InOrder()
    {
        var files = _errors.Select(e => e.Position?.File).Distinct().ToList();
        return
        [
            .. _errors
                .OrderBy(e => e.Position is null)
                .ThenBy(e => files.IndexOf(e.Position?.File))
                .ThenBy(e => e.Position?.Line)
                .ThenBy(e => e.Position?.Column),
        ];
    }

    /// <exception cref="PipelineNotValidException">There is an error.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new PipelineNotValidException(InOrder());
        }
    }
}
