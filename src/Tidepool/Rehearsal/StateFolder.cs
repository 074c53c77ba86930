using Tidepool.Fargate;

namespace Tidepool.Rehearsal;

/// <summary>Where local environments live: <c>$XDG_STATE_HOME/tidepool</c>, or <c>~/.local/state/tidepool</c>.</summary>
/// <remarks>Source: https://specifications.freedesktop.org/basedir-spec/latest/</remarks>
public static class StateFolder
{
    /// <summary>The folder that holds one folder an environment.</summary>
    /// <exception cref="ProblemException">Neither XDG_STATE_HOME nor HOME is an absolute path.</exception>
    public static string Find(Func<string, string?> environment) => Path.Combine(Root(environment), "environments");

    /// <summary>The folder of what outlives environments: EFS file systems, EBS volumes that were kept, snapshots.</summary>
    /// <exception cref="ProblemException">Neither XDG_STATE_HOME nor HOME is an absolute path.</exception>
    public static string FindStorage(Func<string, string?> environment) => Path.Combine(Root(environment), "storage");

    /// <summary>The folder of the states of embedded services, one folder a port.</summary>
    /// <exception cref="ProblemException">Neither XDG_STATE_HOME nor HOME is an absolute path.</exception>
    public static string FindServices(Func<string, string?> environment) => Path.Combine(Root(environment), "services");

    /// <summary>Sweeps what crashes left, and names a new environment's folder, which is not made yet.</summary>
    internal static async Task<string> SweepAsync(
        string environments, Uri? engine, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct)
    {
        foreach (var swept in await EnvironmentFolders.SweepAsync(environments, engine, clock, ct))
        {
            progress.Report(new Said($"swept what a killed run left: {swept}"));
        }

        return Path.Combine(environments, Unguessable.Hex(6));
    }

    private static string Root(Func<string, string?> environment)
    {
        // The specification says that a relative path is to be ignored.
        var state = environment("XDG_STATE_HOME") is { } xdg && Path.IsPathRooted(xdg)
            ? xdg
            : environment("HOME") is { } home && Path.IsPathRooted(home)
                ? Path.Combine(home, ".local", "state")
                : throw new ProblemException(
                    "REHEARSAL001",
                    "Neither XDG_STATE_HOME nor HOME holds an absolute path, so there is no place for volumes and logs.",
                    "Set XDG_STATE_HOME to a folder on a disk with room.");
        return Path.Combine(state, "tidepool");
    }
}
