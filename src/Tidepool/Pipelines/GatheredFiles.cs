namespace Tidepool.Pipelines;

/// <summary>
/// Files that are fetched from elsewhere, as a pipeline turns out to need them: it is read again until it asks for no file that was not
/// fetched yet.
/// </summary>
internal sealed class GatheredFiles : IPipelineFiles
{
    private readonly Func<string, string, CancellationToken, Task<string?>> _fetch;
    private readonly Func<string, string> _describe;
    private readonly Dictionary<(string Repository, string Path), string?> _fetched = [];
    private readonly HashSet<(string Repository, string Path)> _wanted = [];

    /// <param name="fetch">The text of a file by repository and path; null when there is none.</param>
    /// <param name="describe">What errors call a repository.</param>
    public GatheredFiles(Func<string, string, CancellationToken, Task<string?>> fetch, Func<string, string> describe) =>
        (_fetch, _describe) = (fetch, describe);

    /// <summary>Does something with the files, as often as it asks for more.</summary>
    /// <param name="read">Reads a pipeline from these files.</param>
    /// <param name="ct">Ends the fetching.</param>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid, and not for the lack of a file that is there.</exception>
    public async Task<T> ReadAsync<T>(Func<IPipelineFiles, T> read, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                var result = read(this);
                if (_wanted.Count == 0)
                {
                    return result;
                }
            }
            catch (PipelineNotValidException) when (_wanted.Count > 0)
            {
                // It may be valid with these files.
            }
            foreach (var (repository, path) in _wanted)
            {
                _fetched[(repository, path)] = await _fetch(repository, path, ct);
            }
            _wanted.Clear();
        }
    }

    /// <inheritdoc/>
    public string? Read(string repository, string path)
    {
        if (_fetched.TryGetValue((repository, path), out var text))
        {
            return text;
        }
        _wanted.Add((repository, path));
        return null;
    }

    /// <inheritdoc/>
    public string Describe(string repository) => _describe(repository);
}
