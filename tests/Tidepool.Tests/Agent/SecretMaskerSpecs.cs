using Tidepool.Agent.Jobs;

namespace Tidepool.Tests.Agent;

public sealed class SecretMaskerSpecs
{
    private readonly SecretMasker _masker = new();

    [Theory]
    [InlineData("hunter2", "hunter2", "***")]
    [InlineData("hunter2", "a hunter2, and hunter2 again", "a ***, and *** again")]
    [InlineData("hunter2", "hunter 2", "hunter 2")]
    [InlineData("hunter2", "HUNTER2", "HUNTER2")] // case counts
    [InlineData("x", "axb", "a***b")] // however short
    [InlineData("aba", "ababa", "***")] // overlapping itself
    [InlineData("a.c", "abc a.c", "abc ***")] // a value is no pattern
    [InlineData("p@ss w", "https://x:p%40ss%20w@host", "https://x:***@host")] // as it stands in a URL
    [InlineData("a\"b\\c", """{"k":"a\"b\\c"}""", """{"k":"***"}""")] // and in JSON
    public void A_secret_is_masked_wherever_it_stands_whole(string secret, string line, string shown)
    {
        _masker.Add(secret);

        Assert.Equal(shown, _masker.Apply(line));
    }

    [Fact]
    public void Secrets_that_overlap_or_touch_give_one_mask()
    {
        _masker.Add("abcd");
        _masker.Add("cdef");

        Assert.Equal("1***2", _masker.Apply("1abcdef2"));
        Assert.Equal("1***2", _masker.Apply("1abcdcdef2"));
    }

    [Fact]
    public void Each_line_of_a_secret_with_several_lines_is_masked()
    {
        _masker.Add("-----BEGIN-----\r\nMIIabc\r\n\r\n-----END-----\n");

        Assert.Equal(["***", "x***", "", "***"], new[] { "-----BEGIN-----", "xMIIabc", "", "-----END-----" }.Select(_masker.Apply));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    public void An_empty_secret_masks_nothing(string secret)
    {
        _masker.Add(secret);

        Assert.Equal("a b", _masker.Apply("a b"));
    }

    [Fact]
    public void A_mask_hint_is_a_regular_expression_and_one_that_is_none_is_a_value()
    {
        _masker.AddPattern("k-[0-9]+");
        _masker.AddPattern("((");

        Assert.Equal("*** and ***", _masker.Apply("k-42 and (("));
    }

    [Fact]
    public void A_copy_knows_the_secrets_so_far_and_shares_no_later_ones()
    {
        _masker.Add("one");
        var copy = _masker.Copy();
        copy.Add("two");

        Assert.Equal("*** ***", copy.Apply("one two"));
        Assert.Equal("*** two", _masker.Apply("one two"));
    }
}
