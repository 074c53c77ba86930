using System.Globalization;
using Tidepool.Storage.Probes;

namespace Tidepool.Storage.Comparison;

/// <summary>How long a piece of work took in one task. Pure.</summary>
/// <param name="Layer">Seconds in the container's own layer, the best turn; null where it was not done.</param>
/// <param name="Volume">Seconds on the volume, the best turn; null where it was not done.</param>
/// <param name="Turns">How often it was done.</param>
/// <param name="Fault">Why it was not done, or not rightly; null where it was.</param>
public sealed record SpeedReading(double? Layer, double? Volume, int Turns, string? Fault)
{
    private const double NanosecondsOfSecond = 1e9;

    /// <summary>Time on the volume over that in the layer of the same task; null where one is not known.</summary>
    public double? Ratio => Layer is > 0 && Volume is { } volume ? Math.Round(volume / Layer.Value, 2) : null;

    /// <summary>Reads what a container wrote.</summary>
    public static SpeedReading Of(ContainerEvidence container, SpeedWork work)
    {
        if (FaultOf(container, work) is { } fault)
        {
            return new(null, null, 0, fault);
        }

        var (layer, volume) = (Times(container, work, "layer"), Times(container, work, "volume"));
        return layer.Count == 0 || volume.Count != layer.Count
            ? new(null, null, 0, $"the task did not come to its end{(container.ExitCode is { } code ? $": exit code {code}" : "")}")
            : new(Seconds(layer.Min()), Seconds(volume.Min()), layer.Count, null);
    }

    /// <summary>How many times smaller the work was than it is called.</summary>
    public static int ShrinkOf(ContainerEvidence container) =>
        int.TryParse(container.Fact("shrink"), CultureInfo.InvariantCulture, out var shrink) && shrink > 0 ? shrink : 1;

    private static string? FaultOf(ContainerEvidence container, SpeedWork work)
    {
        if (container.Fact($"{work.Word}.missing") is { } tool)
        {
            return $"the image has no {tool}";
        }

        var holds = (work.Holds / ShrinkOf(container)).ToString(CultureInfo.InvariantCulture);
        foreach (var place in (string[])["layer", "volume"])
        {
            if (container.Fact($"{work.Word}.{place}.failed") is { } why)
            {
                return $"it failed {In(place)}: {why}";
            }

            if (container.All($"{work.Word}.{place}.held").FirstOrDefault(held => held != holds) is { } held)
            {
                return $"of {holds} {(work == SpeedWork.LargeFile ? "bytes" : "files")} {held} were there {In(place)}";
            }
        }

        return null;
    }

    private static string In(string place) => place == "layer" ? "in the container's own layer" : "on the volume";

    // A time counts only with a word of what was there then.
    private static List<long> Times(ContainerEvidence container, SpeedWork work, string place) =>
        [.. container.All($"{work.Word}.{place}").Take(container.All($"{work.Word}.{place}.held").Count)
            .Select(text => long.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : 0).Where(time => time > 0)];

    private static double Seconds(long nanoseconds) => Math.Round(nanoseconds / NanosecondsOfSecond, 4);
}
