using System.Text;
using Tidepool.Agent.Posix;

namespace Tidepool.Tests.Agent;

public sealed class LineSplitterSpecs
{
    private readonly List<string> _lines = [];

    private void Feed(params string[] pieces)
    {
        var splitter = new LineSplitter(_lines.Add);
        foreach (var piece in pieces)
        {
            splitter.Add(Encoding.Latin1.GetBytes(piece));
        }
        splitter.Finish();
    }

    [Fact]
    public void Lines_end_at_LF_CR_or_CRLF()
    {
        Feed("a\nb\rc\r\nd\n\ne");

        Assert.Equal(["a", "b", "c", "d", "", "e"], _lines);
    }

    [Fact]
    public void A_CRLF_that_is_cut_in_two_is_one_end()
    {
        Feed("a\r", "\nb", "c\n");

        Assert.Equal(["a", "bc"], _lines);
    }

    [Fact]
    public void A_character_that_is_cut_in_two_is_whole_again()
    {
        Feed("caf\u00c3", "\u00a9\n");

        Assert.Equal(["café"], _lines);
    }

    [Fact]
    public void A_line_without_end_is_handed_on_in_pieces()
    {
        Feed(new string('x', 700_000), new string('x', 700_000), "y");

        Assert.Equal([1_400_000, 1], _lines.Select(line => line.Length));
    }
}
