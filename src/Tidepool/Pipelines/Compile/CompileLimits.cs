using System.Runtime.CompilerServices;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Counts what an expansion takes, and ends it when that is too much.</summary>
/// <remarks>
/// 100 files, 100 levels of templates and 20 MB are documented: https://learn.microsoft.com/azure/devops/pipelines/process/templates.
/// What counts how much towards the 20 MB, the number of events, and the texts about files and levels are inferred.
/// </remarks>
internal sealed class CompileLimits
{
    public const int MostFiles = 100;
    public const int MostLevels = 100;
    private const long MostBytes = 20 * 1024 * 1024;
    private const int MostEvents = 500_000;

    // A node, the slot that holds it and its origin; text is two bytes a character.
    private const int BytesOfNode = 100;

    private long _bytes;
    private int _events;

    /// <summary>Characters that results of expressions may still have, all of the pipeline's together.</summary>
    public long Characters;

    public CompileLimits() => Characters = MostBytes;

    /// <summary>A node is looked at, or a loop goes round.</summary>
    /// <exception cref="CompileLimitException">That was one too many, or they are nested too deep.</exception>
    public void Event(SourcePosition position)
    {
        if (++_events > MostEvents)
        {
            throw new CompileLimitException(
                position, "Maximum events exceeded while evaluating the template. This may indicate an infinite loop in the template.");
        }
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new CompileLimitException(position, "Maximum object depth exceeded");
        }
    }

    /// <summary>A node is made.</summary>
    /// <exception cref="CompileLimitException">The pipeline has become too large.</exception>
    public void Made(YamlNode node)
    {
        _bytes += BytesOfNode + (node is ScalarNode { Value.Length: var length } ? 2 * length : 0);
        if (_bytes > MostBytes)
        {
            throw new CompileLimitException(
                node.Position,
                "Maximum object size exceeded. Reduce the size of your YAML pipeline. "
                + "If you have large inline scripts, for example, can you factor them out and check them in?");
        }
    }
}

/// <summary>The pipeline takes more than the service allows; there is no going on.</summary>
internal sealed class CompileLimitException(SourcePosition position, string text) : Exception(text)
{
    public SourcePosition Position { get; } = position;
}
