using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidepool.Rehearsal;

/// <summary>Asks an ECS endpoint for the ARNs of its tasks.</summary>
internal static class EcsTaskArns
{
    private const string Target = "AmazonEC2ContainerServiceV20141113";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The ARNs of all tasks of all clusters, stopped ones too; none where the endpoint does not answer, since they only adorn a report.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(Uri endpoint, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = endpoint, Timeout = Limit };
        try
        {
            var tasks = new List<string>();
            foreach (var cluster in await ListAsync(http, "ListClusters", "clusterArns", [], ct))
            {
                foreach (var status in new[] { "RUNNING", "STOPPED" })
                {
                    tasks.AddRange(await ListAsync(http, "ListTasks", "taskArns", new() { ["cluster"] = cluster, ["desiredStatus"] = status }, ct));
                }
            }

            return tasks;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException)
        {
            return [];
        }
    }

    private static async Task<IReadOnlyList<string>> ListAsync(HttpClient http, string operation, string member, JsonObject body, CancellationToken ct)
    {
        var all = new List<string>();
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent(body.ToJsonString()) };
            request.Headers.Add("X-Amz-Target", $"{Target}.{operation}");
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
            using var response = await http.SendAsync(request, ct);
            response.EnsureSuccessStatusCode();
            var answer = await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
            all.AddRange(answer?[member]?.AsArray().Select(arn => $"{arn}") ?? []);
            body["nextToken"] = answer?["nextToken"]?.DeepClone();
        }
        while (body["nextToken"] is not null);

        return all;
    }
}
