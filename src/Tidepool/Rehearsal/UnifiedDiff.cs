using System.Text;

namespace Tidepool.Rehearsal;

/// <summary>How one text becomes another, as <c>diff -u</c> shows it.</summary>
/// <remarks>Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986.</remarks>
public static class UnifiedDiff
{
    private const int Context = 3;

    // Texts that differ in more lines are shown as all old, then all new.
    private const int MostEdits = 4000;

    /// <summary>The difference; empty when there is none.</summary>
    public static string Of(string oldName, string oldText, string newName, string newText)
    {
        var (before, after) = (Lines(oldText), Lines(newText));
        var edits = Edits(before, after);
        if (edits.All(e => e.Sign == ' '))
        {
            return "";
        }

        var diff = new StringBuilder($"--- {oldName}\n+++ {newName}\n");
        for (var at = 0; at < edits.Count;)
        {
            var change = edits.FindIndex(at, e => e.Sign != ' ');
            if (change < 0)
            {
                break;
            }

            var start = Math.Max(at, change - Context);
            var end = change;
            for (var i = change; i < edits.Count && i <= end + (2 * Context); i++)
            {
                end = edits[i].Sign != ' ' ? i : end;
            }

            end = Math.Min(edits.Count, end + Context + 1);
            var hunk = edits[start..end];
            diff.Append("@@ -").Append(Range(edits, start, hunk, '+')).Append(" +").Append(Range(edits, start, hunk, '-')).Append(" @@\n");
            foreach (var (sign, line) in hunk)
            {
                diff.Append(sign).Append(line).Append('\n');
            }

            at = end;
        }

        return diff.ToString();
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');

    /// <summary>First line and count of a side, without the lines of the other.</summary>
    private static string Range(List<(char Sign, string Line)> edits, int start, List<(char Sign, string Line)> hunk, char other)
    {
        var (first, count) = (edits.Take(start).Count(e => e.Sign != other), hunk.Count(e => e.Sign != other));
        return $"{(count == 0 ? first : first + 1)},{count}";
    }

    private static List<(char Sign, string Line)> Edits(string[] before, string[] after)
    {
        var (most, offset) = (Math.Min(before.Length + after.Length, MostEdits), Math.Min(before.Length + after.Length, MostEdits) + 1);
        var reach = new int[(2 * offset) + 1];
        List<int[]> trace = [];
        for (var edits = 0; edits <= most; edits++)
        {
            trace.Add(reach[(offset - edits)..(offset + edits + 1)]);
            for (var diagonal = -edits; diagonal <= edits; diagonal += 2)
            {
                var down = diagonal == -edits || (diagonal != edits && reach[offset + diagonal - 1] < reach[offset + diagonal + 1]);
                var x = down ? reach[offset + diagonal + 1] : reach[offset + diagonal - 1] + 1;
                while (x < before.Length && x - diagonal < after.Length && before[x] == after[x - diagonal])
                {
                    x++;
                }

                reach[offset + diagonal] = x;
                if (x >= before.Length && x - diagonal >= after.Length)
                {
                    return Back(before, after, trace, edits);
                }
            }
        }

        return [.. before.Select(line => ('-', line)), .. after.Select(line => ('+', line))];
    }

    private static List<(char Sign, string Line)> Back(string[] before, string[] after, List<int[]> trace, int edits)
    {
        List<(char Sign, string Line)> path = [];
        var (x, y) = (before.Length, after.Length);
        for (; edits > 0; edits--)
        {
            var reach = trace[edits];
            int At(int diagonal) => diagonal + edits >= 0 && diagonal + edits < reach.Length ? reach[diagonal + edits] : 0;
            var diagonal = x - y;
            var down = diagonal == -edits || (diagonal != edits && At(diagonal - 1) < At(diagonal + 1));
            var fromX = down ? At(diagonal + 1) : At(diagonal - 1);
            var fromY = fromX - (down ? diagonal + 1 : diagonal - 1);
            while (x > fromX && y > fromY && x > 0 && y > 0 && before[x - 1] == after[y - 1] && (x - 1 >= fromX + (down ? 0 : 1) && y - 1 >= fromY + (down ? 1 : 0)))
            {
                path.Add((' ', before[--x]));
                y--;
            }

            path.Add(down ? ('+', after[--y]) : ('-', before[--x]));
        }

        while (x > 0)
        {
            path.Add((' ', before[--x]));
        }

        path.Reverse();
        return path;
    }
}
