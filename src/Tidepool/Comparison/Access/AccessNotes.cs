using System.Text;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Comparison.Access;

/// <summary>Gathers accesses by file and job.</summary>
/// <param name="sharedPath">Where containers have the volume.</param>
internal sealed class AccessNotes(string sharedPath)
{
    private const int MostFiles = 20_000;
    private const int MostLooked = 100_000;
    private const int MostProcesses = 4096;
    private const string Variable = "SYSTEM_JOBIDENTIFIER=";
    private const string Deleted = " (deleted)";
    private const ulong Writes = AccessCalls.Modified | AccessCalls.ClosedAfterWriting;
    private const ulong Reads = AccessCalls.Read | AccessCalls.ClosedAfterReading;

    private readonly Lock _gate = new();
    private readonly Dictionary<FileKey, NotedFile> _files = [];
    private readonly Dictionary<(string TaskId, string Container), List<JobKey>> _jobs = [];
    private readonly Dictionary<int, string?> _identifiers = [];
    private readonly HashSet<string> _folders = [];
    private long _order;
    private long _cut;

    /// <summary>Notes where the volume is on this machine, to look up what has become of its files.</summary>
    public void Has(string folder)
    {
        lock (_gate)
        {
            _folders.Add(folder);
        }
    }

    /// <summary>Says that a container has got a job.</summary>
    public void Assign(string taskId, string container, JobKey job)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue((taskId, container), out var jobs))
            {
                _jobs[(taskId, container)] = jobs = [];
            }

            jobs.Add(job);
            _identifiers.Clear();
        }
    }

    /// <summary>Notes an access.</summary>
    public void Add(string taskId, string container, FileAccessEvent seen, string path, FileFacts facts)
    {
        lock (_gate)
        {
            // An agent that is idle has its own reasons.
            if (JobOf(taskId, container, seen.Pid) is not { } job || (seen.Mask & (Writes | Reads)) == 0)
            {
                return;
            }

            var key = new FileKey(facts.Device, facts.Inode, facts.BornAt);
            if (!_files.TryGetValue(key, out var file))
            {
                if (_files.Count == MostFiles)
                {
                    _cut++;
                    return;
                }

                _files[key] = file = new();
            }

            file.Path = path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
            var place = new JobPlace(job, taskId, container);

            // The kernel tells several accesses as one where nobody has read the first yet; of a file that is new the first was no reading.
            bool[] writes = (seen.Mask & Writes) == 0 ? [false] : (seen.Mask & Reads) == 0 ? [true] : file.Uses.Count == 0 ? [true, false] : [false, true];
            file.Uses[place] = writes.Aggregate(file.Uses.GetValueOrDefault(place) ?? new(), (use, isWrite) => use.And(++_order, isWrite));
        }
    }

    /// <summary>All that was noted, with the names that files have now; forgets it.</summary>
    public SeenAccesses Take()
    {
        lock (_gate)
        {
            var names = Names();
            var taken = new SeenAccesses(
                [
                    .. _files.OrderBy(pair => pair.Value.Uses.Values.Min(use => Math.Min(use.FirstRead ?? long.MaxValue, use.FirstWrite ?? long.MaxValue)))
                        .Select(pair => new SeenFile(
                            names is null ? pair.Value.Path : names.GetValueOrDefault(pair.Key) ?? pair.Value.Path,
                            names is not null && !names.ContainsKey(pair.Key),
                            pair.Value.Uses)),
                ],
                _cut);
            _files.Clear();
            _jobs.Clear();
            _identifiers.Clear();
            _cut = 0;
            return taken;
        }
    }

    // Null where there are too many files to look at.
    private Dictionary<FileKey, string>? Names()
    {
        var names = new Dictionary<FileKey, string>();
        if (_files.Count == 0)
        {
            return names;
        }

        foreach (var folder in _folders.Where(Directory.Exists))
        {
            var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
            foreach (var file in Directory.EnumerateFiles(folder, "*", options))
            {
                if (names.Count == MostLooked)
                {
                    return null;
                }

                try
                {
                    var facts = LinuxCalls.Describe(file);
                    names[new(facts.Device, facts.Inode, facts.BornAt)] = sharedPath + file[folder.Length..];
                }
                catch (IOException)
                {
                    // Removed meanwhile.
                }
            }
        }

        return names;
    }

    private JobKey? JobOf(string taskId, string container, int pid)
    {
        if (!_jobs.TryGetValue((taskId, container), out var jobs))
        {
            return null;
        }

        if (!_identifiers.TryGetValue(pid, out var identifier))
        {
            if (_identifiers.Count == MostProcesses)
            {
                _identifiers.Clear();
            }

            _identifiers[pid] = identifier = IdentifierOf(pid);
        }

        // A process that is gone, or the agent itself: a container has one job at a time.
        return identifier is not null && jobs.FindLast(job => job.Is(identifier)) is { Job: not null } known ? known : jobs[^1];
    }

    private static string? IdentifierOf(int pid)
    {
        try
        {
            var environment = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ"));
            return environment.Split('\0').FirstOrDefault(variable => variable.StartsWith(Variable, StringComparison.Ordinal))?[Variable.Length..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class NotedFile
    {
        public string Path { get; set; } = "";
        public Dictionary<JobPlace, FileUse> Uses { get; } = [];
    }

    // A number that was used again is another file's.
    private readonly record struct FileKey(string Device, ulong Inode, DateTimeOffset? BornAt);
}
