using System.Buffers.Text;
using System.Text;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Api;

/// <summary>One page of a list, and where the next one begins.</summary>
/// <param name="Items">The page's items.</param>
/// <param name="NextToken">What to ask the next page with; null when this is the last.</param>
internal sealed record Page(IReadOnlyList<string> Items, string? NextToken)
{
    private const int Largest = 100;

    /// <summary>Takes a page out of a list whose items are in a lasting order.</summary>
    /// <param name="all">The list.</param>
    /// <param name="nextToken">The token of the page before; null for the first page.</param>
    /// <param name="maxResults">Items of a page, 1 to 100; null for <paramref name="ordinary"/>.</param>
    /// <param name="ordinary">Items of a page when nothing is said.</param>
    /// <exception cref="EcsException">A token that is none, or a size out of range.</exception>
    public static Page Of(IReadOnlyList<string> all, string? nextToken, int? maxResults, int ordinary = Largest)
    {
        if (maxResults is < 1 or > Largest)
        {
            // Inferred text; the range is stated by AWS.
            throw new EcsException(EcsErrorType.InvalidParameterException, $"maxResults must be between 1 and {Largest}.");
        }

        // The token is the last item seen: what comes or goes meanwhile does not shift the rest.
        var last = nextToken is null ? null : Last(nextToken);
        var rest = last is null ? all : [.. all.SkipWhile(item => item != last).Skip(1)];
        var size = maxResults ?? ordinary;
        return rest.Count <= size
            ? new(rest, null)
            : new([.. rest.Take(size)], Base64Url.EncodeToString(Encoding.UTF8.GetBytes(rest[size - 1])));
    }

    private static string Last(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        }
        catch (FormatException)
        {
            throw new EcsException(EcsErrorType.InvalidParameterException, "Invalid token.");
        }
    }
}
