namespace Tidepool.Rehearsal;

/// <summary>Where what a user fetched once is kept: <c>$XDG_DATA_HOME/tidepool</c>, or <c>~/.local/share/tidepool</c>.</summary>
/// <remarks>Source: https://specifications.freedesktop.org/basedir-spec/latest/</remarks>
public static class DataFolder
{
    /// <summary>The folder of the tasks that were pulled; it need not exist. Null where neither XDG_DATA_HOME nor HOME is an absolute path.</summary>
    public static string? FindTasks(Func<string, string?> environment) =>
        environment("XDG_DATA_HOME") is { } xdg && Path.IsPathRooted(xdg) ? Path.Combine(xdg, "tidepool", "tasks")
        : environment("HOME") is { } home && Path.IsPathRooted(home) ? Path.Combine(home, ".local", "share", "tidepool", "tasks")
        : null;
}
