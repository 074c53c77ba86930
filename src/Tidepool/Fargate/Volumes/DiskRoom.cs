namespace Tidepool.Fargate.Volumes;

/// <summary>How much this machine's disk can take of what tasks may yet write. Pure.</summary>
internal static class DiskRoom
{
    private const long MostKept = 1L << 30;
    private const int LeastPart = 16;

    /// <summary>
    /// What is free, less what tasks have written that has not arrived yet, less what they may write until the next look: 1 GiB, or a
    /// sixteenth of a small disk.
    /// </summary>
    /// <param name="available">Bytes free on this machine's disk.</param>
    /// <param name="total">Its size in bytes.</param>
    /// <param name="unwritten">Bytes that tasks have written and that are still in memory.</param>
    public static long Of(long available, long total, long unwritten) =>
        Math.Max(0, available - unwritten - Math.Min(MostKept, total / LeastPart));
}
