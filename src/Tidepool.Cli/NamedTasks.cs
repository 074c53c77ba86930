using System.Text.RegularExpressions;

namespace Tidepool.Cli;

/// <summary>A task as a step names it.</summary>
/// <param name="Version">As after the @: <c>2</c>, <c>2.1</c> or <c>2.1.3</c>.</param>
internal sealed partial record NamedTask(string Name, string Version)
{
    public override string ToString() => $"{Name}@{Version}";

    /// <summary>Reads <c>NAME@VERSION</c>; null where it is not that.</summary>
    public static NamedTask? Parse(string text) => Form().Match(text) is { Success: true } match ? new(match.Groups[1].Value, match.Groups[2].Value) : null;

    [GeneratedRegex(@"^([A-Za-z0-9][\w.\- ]*)@(\d+(?:\.\d+){0,2})$")]
    private static partial Regex Form();
}

/// <summary>Finds the tasks that a pipeline and its templates name, whichever of them a run would take.</summary>
internal static partial class NamedTasks
{
    /// <summary>Looks into a file, and into the templates beside it that it names.</summary>
    /// <param name="file">The pipeline.</param>
    /// <param name="ct">Ends the looking.</param>
    /// <exception cref="ProblemException">TASKS004: it cannot be read.</exception>
    public static async Task<IReadOnlyList<NamedTask>> OfFileAsync(string file, CancellationToken ct)
    {
        var root = RootOf(file);
        var (left, seen, found) = (new Queue<string>([Path.GetFullPath(file)]), new HashSet<string>(), new List<NamedTask>());
        while (left.TryDequeue(out var path))
        {
            if (!seen.Add(path))
            {
                continue;
            }

            var text = await ReadAsync(path, ct);
            found.AddRange(Task().Matches(text).Select(match => NamedTask.Parse(match.Groups[1].Value.Trim())).OfType<NamedTask>());
            foreach (var template in Template().Matches(text).Select(match => match.Groups[1].Value).Where(name => !name.Contains('@') && !name.Contains('$')))
            {
                var place = template.StartsWith('/') ? Path.Combine(root, template.TrimStart('/')) : Path.Combine(Path.GetDirectoryName(path)!, template);
                if (File.Exists(place))
                {
                    left.Enqueue(Path.GetFullPath(place));
                }
            }
        }

        return [.. found.DistinctBy(task => task.ToString(), StringComparer.OrdinalIgnoreCase)];
    }

    private static async Task<string> ReadAsync(string path, CancellationToken ct)
    {
        try
        {
            return await File.ReadAllTextAsync(path, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("TASKS004", $"{path} cannot be read: {e.Message}", "Name a pipeline's file, or a task as in Name@1.");
        }
    }

    private static string RootOf(string file)
    {
        var start = new FileInfo(Path.GetFullPath(file)).Directory!;
        for (var folder = start; folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, ".git")))
            {
                return folder.FullName;
            }
        }

        return start.FullName;
    }

    [GeneratedRegex(@"^[ \t]*(?:-[ \t]+)?task:[ \t]*['""]?([^'""#\r\n]+)", RegexOptions.Multiline)]
    private static partial Regex Task();

    [GeneratedRegex(@"^[ \t]*(?:-[ \t]+)?template:[ \t]*['""]?([^'""#\s]+)", RegexOptions.Multiline)]
    private static partial Regex Template();
}
