using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tidepool.Pipelines.Yaml;

/// <summary>The library's parser, made to answer wrong YAML always with a <see cref="YamlException"/>.</summary>
internal sealed class SteadyParser(IParser inner) : IParser
{
    public ParsingEvent? Current => inner.Current;

    public bool MoveNext()
    {
        try
        {
            return inner.MoveNext();
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            // The library's scanner loses its place in some unclosed flow collections: {a, b: [{c, d: e}
            var place = inner.Current?.End ?? new Mark();
            throw new YamlException(place, place, "A bracket or a quote that opens after this place is not closed.", e);
        }
    }
}
