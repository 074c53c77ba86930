using System.Globalization;

namespace Tidepool.Comparison;

/// <summary>What a cost is of, in a sentence.</summary>
public static class CostSizes
{
    public static string Of(CostReport cost)
    {
        string?[] parts =
        [
            string.Create(CultureInfo.InvariantCulture, $"{cost.Gib:#,0.##} GiB a task"),
            string.Create(CultureInfo.InvariantCulture, $"{cost.WrittenGibPerDay:#,0.##} GiB written and {cost.ReadGibPerDay:#,0.##} GiB read a day"),
            Tasks(cost),
            string.Create(CultureInfo.InvariantCulture, $"{cost.Hours:#,0.##} hours a month"),
            cost.IsSpot ? "on Fargate Spot" : null,
        ];
        return $"{string.Join(", ", parts.OfType<string>())}, in {cost.Region}; amounts are in {cost.Currency}.";
    }

    private static string Tasks(CostReport cost)
    {
        var tasks = Counted(cost.Tasks, "task");
        var size = cost.CpuUnits is 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" of {cost.CpuUnits / 1024m:0.##} vCPU and {cost.MemoryMiB / 1024m:0.##} GB ({cost.Architecture})");
        return $"{tasks}{size}{(cost.Agents is 0 ? "" : $" with {Counted(cost.Agents, "agent")}{(cost.Tasks is 1 ? "" : " each")}")}";
    }

    private static string Counted(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count is 1 ? "" : "s")}");
}
