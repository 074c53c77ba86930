using Tidepool.Fargate;

namespace Tidepool.Rehearsal;

/// <summary>The environments on this machine that <c>tidepool serve</c> keeps up.</summary>
public static class ServedEnvironments
{
    private const string Start = "Start one: tidepool serve";

    /// <summary>Every environment under a root folder that takes requests; what a crash left is none.</summary>
    public static IReadOnlyList<EnvironmentDocument> List(string environments)
    {
        try
        {
            return
            [
                .. (Directory.Exists(environments) ? Directory.GetDirectories(environments) : [])
                    .Order(StringComparer.Ordinal)
                    .Select(EnvironmentDocument.Read)
                    .OfType<EnvironmentDocument>()
                    .Where(document => IsHeld(document.Folder)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The one that is meant.</summary>
    /// <param name="environments">Folder of all environments.</param>
    /// <param name="wanted">A folder, its name, or a URL that <c>serve</c> printed; null where there is only one.</param>
    /// <exception cref="ProblemException">RUN001: there is none. RUN002: there are several. RUN003: there is none of that name.</exception>
    public static EnvironmentDocument Find(string environments, string? wanted) => (List(environments), wanted) switch
    {
        ([], _) => throw new ProblemException("RUN001", $"No environment is served under {environments}.", $"{Start}. One of another user, or under another XDG_STATE_HOME, is not found here."),
        ([var only], null) => only,
        (var all, null) => throw new ProblemException(
            "RUN002", $"{all.Count} environments are served on this machine:{Rows(all)}", "Name one with --environment FOLDER or --environment URL."),
        var (all, _) => all.FirstOrDefault(document => Is(document, wanted)) ?? throw new ProblemException(
            "RUN003", $"No environment {wanted} is served on this machine. These are:{Rows(all)}", "Name one of them."),
    };

    private static string Rows(IEnumerable<EnvironmentDocument> documents) =>
        string.Concat(documents.Select(document => $"{Environment.NewLine}  {document.Folder} (ECS {Text(document.Ecs)}, Azure Pipelines {Text(document.Pipelines)})"))
        + Environment.NewLine;

    private static bool Is(EnvironmentDocument document, string wanted) =>
        Uri.TryCreate(wanted, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? Text(url) == Text(document.Ecs) || Text(url) == Text(document.Pipelines)
            : Path.TrimEndingDirectorySeparator(Path.GetFullPath(wanted)) == document.Folder || wanted == Path.GetFileName(document.Folder);

    private static string Text(Uri url) => url.AbsoluteUri.TrimEnd('/');

    private static bool IsHeld(string folder)
    {
        // A lock that can be taken has no holder any more.
        using var taken = EnvironmentFolder.TryTake(folder);
        return taken is null && File.Exists(Path.Combine(folder, EnvironmentFolder.LockName));
    }
}
