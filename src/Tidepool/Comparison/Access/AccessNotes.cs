using System.Text;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Comparison.Access;

/// <summary>Gathers accesses by file and by who has them; which job that is, is told when all of a run is known.</summary>
/// <param name="sharedPath">Where containers have the volume.</param>
/// <param name="clock">The time.</param>
internal sealed class AccessNotes(string sharedPath, TimeProvider clock)
{
    private const int MostFiles = 20_000;
    private const int MostLooked = 100_000;
    private const int MostProcesses = 50_000;
    private const string Variable = "SYSTEM_JOBIDENTIFIER=";
    private const string Deleted = " (deleted)";
    private const ulong Writes = AccessCalls.Modified | AccessCalls.ClosedAfterWriting;
    private const ulong Reads = AccessCalls.Read | AccessCalls.ClosedAfterReading;

    // What only its time tells is told to that.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<FileKey, NotedFile> _files = [];
    private readonly Dictionary<int, string?> _identifiers = [];
    private readonly HashSet<string> _folders = [];
    private JobTimes _jobs = new();
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
    public void Assign(string taskId, string container, JobKey job, DateTimeOffset at)
    {
        lock (_gate)
        {
            _jobs.Assign(taskId, container, job, at);
        }
    }

    /// <summary>Says that a job has ended.</summary>
    public void Finish(JobKey job, DateTimeOffset at)
    {
        lock (_gate)
        {
            _jobs.Finish(job, at);
        }
    }

    /// <summary>Finds out whose a process is, while it is there.</summary>
    public void Meet(int pid)
    {
        var identifier = IdentifierOf(pid);
        lock (_gate)
        {
            if (_identifiers.Count == MostProcesses)
            {
                _identifiers.Clear();
            }

            _identifiers[pid] = identifier;
        }
    }

    /// <summary>Notes an access by a process of a container.</summary>
    public void Add(string taskId, string container, FileAccessEvent seen, string path, FileFacts facts)
    {
        lock (_gate)
        {
            Note(new([taskId], container, _identifiers.GetValueOrDefault(seen.Pid), Now()), seen.Mask, path, facts);
        }
    }

    /// <summary>Notes an access of somebody in one of some tasks.</summary>
    public void Add(IReadOnlyList<string> taskIds, ulong mask, string path, FileFacts facts)
    {
        lock (_gate)
        {
            Note(new(taskIds, Container: null, Identifier: null, Now()), mask, path, facts);
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
                    .. _files
                        .Select(pair => new SeenFile(
                            names is null ? pair.Value.Path : names.GetValueOrDefault(pair.Key) ?? pair.Value.Path,
                            names is not null && !names.ContainsKey(pair.Key),
                            UsesOf(pair.Value)))
                        .Where(file => file.Uses.Count > 0)
                        .OrderBy(file => file.Uses.Values.Min(use => Math.Min(use.FirstRead ?? long.MaxValue, use.FirstWrite ?? long.MaxValue))),
                ],
                _cut);
            _files.Clear();
            _identifiers.Clear();
            _jobs = new();
            _cut = 0;
            return taken;
        }
    }

    private Dictionary<JobPlace, FileUse> UsesOf(NotedFile file)
    {
        var uses = new Dictionary<JobPlace, FileUse>();
        foreach (var (somebody, use) in file.Uses)
        {
            foreach (var place in _jobs.Of(somebody))
            {
                uses[place] = uses.TryGetValue(place, out var known) ? known.And(use) : use;
            }
        }

        return uses;
    }

    private DateTimeOffset Now() => clock.GetUtcNow() is var now ? new(now.Ticks - (now.Ticks % Moment.Ticks), TimeSpan.Zero) : default;

    private void Note(Somebody somebody, ulong mask, string path, FileFacts facts)
    {
        if ((mask & (Writes | Reads)) == 0)
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

        // The kernel tells several accesses as one where nobody has read the first yet; of a file that is new the first was no reading.
        bool[] writes = (mask & Writes) == 0 ? [false] : (mask & Reads) == 0 ? [true] : file.Uses.Count == 0 ? [true, false] : [false, true];
        file.Uses[somebody] = writes.Aggregate(file.Uses.GetValueOrDefault(somebody) ?? new(), (use, isWrite) => use.And(++_order, isWrite));
    }

    // Null where there are too many files to look at.
    private Dictionary<FileKey, string>? Names()
    {
        var names = new Dictionary<FileKey, string>();
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var folder in _folders.Where(folder => _files.Count > 0 && Directory.Exists(folder)))
        {
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
        public Dictionary<Somebody, FileUse> Uses { get; } = [];
    }

    // A number that was used again is another file's.
    private readonly record struct FileKey(string Device, ulong Inode, DateTimeOffset? BornAt);
}
