using System.Globalization;

namespace Tidepool.Storage.Probes;

/// <summary>What a container does to fill a volume.</summary>
internal static class DiskFilling
{
    /// <summary>What it says as <c>error</c> when the volume is full.</summary>
    public const string Full = "No space left on device";

    // fallocate takes no time where it is known. What is no disk of about the expected size is left alone: it is this machine's.
    private const string Fill =
        """
        set -- $(df -Pk DIR | tail -n 1); total=$2; say total=$total
        if [ "$total" -lt MOST ]; then
          n=0
          while [ $n -lt PIECES ] && why=$(fallocate -l BYTES DIR/f$n 2>&1 || { rm -f DIR/f$n; dd if=/dev/zero of=DIR/f$n bs=1048576 count=PIECE 2>&1; }); do
            n=$((n+1)); why=none
          done
          rm -f DIR/f*
          say filled=$n
          case "$why" in *'FULL'*) say 'error=FULL';; *) say "error=$(echo $why)";; esac
        fi
        """;

    /// <summary>Says <c>total</c> in KiB, and then, where it is no more than expected, <c>filled</c> in pieces and <c>error</c>, <c>none</c> if it took all.</summary>
    /// <param name="folder">The volume's path.</param>
    /// <param name="pieceMiB">Size of one file.</param>
    /// <param name="mostPieces">Files at most.</param>
    /// <param name="mostKiB">A larger disk is not touched.</param>
    public static string Script(string folder, int pieceMiB, int mostPieces, long mostKiB) => Fill
        .Replace("DIR", folder, StringComparison.Ordinal)
        .Replace("FULL", Full, StringComparison.Ordinal)
        .Replace("MOST", mostKiB.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("BYTES", (pieceMiB * 1048576L).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("PIECES", mostPieces.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("PIECE", pieceMiB.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
