using System.Buffers.Text;
using System.Globalization;
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

        var rest = nextToken is null ? all : [.. all.Skip(StartOf(all, nextToken))];
        var size = maxResults ?? ordinary;
        return rest.Count <= size
            ? new(rest, null)
            : new([.. rest.Take(size)], Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{all.Count - rest.Count + size} {rest[size - 1]}"))));
    }

    // The token is the last item seen, so that what comes or goes meanwhile does not shift the rest; and where it was, for when it has gone itself.
    private static int StartOf(IReadOnlyList<string> all, string token)
    {
        try
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ', 2);
            var after = int.Parse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture);
            for (var at = 0; at < all.Count; at++)
            {
                if (all[at] == parts[1])
                {
                    return at + 1;
                }
            }

            return Math.Min(all.Count, after - 1);
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new EcsException(EcsErrorType.InvalidParameterException, "Invalid token.");
        }
    }
}
