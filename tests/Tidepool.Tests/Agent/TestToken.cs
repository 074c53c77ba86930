using System.Buffers.Text;
using System.Text;

namespace Tidepool.Tests.Agent;

/// <summary>Tokens as Microsoft Entra makes them, but signed by nobody.</summary>
internal static class TestToken
{
    public static string Entra(DateTimeOffset? end = null)
    {
        var claims = $$"""{"aud":"499b84ac-1321-427f-aa17-267ca6975798","jti":"{{Guid.NewGuid()}}"{{(end is { } at ? $",\"exp\":{at.ToUnixTimeSeconds()}" : "")}}}""";
        return $"{Encode("""{"typ":"JWT","alg":"RS256","kid":"k"}""")}.{Encode(claims)}.{Encode($"signature of {Guid.NewGuid()}")}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
