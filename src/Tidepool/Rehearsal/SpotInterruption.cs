using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tidepool.Rehearsal;

/// <summary>Interrupts a task of a served environment, as Fargate Spot does.</summary>
public static partial class SpotInterruption
{
    private const string Target = "Tidepool.InterruptTask";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Asks for it; the task has its notice when this returns.</summary>
    /// <param name="endpoint">The environment's ECS endpoint.</param>
    /// <param name="task">Id or ARN of the task.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>ARN of the task.</returns>
    /// <exception cref="ProblemException">RUN006: it is refused; holds the words. RUN007: nothing answers.</exception>
    public static async Task<string> AskAsync(Uri endpoint, string task, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = endpoint, Timeout = Limit };
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent(new JsonObject { ["task"] = task }.ToJsonString()) };
            request.Headers.Add("X-Amz-Target", Target);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
            using var response = await http.SendAsync(request, ct);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(ct));
            return response.IsSuccessStatusCode
                ? $"{answer?["task"]?["taskArn"]}"
                : throw Refused(task, $"{answer?["message"]}");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw new ProblemException("RUN007", $"The ECS endpoint {endpoint} does not answer: {e.Message}", "See what tidepool serve says, or start it again.");
        }
    }

    // A problem of the environment's comes with a code and a mend of its own; one code a line is enough.
    private static ProblemException Refused(string task, string words) => Code().Match(words) is { Success: true } code
        ? new("RUN006", words[code.Length..], "'aws ecs describe-tasks' shows what it is on and how it stands.")
        : new("RUN006", $"The environment does not interrupt task {task}: {words}", "Name a task on FARGATE_SPOT that is RUNNING; 'aws ecs describe-tasks' shows both.");

    [GeneratedRegex("^[A-Z]+[0-9]{3}: ")]
    private static partial Regex Code();
}
