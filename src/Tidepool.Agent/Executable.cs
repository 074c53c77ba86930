namespace Tidepool.Agent;

/// <summary>Looks for programs as a shell does.</summary>
internal static class Executable
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The first file of that name on <paramref name="path"/> that may be executed; null where there is none.</summary>
    public static string? Find(string name, string? path) => (path ?? "/usr/local/bin:/usr/bin:/bin")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(file => File.Exists(file) && (File.GetUnixFileMode(file) & AnyExecute) != 0);
}
