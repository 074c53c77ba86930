using Tidepool.Pipelines;

namespace Tidepool.Bench;

/// <summary>Files of a pipeline by path, without a leading slash.</summary>
internal sealed class TextFiles(IReadOnlyDictionary<string, string> files) : IPipelineFiles
{
    public string? Read(string repository, string path) => files.GetValueOrDefault(path.TrimStart('/'));
}
