using Tidepool.Fargate.Api;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate.Api;

public sealed class PageSpecs
{
    private static readonly string[] Items = ["a", "b", "c", "d", "e"];

    [Fact]
    public void Pages_follow_each_other_to_the_end()
    {
        var first = Page.Of(Items, null, 2);
        var second = Page.Of(Items, first.NextToken, 2);
        var third = Page.Of(Items, second.NextToken, 2);

        Assert.Equal(["ab", "cd", "e"], new[] { first, second, third }.Select(page => string.Concat(page.Items)));
        Assert.Null(third.NextToken);
    }

    [Fact]
    public void What_comes_and_goes_between_two_pages_shifts_nothing()
    {
        var token = Page.Of(Items, null, 2).NextToken;

        Assert.Equal(["c", "d", "e"], Page.Of(["b", "c", "d", "e"], token, null).Items);
        Assert.Equal(["c", "d", "e"], Page.Of(["0", "a", "b", "c", "d", "e"], token, null).Items);
    }

    [Fact]
    public void Where_the_last_item_seen_is_gone_the_next_page_begins_where_it_was()
    {
        var token = Page.Of(Items, null, 2).NextToken;

        Assert.Equal(["c", "d", "e"], Page.Of(["a", "c", "d", "e"], token, null).Items);
        Assert.Empty(Page.Of([], token, null).Items);
    }

    [Theory]
    [InlineData("not a token")]
    [InlineData("")]
    [InlineData("YQ")]
    [InlineData("LTEgYQ")]
    public void A_token_that_is_none_is_refused_for_an_empty_list_too(string token) =>
        Assert.Equal("Invalid token.", Assert.Throws<EcsException>(() => Page.Of([], token, null)).Message);
}
