namespace Tidepool.Pipelines;

/// <summary>A pipeline that is one text, with no templates beside it.</summary>
internal sealed class OneFile(string path, string text) : IPipelineFiles
{
    public string? Read(string repository, string file) => repository == "self" && file == path ? text : null;
}
