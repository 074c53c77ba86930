namespace Tidepool.Cli;

/// <summary>What a first Ctrl-C is answered with, and what is said at the end.</summary>
/// <param name="Stopping">At once.</param>
/// <param name="Stopped">When all has ended; null where the command itself says it.</param>
/// <param name="CanHurry">A second Ctrl-C hurries, and only a third leaves at once.</param>
internal sealed record StopWords(string Stopping, string? Stopped, bool CanHurry = false)
{
    private const string Environments = "stopping: ending every process and removing every volume";
    private const string EnvironmentsGone = "stopped: every process has ended and every volume is removed";

    public static StopWords Of(string[] args) => args switch
    {
        ["serve", ..] => new($"{Environments} (once more to hurry)", EnvironmentsGone, CanHurry: true),
        ["up" or "down", ..] => new(
            "stopping: what is in hand comes to its end first, for Terraform has to write its state "
            + "(once more to leave without waiting; Terraform goes on alone)",
            null),
        ["run", ..] => new("canceling the run, and following it to its end (once more to leave; the run is canceled all the same)", null),
        ["status" or "logs" or "token" or "doctor" or "storage", ..] => new("stopping", null),
        _ => new($"{Environments} (once more to leave at once)", EnvironmentsGone),
    };
}
