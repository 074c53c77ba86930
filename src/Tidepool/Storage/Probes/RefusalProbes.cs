using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>What Fargate refuses at registration.</summary>
internal static class RefusalProbes
{
    private const string Refusal = "ClientException: Fargate compatible task definitions do not support sourcePath";

    public static Probe SourcePathRefused { get; } = new()
    {
        Id = "source-path-refused",
        Claim = "A volume of a folder of the host is refused at registration.",
        Source = Sources.Reported(Sources.SourcePath),
        Expected = Refusal,
        Steps = setting =>
        [
            new RegisterOnly("registration", Of(setting, "source-path", Container(setting, "writer", "exit 0")) with
            {
                Volumes = [new() { Name = Volume, Host = new("/tmp") }],
            }),
        ],

        // The end of a text may be another one on AWS than users quoted; that it is refused for this is the rule.
        Judge = (_, evidence) => evidence.Registrations.GetValueOrDefault("registration") is { } refusal
            ? new(refusal.StartsWith("ClientException", StringComparison.Ordinal) && refusal.Contains("sourcePath", StringComparison.Ordinal), refusal.TrimEnd('.'))
            : new(false, "taken"),
    };
}
