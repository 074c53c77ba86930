using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>
/// The counters of pipelines: those of <c>counter(prefix, seed)</c>, and the revisions of run numbers. Kept in a file, so that they go on where
/// they were when the service starts again.
/// </summary>
internal sealed class RunCounters
{
    private readonly Lock _gate = new();
    private readonly string? _file;
    private readonly Dictionary<string, int> _last;

    /// <param name="folder">Where the file is; null: only in memory.</param>
    /// <exception cref="ProblemException">SERVICE009: the file is there, and is none of this service.</exception>
    public RunCounters(string? folder)
    {
        _file = folder is null ? null : Path.Combine(folder, "counters.json");
        _last = new(Read(_file), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The next value of a counter; the first is the seed.</summary>
    /// <param name="definition">The pipeline.</param>
    /// <param name="prefix">Which of its counters; ignores case.</param>
    /// <param name="seed">The first value.</param>
    public int Next(PipelineDefinition definition, string prefix, int seed) => Next($"counter {definition.Folder} {definition.Name} {prefix}", seed);

    /// <summary>The next revision, from 1, of a run number that is otherwise the same.</summary>
    public int NextRevision(PipelineDefinition definition, string rest) => Next($"revision {definition.Folder} {definition.Name} {rest}", 1);

    private static Dictionary<string, int> Read(string? file)
    {
        try
        {
            return file is not null && File.Exists(file)
                ? JsonSerializer.Deserialize(File.ReadAllText(file), RunCountersJson.Default.DictionaryStringInt32)!
                : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("SERVICE009", $"The counters in {file} cannot be read: {e.Message}", "Mend the file, or remove it: counters then begin anew.");
        }
    }

    private int Next(string key, int first)
    {
        lock (_gate)
        {
            var next = _last.TryGetValue(key, out var last) ? last + 1 : first;
            _last[key] = next;
            Write();
            return next;
        }
    }

    private void Write()
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            // Whoever reads finds the old file or the new one, whenever the service ends.
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            File.WriteAllText($"{_file}.new", JsonSerializer.Serialize(_last, RunCountersJson.Default.DictionaryStringInt32));
            File.Move($"{_file}.new", _file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("SERVICE006", $"The counters of runs have no place: {e.Message}", "Free space on that disk.");
        }
    }
}

/// <summary>The counters of one run: each prefix has one value in it.</summary>
/// <param name="definition">The pipeline.</param>
/// <param name="counters">All counters.</param>
/// <param name="counted">What the run's number took already.</param>
internal sealed class CountersOfRun(PipelineDefinition definition, RunCounters counters, Dictionary<string, int> counted)
{
    public IReadOnlyDictionary<string, int> Values => counted;

    public void Take(string prefix, int seed) => counted[prefix] = counters.Next(definition, prefix, seed);
}

[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class RunCountersJson : JsonSerializerContext;
