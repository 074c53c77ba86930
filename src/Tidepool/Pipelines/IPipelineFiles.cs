namespace Tidepool.Pipelines;

/// <summary>The files that a pipeline and its templates come from.</summary>
public interface IPipelineFiles
{
    /// <summary>The text of a file; null when the repository has none of that path.</summary>
    /// <param name="repository">The alias of the repository, <c>self</c> for the pipeline's own.</param>
    /// <param name="path">From the repository's root, with a leading slash: <c>/templates/build.yml</c>.</param>
    string? Read(string repository, string path);

    /// <summary>What errors about missing files call a repository.</summary>
    string Describe(string repository) => $"repository {repository}";
}
