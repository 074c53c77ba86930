using System.Globalization;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>The size of a task's own disk.</summary>
internal static class DiskProbes
{
    private const int KiBOfGiB = 1024 * 1024;

    // The least that can be asked for.
    private const int SizeInGiB = 21;

    // Every task has it.
    private const int OrdinaryMiB = 20 * 1024;

    private const int WrittenMiB = 64;

    // curl, wget, or what bash has by itself.
    private const string Get =
        """
        get() {
          if command -v curl > /dev/null; then curl -s "$1"
          elif command -v wget > /dev/null; then wget -qO- "$1"
          else bash -c 'u=${1#http://}; h=${u%%/*}; n=${h##*:}; if [ "$n" = "$h" ]; then n=80; fi; exec 3<>"/dev/tcp/${h%%:*}/$n"; printf "GET /%s HTTP/1.0\r\nHost: %s\r\n\r\n" "${u#*/}" "$h" >&3; cat <&3' - "$1"
          fi
        }
        metric() { for m in $(get "$ECS_CONTAINER_METADATA_URI_V4/task" | tr ',{}' '\n\n\n' | grep "^\"$1\":"); do echo "${m##*:}"; done; }
        """;

    public static Probe Limit { get; } = new()
    {
        Id = "disk-limit",
        Claim = "ephemeralStorage is a limit: who writes more gets ENOSPC. Fargate's own share of the disk comes on top.",
        Source = Sources.Stated(Sources.TaskStorage),
        Expected = $"a disk of {SizeInGiB} GiB to twice as much; full with No space left on device",
        Obstacle = setting => setting.DiskNotLimited,
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting,
                "disk-limit",
                Container(setting, "writer", DiskFilling.Script(MountPath, pieceMiB: 1024, mostPieces: 200, mostKiB: 2L * SizeInGiB * KiBOfGiB))) with
            {
                EphemeralStorage = new(SizeInGiB),
            })),
        ],
        Judge = (_, evidence) =>
        {
            var writer = evidence.Of("task", "writer");
            var total = Number(writer.Fact("total")) / (double)KiBOfGiB;

            // A file system takes a part for itself, a tenth at most.
            return Look.At(evidence)
                .And(total is >= 0.9 * SizeInGiB and < 2 * SizeInGiB)
                .For("No space left on device", "writer", "error")
                .Text(string.Create(
                    CultureInfo.InvariantCulture,
                    $"a disk of {total:0.0} GiB; {(writer.Fact("filled") is { } filled ? $"full after {filled} GiB with {writer.Fact("error")}" : "not filled")}"));
        },
    };

    public static Probe Metric { get; } = new()
    {
        Id = "disk-metric",
        Claim = "The metadata endpoint tells the task's disk in MiB: Reserved is its size, Utilized grows with what is written.",
        Source = Sources.Stated(Sources.Metadata),
        Expected = $"Reserved {OrdinaryMiB} MiB or little more; Utilized grows by {WrittenMiB} MiB",
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting,
                "disk-metric",
                Container(setting, "writer", $"{Get}\nsay reserved=$(metric Reserved); before=$(metric Utilized); say before=$before\n"
                    + $"dd if=/dev/urandom of={MountPath}/file bs=1048576 count={WrittenMiB} 2> /dev/null; {{ sync; }} 2> /dev/null\n"

                    // How soon Fargate measures anew is stated nowhere.
                    + $"n=0; while after=$(metric Utilized); [ \"${{after:-0}}\" -lt $(( ${{before:-0}} + {WrittenMiB} )) ] && [ $n -lt {setting.MeasureSeconds} ]; do n=$((n+1)); sleep 1; done; say after=$after")))),
        ],
        Judge = (_, evidence) =>
        {
            var writer = evidence.Of("task", "writer");
            var (reserved, before, after) = (Number(writer.Fact("reserved")), Number(writer.Fact("before")), Number(writer.Fact("after")));
            return new(
                reserved is >= OrdinaryMiB and <= OrdinaryMiB + 1024 && after - before is >= WrittenMiB and <= 2 * WrittenMiB,
                $"Reserved {reserved?.ToString(CultureInfo.InvariantCulture) ?? "unknown"} MiB; Utilized {before?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}, then {after?.ToString(CultureInfo.InvariantCulture) ?? "unknown"} MiB");
        },
    };

    private static long? Number(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
}
