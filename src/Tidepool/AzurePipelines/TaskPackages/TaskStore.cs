using System.IO.Compression;
using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines.TaskPackages;

/// <summary>A package in the user's folder.</summary>
/// <param name="Task">What it is.</param>
/// <param name="Bytes">Its size.</param>
public sealed record StoredTask(PipelineTask Task, long Bytes);

/// <summary>The tasks that pipelines can use: those that the user pulled, and those that come with Tidepool. Pulled ones go first.</summary>
/// <param name="folder">The pulled ones, as in <c>ID/VERSION.zip</c>; null for none. Read anew each time: another process may pull.</param>
public sealed class TaskStore(string? folder) : ITaskCatalog
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (DateTime Changed, TaskPackage? Package)> _read = [];

    /// <summary>The pulled tasks, in order of their names, the newest version first.</summary>
    public IReadOnlyList<StoredTask> Pulled => [.. Read()
        .OrderBy(pulled => pulled.Package.Task.Name, StringComparer.OrdinalIgnoreCase)
        .ThenByDescending(pulled => Version(pulled.Package))
        .Select(pulled => new StoredTask(pulled.Package.Task.ToTask(), new FileInfo(pulled.File).Length))];

    internal IReadOnlyList<TaskPackage> All => [.. Read().Select(pulled => pulled.Package), .. TaskPackage.BuiltIn];

    public PipelineTask? Find(string name, string version) => Newest(All, name, version)?.Task.ToTask();

    /// <summary>The newest pulled task of a name, or id, and version; null when there is none.</summary>
    public PipelineTask? FindPulled(string name, string version) => Newest(Read().Select(pulled => pulled.Package), name, version)?.Task.ToTask();

    /// <summary>Puts a zip into the folder, in place of one of that task and version.</summary>
    /// <param name="zip">The package as it came.</param>
    /// <param name="ct">Ends it; nothing is left behind.</param>
    /// <exception cref="InvalidDataException">It is no package of a task.</exception>
    public async Task<StoredTask> AddAsync(Stream zip, CancellationToken ct)
    {
        var root = folder ?? throw new InvalidOperationException("There is no folder for tasks.");
        Directory.CreateDirectory(root);
        var coming = Path.Combine(root, $".{Unguessable.Hex(8)}.coming");
        try
        {
            await using (var target = File.Create(coming))
            {
                await zip.CopyToAsync(target, ct);
            }

            var task = Verified(coming);
            var place = Place(root, task.Id, task.Version);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(coming, place, overwrite: true);
            return new(task.ToTask(), new FileInfo(place).Length);
        }
        finally
        {
            File.Delete(coming);
        }
    }

    /// <summary>Removes pulled tasks.</summary>
    /// <param name="name">A name or an id.</param>
    /// <param name="version">As after the @ of a step; null for all.</param>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<PipelineTask> Remove(string name, string? version)
    {
        var wanted = Read().Where(pulled => IsNamed(pulled.Package.Task, name) && (version is null || pulled.Package.Task.Version.IsAsked(version))).ToList();
        foreach (var (file, _) in wanted)
        {
            File.Delete(file);
            if (Path.GetDirectoryName(file) is { } own && !Directory.EnumerateFileSystemEntries(own).Any())
            {
                Directory.Delete(own);
            }
        }

        return [.. wanted.Select(pulled => pulled.Package.Task.ToTask())];
    }

    private static string Place(string root, Guid id, TaskVersion version) => Path.Combine(root, $"{id}", $"{version}.zip");

    private static TaskPackage? Newest(IEnumerable<TaskPackage> packages, string name, string version) =>
        packages.Where(package => IsNamed(package.Task, name) && package.Task.Version.IsAsked(version)).MaxBy(Version);

    private static Version Version(TaskPackage package) => new(package.Task.Version.Major, package.Task.Version.Minor, package.Task.Version.Patch);

    private static bool IsNamed(TaskDefinition task, string name) =>
        task.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || $"{task.Id}".Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads every entry: each has a checksum, and what came broken or short is told before it is kept.</summary>
    private static TaskDefinition Verified(string file)
    {
        using var zip = ZipFile.OpenRead(file);
        foreach (var entry in zip.Entries)
        {
            using var content = entry.Open();
            content.CopyTo(Stream.Null);
        }

        return TaskDefinition.Of(zip);
    }

    private IReadOnlyList<(string File, TaskPackage Package)> Read()
    {
        if (folder is null || !Directory.Exists(folder))
        {
            return [];
        }

        lock (_gate)
        {
            return [.. Directory.EnumerateFiles(folder, "*.zip", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => (file, Package: Read(file)))
                .Where(read => read.Package is not null)
                .Select(read => (read.file, read.Package!))];
        }
    }

    /// <summary>A package as it is now; null for what is none, or was removed meanwhile.</summary>
    private TaskPackage? Read(string file)
    {
        try
        {
            var changed = File.GetLastWriteTimeUtc(file);
            if (!_read.TryGetValue(file, out var known) || known.Changed != changed)
            {
                _read[file] = known = (changed, TaskPackage.OfFile(file));
            }

            return known.Package;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
