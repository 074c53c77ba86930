using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What every handler needs of a request and an answer.</summary>
internal static class HttpContextExtensions
{
    public static int RouteInt(this HttpContext http, string name) =>
        int.TryParse(http.RouteText(name), out var value) ? value : throw NotA("number", name, http.RouteText(name));

    public static long RouteLong(this HttpContext http, string name) =>
        long.TryParse(http.RouteText(name), out var value) ? value : throw NotA("number", name, http.RouteText(name));

    public static Guid RouteGuid(this HttpContext http, string name) =>
        Guid.TryParse(http.RouteText(name), out var value) ? value : throw NotA("GUID", name, http.RouteText(name));

    public static string RouteText(this HttpContext http, string name) => http.Request.RouteValues[name] as string ?? "";

    public static Guid QueryGuid(this HttpContext http, string name) =>
        Guid.TryParse(http.Request.Query[name], out var value) ? value : throw NotA("GUID", name, http.Request.Query[name].ToString());

    public static int? QueryInt(this HttpContext http, string name) => int.TryParse(http.Request.Query[name], out var value) ? value : null;

    public static string? QueryText(this HttpContext http, string name) =>
        http.Request.Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    public static bool QueryFlag(this HttpContext http, string name) => bool.TryParse(http.Request.Query[name], out var value) && value;

    /// <summary>The organization's URL as this client reached it, without a slash at the end.</summary>
    public static Uri Organization(this HttpContext http, string organization) =>
        new($"{http.Request.Scheme}://{http.Request.Host}/{organization}");

    public static async Task<T> ReadAsync<T>(this HttpContext http, JsonTypeInfo<T> type) =>
        await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted)
        ?? throw Refusal.BadRequest("The body is empty.");

    public static Task WriteAsync<T>(this HttpContext http, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }

    public static Task WriteListAsync<T>(this HttpContext http, IReadOnlyList<T> value, JsonTypeInfo<Collection<T>> type) =>
        http.WriteAsync(new Collection<T>(value.Count, value), type);

    private static WireException NotA(string kind, string name, string found) => Refusal.BadRequest($"{name} is '{found}', not a {kind}.");
}
