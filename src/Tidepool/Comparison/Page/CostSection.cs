namespace Tidepool.Comparison.Page;

/// <summary>What each storage costs a month: the totals, the lines over size, and the whole bill with its prices' sources.</summary>
internal static class CostSection
{
    public static Html Of(ComparisonReport report) => report.Cost is not { } cost
        ? Html.None
        : Html.Of(
            $"""
            <section id="cost" aria-labelledby="cost-h">
            <h2 id="cost-h">Cost a month</h2>
            <p>{CostSizes.Of(cost)}</p>
            <ul class="choices">
            {Html.Each(cost.Storages, Total)}</ul>
            {CostPlot.Of(cost)}{Html.If(cost.BreakEven.Count > 0, $"""
            <ul class="break-even">{Html.Each(cost.BreakEven, sentence => Html.Of($"<li>{sentence}</li>"))}</ul>

            """)}{Bill(cost)}{Html.If(cost.Remarks.Count > 0, $"""
            <ul class="quiet">{Html.Each(cost.Remarks, remark => Html.Of($"<li>{remark}</li>"))}</ul>

            """)}</section>

            """);

    private static Html Total(StorageCost storage) => Html.Of(
        $"""
        <li class="choice {storage.Storage switch { "bind" or "ebs" or "efs" => storage.Storage, _ => "" }}"><h3>{StorageNames.Of(storage.Storage)}</h3>{(storage.Monthly is { } monthly ? Html.Of($"""<p class="amount">{monthly:#,0.00}</p><p>of which {storage.StorageMonthly ?? 0:#,0.00} for the storage</p>""") : Html.Of($"""<p class="amount">–</p>"""))}{Html.If(storage.Text is not null, $"<p>{storage.Text}</p>")}</li>

        """);

    private static Html Bill(CostReport cost)
    {
        var items = cost.Storages.SelectMany(storage => storage.Lines.Select(line => (storage.Storage, Line: line)))
            .GroupBy(entry => (entry.Line.Item, entry.Line.Unit, entry.Line.Price, entry.Line.Source, entry.Line.Date, entry.Line.IsStorage, entry.Line.IsEstimate, entry.Line.Remark))
            .OrderByDescending(item => item.Key.IsStorage)
            .ToArray();
        return items.Length is 0
            ? Html.None
            : Html.Of(
                $"""
                <h3>The bill</h3>
                {PageTable.Of(
                    "The bill",
                    Html.Of($"Quantity times price; what is of the storage first"),
                    "cards numbers bill",
                    ["item", "price", .. cost.Storages.Select(storage => StorageNames.Of(storage.Storage)), "price from"],
                    Html.All(
                        [
                            .. items.Select(item => PageTable.Row(
                                Html.Of($"""<span class="name">{item.Key.Item}</span>{Html.If(item.Key.IsEstimate, $"""<span class="note">estimated</span>""")}"""),
                                [
                                    PageTable.Cell("price", "", Html.Of($"""<span class="value">{item.Key.Price:0.00######}</span> <span class="note">a {item.Key.Unit}</span>{Html.If(item.Key.Remark is not null, $"""<span class="note">{item.Key.Remark}</span>""")}""")),
                                    .. cost.Storages.Select(storage => Amount(storage, item.FirstOrDefault(entry => entry.Storage == storage.Storage).Line)),
                                    PageTable.Cell("price from", "from", Html.Of($"""{Html.Source(item.Key.Source)} <span class="note">{item.Key.Date:yyyy-MM-dd}</span>""")),
                                ])),
                            PageTable.Row(
                                Html.Of($"""<span class="name">together</span>"""),
                                [
                                    PageTable.Cell("", "", Html.None),
                                    .. cost.Storages.Select(storage => PageTable.Cell(
                                        StorageNames.Of(storage.Storage), "total", storage.Monthly is { } monthly ? Html.Of($"{monthly:#,0.00}") : Html.Of($"–"))),
                                    PageTable.Cell("", "", Html.None),
                                ]),
                        ]))}
                """);
    }

    private static Html Amount(StorageCost storage, CostItem? line) => PageTable.Cell(
        StorageNames.Of(storage.Storage),
        "",
        line is null ? Html.Of($"–") : Html.Of($"""<span class="value">{line.Monthly:#,0.00}</span> <span class="note">{line.Quantity:#,0.##} {line.Unit}</span>"""));
}
