using System.Globalization;

namespace Tidepool.Comparison.Page;

/// <summary>
/// What the storage alone costs over its size: a line for each kind, told apart by dashes as well as by colour, and named at its end. It is drawn
/// for a wide screen and for a narrow one, as text inside of a drawing shrinks with it. The figures stand below it for who cannot see it.
/// </summary>
internal static class CostPlot
{
    private const double Left = 48;
    private const double Top = 36;
    private const double Bottom = 44;

    // Room for two lines' names, one below the other.
    private const double NameHeight = 18;

    public static Html Of(CostReport cost)
    {
        var curves = cost.Curves.Where(curve => curve.Points.Count > 1).ToArray();
        return curves.Length is 0
            ? Html.None
            : Html.Of(
                $"""
                <figure class="plot">
                <figcaption>The storage alone, for one size of it after another</figcaption>
                {Draw(cost, curves, "wide", 860, 380)}{Draw(cost, curves, "narrow", 340, 320)}<details><summary>The plot's figures</summary>
                {Figures(cost, curves)}</details>
                </figure>

                """);
    }

    private static Html Draw(CostReport cost, CostCurve[] curves, string kind, double width, double height)
    {
        var right = kind is "wide" ? 110 : 84;
        var size = new PlotAxis(curves.Max(curve => curve.Points.Max(point => point.Gib)), Left, width - right, kind is "wide" ? 8 : 5);
        var amount = new PlotAxis(curves.Max(curve => curve.Points.Max(point => point.Monthly)), height - Bottom, Top, 6);
        return Html.Of(
            $"""
            <svg class="{kind}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="plot-{kind}-title plot-{kind}-desc">
            <title id="plot-{kind}-title">Cost of the storage a month over its size</title>
            <desc id="plot-{kind}-desc">{Description(cost, curves)}</desc>
            <g class="grid">{Html.Each(amount.Ticks, tick => Html.Of($"""<line x1="{Left}" x2="{width - right}" y1="{Number(amount.At(tick))}" y2="{Number(amount.At(tick))}"/><text x="{Left - 8}" y="{Number(amount.At(tick) + 5)}" text-anchor="end">{tick:0.##}</text>"""))}{Html.Each(size.Ticks, tick => Html.Of($"""<text x="{Number(size.At(tick))}" y="{Number(height - Bottom + 20)}" text-anchor="middle">{tick:0.##}</text>"""))}</g>
            <text class="axis" x="4" y="16">{cost.Currency} a month</text><text class="axis" x="{width - right}" y="{height - 4}" text-anchor="end">GiB</text>
            {Html.If(cost.Gib <= size.Largest, $"""<g class="asked"><line x1="{Number(size.At(cost.Gib))}" x2="{Number(size.At(cost.Gib))}" y1="{Top}" y2="{height - Bottom}"/><text x="{Number(size.At(cost.Gib) + 6)}" y="{Top + 6}">{cost.Gib:0.##} GiB</text></g>""")}
            {Html.All(Lines(curves, size, amount, width - right + 8))}</svg>

            """);
    }

    private static IEnumerable<Html> Lines(CostCurve[] curves, PlotAxis size, PlotAxis amount, double names)
    {
        var free = double.MaxValue;
        foreach (var curve in curves.OrderBy(curve => curve.Points[^1].Monthly))
        {
            var (x, y) = (size.At(curve.Points[^1].Gib), amount.At(curve.Points[^1].Monthly));
            var whole = curve.Points[^1].Gib == curves.Max(other => other.Points[^1].Gib);
            if (whole)
            {
                free = Math.Min(y + 5, free - NameHeight);
            }

            // A line that ends early, as no larger storage of its kind can be had, is named below its end, where no other line is.
            yield return Html.Of(
                $"""
                <g class="line {Kind(curve.Storage)}"><polyline points="{string.Join(' ', curve.Points.Select(point => $"{Number(size.At(point.Gib))},{Number(amount.At(point.Monthly))}"))}"/>{Html.If(!whole, $"""<circle cx="{Number(x)}" cy="{Number(y)}" r="4"/>""")}<text x="{Number(whole ? names : x + 6)}" y="{Number(whole ? free : Math.Min(y + NameHeight, amount.At(0) - 4))}">{StorageNames.Of(curve.Storage)}</text></g>

                """);
        }
    }

    private static string Description(CostReport cost, CostCurve[] curves) => string.Join(
        ' ',
        curves.Select(curve => string.Create(
            CultureInfo.InvariantCulture,
            $"{StorageNames.Of(curve.Storage)}: {curve.Points[0].Monthly:0.00} {cost.Currency} at {curve.Points[0].Gib:0.##} GiB, {curve.Points[^1].Monthly:0.00} at {curve.Points[^1].Gib:0.##} GiB.")));

    private static Html Figures(CostReport cost, CostCurve[] curves) => PageTable.Of(
        "The plot's figures",
        Html.Of($"{cost.Currency} a month for the storage alone"),
        "numbers points",
        ["GiB", .. curves.Select(curve => StorageNames.Of(curve.Storage))],
        Html.Each(curves.SelectMany(curve => curve.Points.Select(point => point.Gib)).Distinct().Order(), gib => PageTable.Row(
            Html.Of($"{gib:0.##}"),
            curves.Select(curve => PageTable.Cell(
                StorageNames.Of(curve.Storage), "", curve.Points.FirstOrDefault(point => point.Gib == gib) is { } point ? Html.Of($"{point.Monthly:0.00}") : Html.Of($"–"))))));

    private static string Kind(string storage) => storage is "bind" or "ebs" or "efs" ? storage : "other";

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
