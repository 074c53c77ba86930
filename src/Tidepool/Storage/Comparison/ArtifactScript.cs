using Tidepool.Storage.Probes;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Comparison;

/// <summary>What agents do with an artifact in a scenario: look for it, write it, read it back, look again at the end.</summary>
/// <remarks>
/// They say <c>found</c> (checksum and size of what was there, or missing), <c>wrote</c> (of what was written, taken on its way), <c>control</c> (read
/// back), <c>still</c> (read back when they are stopped) and <c>seed</c> (of the snapshot's file).
/// </remarks>
internal static class ArtifactScript
{
    public const string Missing = "missing";

    // Side by side on one file system, each scenario and storage has files of its own. A file's name comes before its content.
    private const string Words =
        """
        f=FILE
        look() { if [ -e "$1" ]; then cksum < "$1"; else echo missing; fi; }
        put() { say wrote=$(head -c 65536 /dev/urandom | tee "$1" | cksum); { sync; } 2> /dev/null; say control=$(look "$1"); }
        await() { until [ -e "$1" ]; do sleep 0.05; done; }
        say seed=$(look SEED)
        """;

    /// <summary>The artifact's path in the containers.</summary>
    public static string Path(ComparedStorage storage, ProbeSetting setting, string scenario) => $"{MountPath}/{setting.Id}.{scenario}.{storage.Id}";

    /// <summary>A script with the words above; <c>$f</c> is the artifact.</summary>
    public static string Of(ComparedStorage storage, ProbeSetting setting, string scenario, string script) =>
        $"{Words.Replace("FILE", Path(storage, setting, scenario), StringComparison.Ordinal).Replace("SEED", SnapshotPreparation.File, StringComparison.Ordinal)}\n{script}";

    /// <summary>Looks for the artifact, writes it where there is none, and looks again when it is stopped.</summary>
    public static string LookThenWrite { get; } =
        $"found=$(look \"$f\"); say found=$found\nif [ \"$found\" = {Missing} ]; then put \"$f\"; fi\n{WaitThenLook}";

    /// <summary>Writes the artifact, whatever there is, and looks again when it is stopped.</summary>
    public static string Write { get; } = $"put \"$f\"\n{WaitThenLook}";

    private static string WaitThenLook => Wait("say still=$(look \"$f\"); exit 0");

    /// <summary>Whether the writer's artifact was whole after it was written, and still when the writer was stopped.</summary>
    public static bool Control(ContainerEvidence writer, bool isStill = true) =>
        writer.Fact("wrote") is { Length: > 0 } wrote && writer.Fact("control") == wrote && (!isStill || writer.Fact("still") == wrote);

    /// <summary>What a reader saw of what a writer wrote.</summary>
    public static string SeenBy(ContainerEvidence reader, ContainerEvidence writer) => reader.Fact("found") switch
    {
        null => Seen.Otherwise,
        Missing => reader.Fact("seed") is null or Missing ? Seen.NotFound : Seen.OfSnapshot,
        var found => found == writer.Fact("wrote") ? Seen.Found : Seen.Otherwise,
    };

    /// <summary>A checksum and a size as a reader of proofs wants them.</summary>
    public static string Told(string? fact) => fact is null ? "no word" : fact.Split(' ') is [var sum, var size] ? $"{size} bytes with checksum {sum}" : fact;
}
