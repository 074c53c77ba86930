using System.Globalization;
using Tidepool.Storage;

namespace Tidepool.Comparison;

/// <summary>Where the costs of two storages cross: over the size, the number of tasks, and the traffic. Pure.</summary>
internal static class CostBreakEven
{
    // Beyond that, more tasks are no answer.
    private const int MostTasks = 5000;

    private static readonly (string Storage, string Name)[] PerTask = [(StorageLine.Bind, "bind mounts"), (StorageLine.Ebs, "EBS gp3")];

    /// <summary>A sentence for each pair and each figure.</summary>
    public static IReadOnlyList<string> Of(CostWish wish, Prices prices, IReadOnlyList<StorageLine> lines)
    {
        if (wish.Hours == 0)
        {
            return ["No task runs at any hour: bind mounts and EBS volumes cost nothing, EFS what it keeps."];
        }

        var efs = lines.Single(line => line.Storage == StorageLine.Efs);
        string?[] sentences =
        [
            BindAndEbs(wish, lines, prices.Currency),
            .. PerTask.Select(other => BySize(wish, efs, Line(other.Storage), other.Name, prices.Currency)),
            .. PerTask.Select(other => ByTasks(wish, prices, other.Storage, other.Name)),
            .. PerTask.Select(other => ByTraffic(wish, prices, efs, Line(other.Storage), other.Name)),
        ];
        return [.. sentences.OfType<string>()];

        StorageLine Line(string storage) => lines.Single(line => line.Storage == storage);
    }

    /// <summary>The sizes at which <paramref name="one"/> costs less than <paramref name="other"/>; null where it never does.</summary>
    /// <remarks>They are in one piece: only a bind mount's line bends, it bends upwards, and it begins at nothing.</remarks>
    internal static (decimal From, decimal? Until)? Cheaper(StorageLine one, StorageLine other) =>
        First(one, other, 0) is { } from ? (from, First(other, one, from)) : null;

    // The first size after another one at which it costs less, up to the largest that both have.
    private static decimal? First(StorageLine one, StorageLine other, decimal after)
    {
        var end = Math.Min(one.MostGib ?? decimal.MaxValue, other.MostGib ?? decimal.MaxValue);

        // Both are straight between these.
        decimal[] bends = [after, .. new[] { one.FreeGib, other.FreeGib }.Where(gib => gib > after && gib < end).Distinct().Order()];
        foreach (var bend in bends)
        {
            var gap = one.At(bend) - other.At(bend);
            if (gap < 0 && (after == 0 || bend > after))
            {
                return bend;
            }

            var (slope, until) = (Slope(other, bend) - Slope(one, bend), bends.Where(next => next > bend).DefaultIfEmpty(end).Min());
            if (slope > 0 && gap / slope is var more && more >= 0 && more < until - bend)
            {
                return bend + more;
            }
        }

        return null;
    }

    private static decimal Slope(StorageLine line, decimal gib) => gib >= line.FreeGib ? line.OfGib : 0;

    private static string BindAndEbs(CostWish wish, IReadOnlyList<StorageLine> lines, string currency)
    {
        var (bind, ebs) = (lines.Single(line => line.Storage == StorageLine.Bind), lines.Single(line => line.Storage == StorageLine.Ebs));
        var most = bind.MostGib!.Value;
        var prices = Text($"Beyond its {bind.FreeGib} free GiB a bind mount costs {bind.OfGib / wish.Tasks:0.000} {currency} a GiB and task, EBS gp3 {ebs.OfGib / wish.Tasks:0.000}");
        return Cheaper(ebs, bind) is { } sizes
            ? $"{prices}; EBS is cheaper {Sizes(sizes)}."
            : Text($"{prices}; up to the {most} GiB of a task's disk a bind mount is never dearer, and it saves {Saved(bind.FreeGib)} at {bind.FreeGib} GiB and {Saved(most)} at {most}.");

        string Saved(decimal gib) => Text($"{ebs.At(gib) - bind.At(gib):0.00} {currency}");
    }

    private static string BySize(CostWish wish, StorageLine efs, StorageLine other, string name, string currency)
    {
        var tasks = wish.Tasks == 1 ? "1 task" : Text($"{wish.Tasks} tasks on one EFS");
        return Cheaper(efs, other) is { } sizes
            ? Text($"With {tasks} and this traffic EFS is cheaper than {name} {Sizes(sizes)}{(wish.Tasks == 1 ? "" : ", if all tasks use the same GiB")}.")
            : Text($"With {tasks} and this traffic EFS is at no size cheaper than {name}: {efs.Fixed:0.00} {currency} of traffic, and {efs.OfGib:0.000} a GiB against {other.OfGib:0.000}.");
    }

    private static string Sizes((decimal From, decimal? Until) sizes) => sizes switch
    {
        (0, null) => "at every size",
        (0, { } until) => $"up to {Gib(until)} GiB",
        (var from, null) => $"from {Gib(from)} GiB on",
        var (from, until) => $"from {Gib(from)} to {Gib(until.Value)} GiB",
    };

    private static string? ByTasks(CostWish wish, Prices prices, string storage, string name)
    {
        var efs = StorageLine.Of(StorageLine.Efs, wish, prices).At(wish.Gib);
        if (StorageLine.Of(storage, wish, prices).MostGib < wish.Gib)
        {
            return null;
        }

        // Snapshots are paid for once; all else of a volume with each task.
        var none = StorageLine.Of(storage, wish with { Tasks = 0 }, prices).At(wish.Gib);
        var each = StorageLine.Of(storage, wish with { Tasks = 1 }, prices).At(wish.Gib) - none;
        var size = Text($"At {Gib(wish.Gib)} GiB and this traffic");
        if (each == 0)
        {
            return $"{size} EFS is cheaper than {name} with no number of tasks: those are free.";
        }

        var tasks = Math.Max(1, decimal.Floor((efs - none) / each) + 1);
        return tasks > MostTasks
            ? Text($"{size} EFS is not cheaper than {name} with up to {MostTasks} tasks.")
            : Text($"{size} EFS is cheaper than {name} from {tasks} {(tasks == 1 ? "task" : "tasks")} on that use the same GiB.");
    }

    private static string? ByTraffic(CostWish wish, Prices prices, StorageLine efs, StorageLine other, string name)
    {
        if (other.MostGib < wish.Gib)
        {
            return null;
        }

        var left = other.At(wish.Gib) - (efs.OfGib * wish.Gib);
        var read = wish.ReadGibPerDay is { } told ? told * prices["efs-read"].Value * ComparisonCost.DaysOfMonth : 0;
        var ofGib = (prices["efs-written"].Value + (wish.ReadGibPerDay is null ? prices["efs-read"].Value : 0)) * ComparisonCost.DaysOfMonth;
        var here = Text($"With {wish.Tasks} {(wish.Tasks == 1 ? "task" : "tasks")} and {Gib(wish.Gib)} GiB");
        return left <= read
            ? Text($"{here} EFS costs {(left == read ? "as much as" : "more than")} {name} even if nothing is written.")
            : Text($"{here} EFS is cheaper than {name} while less than {Gib((left - read) / ofGib)} GiB a day are written{(wish.ReadGibPerDay is null ? " and read" : "")}.");
    }

    private static string Gib(decimal value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
