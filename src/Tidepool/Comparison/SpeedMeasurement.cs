using System.Globalization;
using Tidepool.Deployment.Verification;
using Tidepool.Storage.Comparison;
using Tidepool.Storage.Probes;

namespace Tidepool.Comparison;

/// <summary>Takes the time of work on every storage, where the tasks run.</summary>
public static class SpeedMeasurement
{
    private const int ByteOfMiB = 1024 * 1024;
    private const string Unit = "s";

    /// <summary>Runs one task for each medium, one after another.</summary>
    /// <param name="session">Where; nothing else is to run there at the time. Its snapshot, if one was taken, is used.</param>
    /// <param name="isAws">Whether it is AWS, and no stand-in of it.</param>
    /// <param name="ended">Told each medium as it is measured.</param>
    /// <param name="ct">Ends it.</param>
    public static Task<SpeedReport> RunAsync(ProbeSession session, bool isAws, Action<ProbeVerdict> ended, CancellationToken ct) =>
        RunAsync(session, PaceOf(isAws), isAws, ended, ct);

    internal static async Task<SpeedReport> RunAsync(ProbeSession session, SpeedPace pace, bool isAws, Action<ProbeVerdict> ended, CancellationToken ct) =>
        Of(await session.TryAsync(SpeedProbes.Of(pace), ended, ct, parallel: 1), isAws);

    /// <summary>What it would run, to say what that costs.</summary>
    public static IReadOnlyList<Probe> Probes(bool isAws) => SpeedProbes.Of(PaceOf(isAws));

    /// <summary>How often the time is taken.</summary>
    public static SpeedPace PaceOf(bool isAws) => isAws ? SpeedPace.Aws : SpeedPace.Local;

    /// <summary>Draws up what tasks wrote. Pure.</summary>
    internal static SpeedReport Of(IReadOnlyList<ProbeVerdict> verdicts, bool isAws) => new()
    {
        Remarks = Remarks(verdicts, isAws),
        Rows = [.. SpeedWork.All.Select(work => Row(verdicts, work))],
        Documented = DocumentedLimits.All,
    };

    private static SpeedRow Row(IReadOnlyList<ProbeVerdict> verdicts, SpeedWork work)
    {
        var layers = verdicts.Select(verdict => SpeedReading.Of(SpeedProbes.Read(verdict.Evidence), work).Layer).OfType<double>().Order().ToList();
        return new(
            work.Id,
            work.Name,
            Unit,
            layers.Count == 0 ? null : layers[layers.Count / 2],
            [.. ComparedStorage.All.Select(storage => Cell(storage, verdicts, work))]);
    }

    private static SpeedCell Cell(ComparedStorage storage, IReadOnlyList<ProbeVerdict> verdicts, SpeedWork work)
    {
        var medium = SpeedProbes.MediumOf(storage);
        if (verdicts.FirstOrDefault(verdict => verdict.Probe.Id == SpeedProbes.IdOf(storage)) is not { } verdict)
        {
            return new(storage.Id, null, null, "it was stopped before", []);
        }

        if (verdict.Evidence.Tasks.Count == 0)
        {
            return new(storage.Id, null, null, verdict.Observed, []);
        }

        var reading = SpeedReading.Of(SpeedProbes.Read(verdict.Evidence), work);
        return new(
            storage.Id,
            reading.Volume,
            reading.Ratio,
            reading.Fault ?? (medium == storage ? null : $"of the same medium as {medium.Name}, and measured there"),
            Proof(verdict.Evidence, work, reading));
    }

    // The task, and of all that it wrote what is of this piece of work.
    private static IReadOnlyList<string> Proof(ProbeEvidence evidence, SpeedWork work, SpeedReading reading)
    {
        var container = SpeedProbes.Read(evidence);
        var rate = work == SpeedWork.LargeFile && reading.Volume is > 0
            ? string.Create(CultureInfo.InvariantCulture, $"; {work.Holds / SpeedReading.ShrinkOf(container) / ByteOfMiB / reading.Volume.Value:0} MiB/s")
            : "";
        return
        [
            .. evidence.Tasks.Values.Select(task => $"task {task.TaskArn}{(task.Volume is null ? "" : $", {task.Volume}")}"),
            .. reading.Fault is null
                ? [string.Create(CultureInfo.InvariantCulture, $"best of {reading.Turns}: {reading.Volume} s on the volume, {reading.Layer} s in the container's own layer{rate}")]
                : Array.Empty<string>(),
            .. container.Said($"{work.Word}."),
        ];
    }

    private static IReadOnlyList<string> Remarks(IReadOnlyList<ProbeVerdict> verdicts, bool isAws)
    {
        var containers = verdicts.Select(verdict => SpeedProbes.Read(verdict.Evidence)).ToList();
        var isInMemory = containers.Any(container => container.Fact("layer-on") is { } on && on.StartsWith("tmpfs", StringComparison.Ordinal));
        var isCoarse = containers.Any(container => container.Fact("clock") is not null);
        var shrink = containers.Select(SpeedReading.ShrinkOf).DefaultIfEmpty(1).Max();
        string?[] remarks =
        [
            isAws
                ? "Measured in your account, in one task for each medium: another task, time of day or burst credit gives other figures."
                : "EBS and EFS are folders on this machine's disk here: these speeds are not AWS's, and the ratios are none either. What AWS documents stands beside.",
            shrink > 1 ? $"All work is {shrink} times smaller than it is called." : null,
            "Each ratio is time on the volume over time in the container's own layer of the same task, taken by turns; 2 is twice as slow. The best turn counts; what takes long has one.",
            $"Tasks have {SpeedProbes.CpuUnits / 1024} vCPU and {SpeedProbes.MemoryMiB / 1024} GB, and run one after another.",
            "The large file is flushed to the storage and then read, small files are written and read, clone and unpack write. What is read comes from memory, as it does for the next job on the same task; only other tasks read from the storage.",
            "A clone is from a repository in the container's layer, without a network. A package is unpacked from the layer, as a restore from a package cache does; nothing is downloaded.",
            "EBS of a service and EBS that RunTask keeps are the same medium: measured once.",
            isInMemory ? "The container's own layer is in memory here: ratios against it say little." : null,
            isCoarse ? "The image's date has no nanoseconds: times are to 10 ms." : null,
        ];
        return [.. remarks.OfType<string>()];
    }
}
