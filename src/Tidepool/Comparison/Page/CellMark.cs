using Tidepool.Storage.Comparison;

namespace Tidepool.Comparison.Page;

/// <summary>How a cell's outcome is told at a glance: a sign, a word and a class; never by colour alone.</summary>
/// <param name="Kind">Class: <c>seen</c>, <c>unseen</c>, <c>plain</c>, <c>different</c> or <c>untried</c>.</param>
/// <param name="Sign">A sign; empty where the word says it all.</param>
/// <param name="Word">What was observed, or that nothing was.</param>
internal sealed record CellMark(string Kind, string Sign, string Word)
{
    public static readonly CellMark Missing = new("untried", "–", CellReport.NotTried);

    public Html Show() => Html.Of($"""{Html.If(Sign.Length > 0, $"""<span class="sign" aria-hidden="true">{Sign}</span> """)}<span>{Word}</span>""");

    public static CellMark Of(CellReport cell) => cell switch
    {
        { Verdict: CellReport.NotTried } => Missing,
        { Verdict: CellReport.Different } => new("different", "✕", cell.Observed ?? "nothing"),
        { Observed: null } => Missing,
        { Observed: Seen.Found or Seen.Written } => new("seen", "●", cell.Observed),
        { Observed: Seen.NotFound or Seen.Refused } => new("unseen", "○", cell.Observed),
        { Observed: Seen.OfSnapshot } => new("unseen", "◐", cell.Observed),
        _ => new("plain", "", cell.Observed),
    };
}
