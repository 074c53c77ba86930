using Tidepool.Comparison.Access;

namespace Tidepool.Comparison;

/// <summary>The paths of a report: each file while there are few, else whole folders. Pure.</summary>
internal static class PathUses
{
    private const int Most = 40;

    public static IReadOnlyList<PathUse> Of(SeenAccesses accesses, IReadOnlyList<HandOver> crossing)
    {
        var crosses = crossing.Select(pair => pair.Path).ToHashSet();
        var files = accesses.Files
            .Select(file => (Path: file.IsGone ? Path.GetDirectoryName(file.Path) ?? "/" : file.Path, file.IsGone, Writers: Names(file, use => use.FirstWrite is not null), Readers: Names(file, use => use.FirstRead is not null), Crosses: crosses.Contains(file.Path)))
            .ToList();
        for (var depth = files.Count == 0 ? 1 : files.Max(file => Depth(file.Path)); ; depth--)
        {
            // What is gone again is told of its folder from the start.
            var rows = files
                .GroupBy(file => (Path: Cut(file.Path, depth), IsFolder: file.IsGone || Depth(file.Path) > depth, file.IsGone, Writers: string.Join(", ", file.Writers), Readers: string.Join(", ", file.Readers), file.Crosses))
                .ToList();
            if (rows.Count <= Most || depth == 1)
            {
                PathUse[] all =
                [
                    .. rows.OrderByDescending(row => row.Key.Crosses).ThenBy(row => row.Key.IsGone).Take(Most).Select(row => new PathUse(
                        !row.Key.IsFolder ? row.Key.Path
                            : $"{row.Key.Path.TrimEnd('/')}/… ({row.Count()} {(row.Count() == 1 ? "file" : "files")}{(row.Key.IsGone ? ", gone again" : "")})",
                        row.First().Writers,
                        row.First().Readers,
                        row.Key.Crosses)),
                ];
                var left = rows.Count - all.Length;
                return left == 0 && accesses.Cut == 0 ? all
                    : [.. all, new($"… ({left} more rows and {accesses.Cut} accesses to more files are not shown)", [], [], false)];
            }
        }
    }

    private static IReadOnlyList<string> Names(SeenFile file, Func<FileUse, bool> has) =>
        [.. file.Uses.Where(use => has(use.Value)).Select(use => $"{use.Key}").Distinct()];

    private static int Depth(string path) => path.Count(character => character == '/');

    private static string Cut(string path, int depth) => Depth(path) <= depth ? path : string.Join('/', path.Split('/').Take(depth + 1));
}
