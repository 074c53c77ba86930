using System.Globalization;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>How much time containers have to save what is not in a volume.</summary>
internal static class StopProbes
{
    // The least that AWS takes.
    private const int StopTimeout = 2;

    public static Probe StopGrace { get; } = new()
    {
        Id = "stop-grace",
        Claim = "StopTask sends the stop signal (SIGTERM, unless the image has another), and SIGKILL to those that still run after stopTimeout.",
        Source = Sources.Stated(Sources.StopTask),
        Expected = "the stop signal heard, exit code 143; the deaf one 137, after 2 s at least",
        Steps = setting =>
        [
            new StartTasks(new ProbeTask("task", Of(
                setting,
                "stop",
                Container(setting, "heeding", Wait("say heard=$signal; exit 143")) with { StopTimeout = 60 },
                Container(setting, "deaf", Deaf) with { StopTimeout = StopTimeout }))),
            new StopTasks("task"),
        ],
        Judge = (_, evidence) =>
        {
            var task = evidence.Tasks.GetValueOrDefault("task");
            var took = (task?.ExecutionStoppedAt ?? task?.StoppedAt) - task?.StoppingAt;
            var (heeding, deaf) = (evidence.Of("task", "heeding"), evidence.Of("task", "deaf"));
            return Look.At(evidence)
                .Said("heeding", "heard")
                .Ended(143, "heeding")
                .Ended(137, "deaf")
                .And(took >= TimeSpan.FromSeconds(StopTimeout))
                .Text($"{(heeding.Fact("heard") is { } signal ? $"SIG{signal}" : "the stop signal not")} heard, exit code {Code(heeding)}; the deaf one {Code(deaf)}, after {(took is { } time ? time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "unknown")} s");
        },
    };

    private static string Code(ContainerEvidence container) => container.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
}
