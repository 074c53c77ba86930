using System.Buffers;

namespace Tidepool.Tasks;

/// <summary>Names of clusters, services, families, containers and volumes.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html, name.</remarks>
internal static class EcsName
{
    private const int Longest = 255;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>Whether a text is 1 to 255 letters, digits, underscores and hyphens, and no line feed at the end.</summary>
    public static bool IsValid(string text) => text.Length is > 0 and <= Longest && !text.AsSpan().ContainsAnyExcept(Allowed);
}
