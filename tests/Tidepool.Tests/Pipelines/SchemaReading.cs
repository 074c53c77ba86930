using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

/// <summary>Reads one file with groups and tasks that a test gives.</summary>
internal sealed record SchemaReading(string Text) : IPipelineFiles
{
    private const string File = "/azure-pipelines.yml";

    public Dictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } = [];

    public ITaskCatalog? Tasks { get; init; }

    string? IPipelineFiles.Read(string repository, string path) => (repository, path) == ("self", File) ? Text : null;

    public Pipeline Read() => PipelineReader.Read(new PipelineSource { File = File, Files = this, Groups = Groups, Tasks = Tasks });

    public PipelineJob Job() => Assert.Single(Assert.Single(Read().Stages).Jobs);

    /// <summary>The errors without the file's name.</summary>
    public IReadOnlyList<string> Errors() =>
        [.. Assert.Throws<PipelineNotValidException>(Read).Errors.Select(e => e.ToString().Replace($"{File} ", "", StringComparison.Ordinal))];
}
