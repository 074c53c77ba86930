namespace Tidepool.Comparison.Page;

/// <summary>An axis from zero to a figure that is round, with round ticks.</summary>
/// <param name="largest">What has to be on it.</param>
/// <param name="from">Where zero is drawn.</param>
/// <param name="to">Where the largest is drawn.</param>
/// <param name="most">Ticks at most.</param>
internal sealed class PlotAxis(decimal largest, double from, double to, int most)
{
    private readonly decimal _step = Step(largest, most);

    /// <summary>The last tick.</summary>
    public decimal Largest => Math.Max(1, Math.Ceiling(largest / _step)) * _step;

    public IEnumerable<decimal> Ticks => Enumerable.Range(0, (int)(Largest / _step) + 1).Select(tick => tick * _step);

    /// <summary>Where a figure is drawn.</summary>
    public double At(decimal value) => from + (double)(value / Largest) * (to - from);

    // The smallest of 1, 2, 2.5, 5 times a power of ten that makes no more ticks than asked for.
    private static decimal Step(decimal largest, int most)
    {
        for (var power = 0.01m; ; power *= 10)
        {
            foreach (var factor in (decimal[])[1, 2, 2.5m, 5])
            {
                if (largest <= power * factor * most)
                {
                    return power * factor;
                }
            }
        }
    }
}
