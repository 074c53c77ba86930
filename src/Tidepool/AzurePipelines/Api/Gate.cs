using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Stands before every route: who asks, and how a refusal looks on the wire.</summary>
internal static class Gate
{
    // Logs come in pages of some MiB, and files that steps attach are not much larger. What is pushed to a repository has no limit.
    private const long LargestBody = 64 * 1024 * 1024;

    /// <param name="onFault">Hears of bugs; never of a body, a query or a token.</param>
    public static void UseGate(this WebApplication app, AccessTokens tokens, string tokenPath, Action<string>? onFault) => app.Use(async (http, next) =>
    {
        try
        {
            if (tokens.Resolve(http.Request.Headers.Authorization) is { } caller)
            {
                http.Items[typeof(Caller)] = caller;
            }
            else if (!http.Request.Path.Equals(tokenPath, StringComparison.OrdinalIgnoreCase))
            {
                // Agents fetch a token only after they have seen this very challenge; git asks for Basic.
                http.Response.Headers.WWWAuthenticate = new(["Bearer", "Basic realm=\"tidepool\""]);
                await RefuseAsync(http, Refusal.Unauthorized());
                return;
            }

            if (!http.Request.Path.Value!.Contains("/_git/", StringComparison.Ordinal))
            {
                http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = LargestBody;
            }

            await next(http);
            if (http.Response is { StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed, HasStarted: false })
            {
                await RefuseAsync(http, Refusal.NotFound($"This service has no {http.Request.Method} {http.Request.Path}."));
            }
        }
        catch (WireException refusal)
        {
            await RefuseAsync(http, refusal);
        }
        catch (ProblemException e)
        {
            await RefuseAsync(http, Refusal.BadRequest(e.Problem.ToString()));
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(http, Refusal.BadRequest($"The body could not be read. {e.Message}", e.StatusCode));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException || IsTextThatIsNone(e))
        {
            await RefuseAsync(http, Refusal.BadRequest($"The body could not be read. {e.Message}"));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
        catch (Exception e)
        {
            onFault?.Invoke($"{http.Request.Method} {http.Request.Path}: {e.GetType().Name}: {e.Message}");
            await RefuseAsync(http, new(StatusCodes.Status500InternalServerError, e.GetType().Name, $"The service failed. {e.Message}"));
        }
    });

    // A document is parsed before its texts are: bytes that are no UTF-8, or half of a pair, are found when one is read or written.
    private static bool IsTextThatIsNone(Exception e) =>
        e is InvalidOperationException or ArgumentException && e.TargetSite?.DeclaringType?.Assembly == typeof(JsonDocument).Assembly;

    private static Task RefuseAsync(HttpContext http, WireException refusal) => http.Response.HasStarted
        ? Task.CompletedTask
        : http.WriteAsync(refusal.ToError(), ProtocolJson.Default.WireError, refusal.Status);
}
