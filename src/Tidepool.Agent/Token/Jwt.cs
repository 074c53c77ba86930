using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Tidepool.Agent.Token;

/// <summary>Tells a Microsoft Entra access token from a personal access token: the first is a JSON Web Token, the second never has a dot.</summary>
internal static class Jwt
{
    /// <summary>Whether a token is a JSON Web Token by its shape: three parts, the first of which is a JSON object that names an algorithm.</summary>
    public static bool IsOne(string token) => token.Split('.') is [var header, { Length: > 0 }, { Length: > 0 }]
        && Property(header, "alg") is { ValueKind: JsonValueKind.String };

    /// <summary>When it ends, by its own word; null where it does not say.</summary>
    public static DateTimeOffset? EndOf(string token) =>
        token.Split('.') is [_, var claims, _] && Property(claims, "exp") is { ValueKind: JsonValueKind.Number } end && end.TryGetInt64(out var seconds)
            && seconds is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static JsonElement? Property(string part, string name)
    {
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromUtf8(Encoding.UTF8.GetBytes(part)));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var value) ? value.Clone() : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }
}
